import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { Fault, messageOf } from '#fault'

import type { EngineEvent, Job, JobResult, Route } from './job.ts'
import { chooseRoute } from './plan.ts'
import { recoverJob, stoppedFault, targetText, type Prepared } from './run.ts'

export interface SpawnOptions {
  /** A promise is waited for after `prepared`, and once it resolves the job commits; and after `withdrawn`. */
  onEvent: (event: EngineEvent) => void | Promise<void>
  signal: AbortSignal
}

/** A child that has not ended by then is killed, which leaves the rest of the two seconds to clear up. */
const KILL_AFTER_MS = 1_400
/** JavaScript's heap alone; DuckDB keeps to the job's own limit, and rows on the copy route are never on it. */
const HEAP_MB = { copy: 64, embedded: 256 }
const STDERR_KEPT = 4_000

/** Nothing of the hub's environment reaches a job but what a proxy or a package index needs. */
const PASSED_ON = /^(HOME|TMPDIR|(HTTPS?|NO)_PROXY|PIP_[A-Z_]+|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i

/**
 * Does the job in a process of its own. Resolves and rejects as `runJob` does, also when the process is killed
 * or dies: then its sessions are ended, its staging table is dropped, and the witness is asked.
 */
export async function spawnJob(job: Job, { onEvent, signal }: SpawnOptions): Promise<JobResult> {
  if (signal.aborted) throw stoppedFault(job)
  const { child, control } = start(job)
  const outcome: Outcome = { last: null, prepared: null, stderr: '' }
  child.stderr?.on('data', (text: Buffer) => {
    outcome.stderr = (outcome.stderr + text.toString()).slice(-STDERR_KEPT)
  })
  const order = (what: object) => {
    if (control.writable) control.write(`${JSON.stringify(what)}\n`)
  }
  let kill: NodeJS.Timeout | undefined
  const stop = () => {
    order({ stop: true })
    kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  }
  signal.addEventListener('abort', stop, { once: true })
  const read = listen(control, outcome, onEvent, () => order({ go: true }), stop)
  try {
    order(job)
    const [code, killedBy] = await exited(child)
    await read
    return await conclude(job, outcome, killedBy === null ? `exit code ${code}` : `signal ${killedBy}`, {
      onEvent,
      signal,
    })
  } finally {
    clearTimeout(kill)
    signal.removeEventListener('abort', stop)
    control.destroy()
  }
}

interface Outcome {
  last: Extract<EngineEvent, { type: 'finished' | 'failed' | 'stopped' }> | null
  prepared: Prepared | null
  stderr: string
}

function start(job: Job): { child: ChildProcess; control: Duplex } {
  const extension = extname(import.meta.url)
  const { route } = chooseRoute(job)
  const child = spawn(
    process.execPath,
    [
      ...(extension === '.ts' ? ['--conditions=source'] : []),
      `--max-old-space-size=${HEAP_MB[route]}`,
      '--expose-gc',
      fileURLToPath(new URL(`./child${extension}`, import.meta.url)),
    ],
    {
      env: environment(route),
      stdio: [
        job.source.type === 'stdin' ? 'inherit' : 'ignore',
        job.target.type === 'stdout' ? 'inherit' : 'ignore',
        'pipe',
        'pipe',
      ],
    },
  )
  // Descriptor 3 was asked for as a pipe, which in Node goes both ways.
  const control = child.stdio[3] as Duplex
  // A child that dies closes it; `exit` tells more.
  control.on('error', () => {})
  return { child, control }
}

function environment(route: Route): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(([name]) => route === 'embedded' && PASSED_ON.test(name))
  const cache = compileCache()
  return { ...Object.fromEntries(passed), ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) }
}

/**
 * Where Node keeps compiled modules, which makes a child start in 50 ms instead of 140. It has to be a folder of
 * this user alone, so Node's own choice under the shared /tmp is none; without a home there is no cache.
 */
function compileCache(): string | undefined {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'crosstie')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, mode } = statSync(folder)
    const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0)
    return ours ? join(folder, 'node') : undefined
  } catch {
    return undefined
  }
}

async function exited(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  // `close` comes when the pipes are read to their end, `exit` may come before. once() types are loose.
  return (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
}

async function listen(
  control: Duplex,
  outcome: Outcome,
  onEvent: SpawnOptions['onEvent'],
  go: () => void,
  stop: () => void,
): Promise<void> {
  try {
    for await (const line of createInterface({ input: control })) {
      // Written by child.ts, one event a line.
      const event = JSON.parse(line) as EngineEvent
      keep(outcome, event)
      await onEvent(event)
      if (event.type === 'prepared' || event.type === 'withdrawn') go()
    }
  } catch (error) {
    // Either the listener failed, or the child was killed and the pipe broke within a line; then the stop finds nobody.
    if (outcome.stderr === '') outcome.stderr = messageOf(error)
    stop()
    control.end()
  }
}

function keep(outcome: Outcome, event: EngineEvent): void {
  if (event.type === 'finished' || event.type === 'failed' || event.type === 'stopped') outcome.last = event
  if (event.type === 'withdrawn') outcome.prepared = null
  if (event.type === 'prepared') {
    outcome.prepared = { rows: event.rows, mark: event.mark, witness: event.witness }
  }
}

async function conclude(
  job: Job,
  outcome: Outcome,
  end: string,
  { onEvent, signal }: SpawnOptions,
): Promise<JobResult> {
  const { last, prepared } = outcome
  if (last?.type === 'finished') return last.result
  if (last?.type === 'stopped') throw stoppedFault(job)
  if (last?.type === 'failed') throw new Fault(last.kind, last.code, last.message, { details: last.details })
  const became = await recoverJob(job, prepared, () => onEvent({ type: 'withdrawn' })).catch(() =>
    prepared === null ? ('unchanged' as const) : ('unknown' as const),
  )
  if (became === 'committed' && prepared !== null) {
    const { rows, mark } = prepared
    return {
      route: chooseRoute(job).route,
      rows,
      bytes: 0,
      ...(mark === undefined ? {} : { mark }),
      written: targetText(job),
    }
  }
  if (became === 'unknown') {
    const message = `The process of the run ended (${end}) while ${targetText(job)} was being committed; whether its rows are there has to be looked up.`
    throw new Fault('failed', 'transfer.commit_unknown', message)
  }
  if (signal.aborted) throw stoppedFault(job)
  const said = outcome.stderr.trim().split('\n').at(-1) ?? ''
  const message = `The process of the run ended before its time (${end}${said === '' ? '' : `; it said: ${said}`}). ${targetText(job)} is as it was.`
  throw new Fault('failed', 'transfer.process_died', message, { details: { stderr: outcome.stderr } })
}
