import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const LOCK = path.join('web', 'dist.lock')
const LOCK_LIMIT_MS = 60_000

/**
 * Builds the page when its sources are newer than what was built: a test of yesterday's page proves nothing.
 * Test files run beside each other, so one builds and the others wait for it.
 */
export async function buildPageIfStale(): Promise<void> {
  const until = Date.now() + LOCK_LIMIT_MS
  while (await isStale()) {
    const mine = await mkdir(LOCK).then(
      () => true,
      () => false,
    )
    if (mine) {
      try {
        // As it is shipped: the test runner's own NODE_ENV would build React's development half.
        const env = { ...process.env, NODE_ENV: 'production' }
        await promisify(execFile)(process.execPath, ['scripts/build-page.mjs', '--must'], { env })
      } finally {
        await rm(LOCK, { recursive: true, force: true })
      }
      return
    }
    if (Date.now() > until) throw new Error(`${LOCK} stays: remove it, if no test run is under way`)
    await sleep(200)
  }
}

async function isStale(): Promise<boolean> {
  const names = (await readdir('web', { recursive: true })).filter((name) => !name.startsWith('dist'))
  const sources = [...names.map((name) => path.join('web', name)), 'vite.config.ts']
  const times = await Promise.all(sources.map(changedAt))
  return Math.max(...times) > (await changedAt(path.join('web', 'dist', 'index.html')))
}

async function changedAt(file: string): Promise<number> {
  const found = await stat(file).catch(() => null)
  return found?.isFile() ? found.mtimeMs : 0
}
