import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Explanation, Job } from '#engine'
import { Fault, type FaultKind } from '#fault'

/** An explanation as JSON has it: what is unknown is left out. */
export type Told = Exact<Explanation>

type Exact<T> = T extends (infer Item)[]
  ? Exact<Item>[]
  : T extends object
    ? { [K in keyof T]: Exact<Exclude<T[K], undefined>> }
    : T

const LIMIT_MS = 30_000
const HEAP_MB = 256
/** Of those at once; more wait their turn, for each may take what its transfer may. */
const AT_ONCE = 2
const WAITING_LIMIT = 50
/** What a process under way needs of the hub's environment: where temporary files lie, and how to get out. */
const PASSED_ON = /^(HOME|TMPDIR|(HTTPS?|NO)_PROXY|PIP_[A-Z_]+|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i

let running = 0
const waiting: (() => void)[] = []

/** Explains a job in a process of its own; secrets go there by its pipe. */
export async function explainApart(job: Job, rows: number): Promise<Told> {
  if (running >= AT_ONCE) {
    if (waiting.length >= WAITING_LIMIT) {
      throw new Fault(
        'too_many',
        'transfer.explain_busy',
        'Too many explanations are under way. Try again in a moment.',
      )
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  running += 1
  try {
    return await ask(job, rows)
  } finally {
    running -= 1
    waiting.shift()?.()
  }
}

async function ask(job: Job, rows: number): Promise<Told> {
  const extension = extname(import.meta.url)
  const child = spawn(
    process.execPath,
    [
      ...(extension === '.ts' ? ['--conditions=source'] : []),
      `--max-old-space-size=${HEAP_MB}`,
      fileURLToPath(new URL(`./explain-child${extension}`, import.meta.url)),
    ],
    {
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED_ON.test(name))),
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, LIMIT_MS)
  try {
    // A child that dies closes it; the end of its output tells more.
    child.stdin.on('error', () => {})
    child.stdin.write(`${JSON.stringify({ job, rows })}\n`)
    const [said, complaint] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return read(said, complaint, isLate)
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}

interface Answer {
  told?: Told
  failed?: { kind: FaultKind; code: string; message: string; details: unknown }
}

function read(said: string, complaint: string, isLate: boolean): Told {
  const answer: Answer = said === '' ? {} : JSON.parse(said)
  if (answer.told !== undefined) return answer.told
  if (answer.failed !== undefined) {
    const { kind, code, message, details } = answer.failed
    throw new Fault(kind, code, message, { details })
  }
  if (isLate) {
    throw new Fault(
      'timed_out',
      'transfer.explain_timed_out',
      `The two systems did not tell enough within ${LIMIT_MS / 1000} seconds to explain the transfer.`,
    )
  }
  throw new Fault(
    'failed',
    'transfer.explain_died',
    'The process that looks at both systems ended before its time; it may have needed more memory than it is given.',
    { cause: new Error(complaint.slice(-2_000)) },
  )
}
