import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/** Builds the page when its sources are newer than what was built: a test of yesterday's page proves nothing. */
export async function buildPageIfStale(): Promise<void> {
  const built = await changedAt(path.join('web', 'dist', 'index.html'))
  const names = await readdir('web', { recursive: true })
  const sources = names.filter((name) => !name.startsWith('dist'))
  const times = await Promise.all(
    [...sources.map((name) => path.join('web', name)), 'vite.config.ts'].map(changedAt),
  )
  if (Math.max(...times) > built)
    await promisify(execFile)(process.execPath, ['node_modules/.bin/vite', 'build'])
}

async function changedAt(file: string): Promise<number> {
  const found = await stat(file).catch(() => null)
  return found?.isFile() ? found.mtimeMs : 0
}
