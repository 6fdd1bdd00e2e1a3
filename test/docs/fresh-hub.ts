import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const READY_WITHIN_MS = 60_000
const STOPPED_WITHIN_MS = 20_000

/** A hub as its user starts it, by the launcher, in a new data folder; and a desk at which to type. */
export interface FreshHub {
  port: number
  /** The folder at which commands are typed. */
  desk: string
  /** The environment of a terminal where `crosstie` and `npx crosstie` mean this checkout and this hub. */
  environment: NodeJS.ProcessEnv
  log: () => string
  stop: () => Promise<void>
}

export async function startFreshHub(): Promise<FreshHub> {
  const folder = await mkdtemp(path.join(tmpdir(), 'crosstie-docs-'))
  // As root the hub's database runs as another user, who must get in.
  await chmod(folder, 0o755)
  const desk = path.join(folder, 'desk')
  const bin = path.join(folder, 'bin')
  await mkdir(desk)
  // A reader types in the checkout, where the sample data, the demo and the data folder lie.
  for (const name of ['node_modules', 'package.json', 'scripts', 'src']) {
    await symlink(path.resolve(name), path.join(desk, name))
  }
  await mkdir(path.join(desk, 'files'))
  await layOutCommands(bin)
  const port = await freePort()
  const environment = {
    HOME: desk,
    LANG: 'C.UTF-8',
    PATH: [bin, path.resolve('node_modules', '.bin'), process.env.PATH].join(path.delimiter),
    NO_COLOR: '1',
    CROSSTIE_DATA_DIR: path.join(desk, '.crosstie'),
    CROSSTIE_FILES: path.join(desk, 'files'),
    CROSSTIE_PORT: String(port),
  }
  const hub = spawn('crosstie', ['up'], { cwd: desk, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const collect = (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-20_000)
  }
  hub.stdout.on('data', collect)
  hub.stderr.on('data', collect)
  const stop = async () => {
    await end(hub)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await ready(hub, port)
  } catch (cause) {
    await stop()
    throw new Error(`the hub did not become ready; it said:\n${said}`, { cause })
  }
  return { port, desk, environment, log: () => said, stop }
}

/** `crosstie` and `npx crosstie` of this checkout; a curl that fails when the server says so. */
async function layOutCommands(bin: string): Promise<void> {
  const launcher = `exec '${process.execPath}' '${path.resolve('bin/crosstie.js')}' "$@"`
  const commands = {
    crosstie: launcher,
    npx: `[ "$1" = crosstie ] || { echo "only npx crosstie is known here" >&2; exit 1; }\nshift\n${launcher}`,
    curl: `PATH=\${PATH#*:}\nexec curl --fail-with-body "$@"`,
  }
  await mkdir(bin)
  for (const [name, lines] of Object.entries(commands)) {
    await writeFile(path.join(bin, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  }
}

async function ready(hub: ChildProcess, port: number): Promise<void> {
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; await sleep(100)) {
    if (hub.exitCode !== null) throw new Error(`it ended with ${hub.exitCode}`)
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null)
    if (answer?.ok === true) return
  }
  throw new Error(`not ready within ${READY_WITHIN_MS} ms`)
}

async function end(hub: ChildProcess): Promise<void> {
  if (hub.exitCode !== null || hub.signalCode !== null) return
  const ended = new Promise((resolve) => hub.once('close', resolve))
  hub.kill('SIGTERM')
  const killer = setTimeout(() => hub.kill('SIGKILL'), STOPPED_WITHIN_MS)
  await ended
  clearTimeout(killer)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
