/**
 * How quick and how small a hub is: `node --conditions=source test/system/footprint.ts`.
 *
 * Ready means that `/readyz` answers 200, counted from the start of the launcher. Memory is the proportional set
 * size (PSS) of the hub and its PostgreSQL together, ten seconds after it was ready, with nothing to do.
 */
import { readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { launchHub, makePlace, postmasterOf, statusOf } from './hub-process.ts'

const IDLE_MS = 10_000

const place = await makePlace()
try {
  const [load = 0] = loadavg()
  process.stdout.write(`Load of the machine before: ${load.toFixed(1)}\n`)
  for (const which of ['first start', 'later start', 'one more']) {
    const began = performance.now()
    const hub = await launchHub(place)
    while ((await statusOf(`${hub.url}/readyz`)) !== 200) await sleep(10)
    const readyMs = performance.now() - began
    await sleep(IDLE_MS)
    const own = await pssOf(await treeOf(hub.pid))
    const database = await pssOf(await treeOf(await postmasterOf(place)))
    await hub.stop()
    process.stdout.write(
      `${which}: ready after ${(readyMs / 1000).toFixed(2)} s; idle ${mb(own + database)} (hub ${mb(own)}, PostgreSQL ${mb(database)})\n`,
    )
  }
} finally {
  await place.clear()
}

function mb(kib: number): string {
  return `${Math.round(kib / 1024)} MB`
}

/** Numbers of a process and all below it. */
async function treeOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(treeOf))
  return [pid, ...below.flat()]
}

async function pssOf(pids: number[]): Promise<number> {
  const each = await Promise.all(
    pids.map(async (pid) => {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
      return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0)
    }),
  )
  return each.reduce((sum, kib) => sum + kib, 0)
}
