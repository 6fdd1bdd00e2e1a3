/** `npm run build`: what the published package needs beside `bin/`. `dist/` from `src/`, and the built page. */
import { spawnSync } from 'node:child_process'
import { cp, glob, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)

// Leftovers of files that are gone would be published.
await rm(path.join(root, 'dist'), { recursive: true, force: true })
run(path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json')
await copyMigrations()
run(path.join(root, 'scripts', 'build-page.mjs'), '--must')

/** The only files beside the compiled ones that the hub reads at run time. */
async function copyMigrations(): Promise<void> {
  for await (const file of glob('*/migrations/*.sql', { cwd: path.join(root, 'src') })) {
    const target = path.join(root, 'dist', file)
    await mkdir(path.dirname(target), { recursive: true })
    await cp(path.join(root, 'src', file), target)
  }
}

function run(script: string, ...args: string[]): void {
  const { status, error } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}
