/**
 * `npm run check`: everything that tools can say about the code without running it, in one go.
 * Ends with a line that scripts can read ("6 passed, 0 failed"), and fails when a step does.
 */
import { spawn } from 'node:child_process'
import path from 'node:path'

const root = path.dirname(import.meta.dirname)
/** The steps are single-threaded for most of their time; more at once only makes each slower on two cores. */
const AT_ONCE = 2
const STEP_LIMIT_MS = 120_000
const LINES_SHOWN = 80

interface Step {
  name: string
  command: string[]
  /** What to do when it fails, where the tool's own words do not say. */
  mend?: string
}

/** The longest first. */
const STEPS: Step[] = [
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings', '--format=agent'] },
  { name: 'schema', command: ['node', '--conditions=source', 'scripts/schema-dump.ts', '--check'] },
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'types of the page', command: ['tsc', '--noEmit', '-p', 'web'] },
  { name: 'unused', command: ['knip', '--no-progress'], mend: 'delete it, or use it; see knip.json' },
  { name: 'format', command: ['oxfmt', '--check'], mend: 'run: npx oxfmt' },
]

interface Outcome {
  passed: boolean
  said: string
  seconds: number
}

const started = Date.now()
const waiting = [...STEPS]
let failed = 0
await Promise.all(Array.from({ length: AT_ONCE }, work))
const seconds = ((Date.now() - started) / 1000).toFixed(1)
console.log(`check in ${seconds} s: ${STEPS.length - failed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const outcome = await run(step)
    if (!outcome.passed) failed++
    console.log(`${outcome.passed ? 'ok    ' : 'FAILED'} ${step.name} (${outcome.seconds.toFixed(1)} s)`)
    if (outcome.passed) continue
    const lines = outcome.said.trimEnd().split('\n')
    for (const line of lines.slice(0, LINES_SHOWN)) console.log(`    ${line}`)
    if (lines.length > LINES_SHOWN)
      console.log(`    … and ${lines.length - LINES_SHOWN} lines more: ${step.command.join(' ')}`)
    if (step.mend !== undefined) console.log(`    → ${step.mend}`)
  }
}

function run({ command: [program = '', ...args] }: Step): Promise<Outcome> {
  const began = Date.now()
  // The tools are asked for by name, and must be ours and run in our Node whatever the machine has.
  const PATH = [path.join(root, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter)
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_LIMIT_MS,
  })
  let said = ''
  const collect = (chunk: Buffer) => {
    said += chunk.toString()
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  return new Promise((resolve) => {
    const end = (passed: boolean, more: string) =>
      resolve({ passed, said: said + more, seconds: (Date.now() - began) / 1000 })
    child.on('error', (error) => end(false, error.message))
    child.on('close', (code, signal) => end(code === 0, signal === null ? '' : `ended by ${signal}`))
  })
}
