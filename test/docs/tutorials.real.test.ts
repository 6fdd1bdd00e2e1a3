import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { startFreshHub } from './fresh-hub.ts'
import { scriptOf, snippetsOf } from './snippets.ts'

const TUTORIALS = 'docs/tutorials'
const PAGE_LIMIT_MS = 300_000

const pages = [
  'README.md',
  ...readdirSync(TUTORIALS)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .toSorted()
    .map((name) => path.join(TUTORIALS, name)),
]

// A page may build on nothing but itself: each gets a hub of its own.
for (const page of pages) {
  test(
    `what ${page} tells to type works as it stands`,
    async () => {
      const snippets = snippetsOf(page, readFileSync(page, 'utf8'))
      if (snippets.length === 0) return
      const hub = await startFreshHub()
      try {
        const { code, said } = await type(scriptOf(snippets, hub), hub.desk, hub.environment)
        expect(code, `${said}\n--- the hub said:\n${hub.log()}`).toBe(0)
      } finally {
        await hub.stop()
      }
    },
    PAGE_LIMIT_MS,
  )
}

function type(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; said: string }> {
  const shell = spawn('bash', ['-c', script], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PAGE_LIMIT_MS,
  })
  let said = ''
  const collect = (chunk: Buffer) => {
    said += chunk.toString()
  }
  shell.stdout.on('data', collect)
  shell.stderr.on('data', collect)
  return new Promise((resolve, reject) => {
    shell.on('error', reject)
    shell.on('close', (code) => resolve({ code, said }))
  })
}
