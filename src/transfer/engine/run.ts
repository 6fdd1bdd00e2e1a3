import { Fault } from '#fault'

import { clearOutput, outputCommitted } from '../store/file/output.ts'
import { endBackends } from '../store/postgres/backend.ts'
import { clearStaging, wasCommitted } from '../store/postgres/witness.ts'
import { tableText } from '../store/postgres/quote.ts'
import { planCsvIn, runCsvIn, type CsvInJob } from './copy/csv-in.ts'
import { runCsvOut, type CsvOutJob } from './copy/csv-out.ts'
import { runTables, type TableJob } from './copy/tables.ts'
import type { EngineEvent, Emit, Job, JobResult, PostgresLogin } from './job.ts'
import { chooseRoute } from './plan.ts'

/**
 * Does the job in this process. Throws a Fault with the target as it was, unless its code is
 * `transfer.commit_unknown`. After `signal` aborts it is over within two seconds, with no session left behind
 * on a server: a job that had committed by then has finished, any other throws `transfer.stopped`.
 */
export async function runJob(job: Job, emit: Emit, signal: AbortSignal): Promise<JobResult> {
  checkJob(job)
  const { route, why } = chooseRoute(job)
  await emit({ type: 'plan', route, why })
  return await stoppable(job, signal, () => run(job, emit, signal))
}

/** What a later try, or whoever finds a dead job, has to know of its last moments. */
export type Prepared = Pick<Extract<EngineEvent, { type: 'prepared' }>, 'rows' | 'mark' | 'witness'>

/**
 * Clears up after a job whose process is gone, and says what became of it. `prepared` is what its event of that
 * name said, null if it never came or was withdrawn. Sessions that it still has are ended. If it had not
 * committed, `forget` is awaited, as for `withdrawn`, and then its staging table or temporary file goes.
 */
export async function recoverJob(
  job: Job,
  prepared: Prepared | null,
  forget: () => void | Promise<void>,
): Promise<'committed' | 'unchanged' | 'unknown'> {
  if (job.source.type === 'postgres') await endBackends(job.source.login, job.id).catch(() => 0)
  if (prepared !== null) {
    if (!prepared.witness) return 'unknown'
    if (await hasCommitted(job)) return 'committed'
    try {
      await forget()
    } catch {
      // Whoever keeps that it was prepared has not forgotten it, so its witness stays.
      return 'unchanged'
    }
  }
  if (job.target.type === 'postgres') await clearStaging(job.target.login, job.target.table, job.id)
  if (job.target.type === 'file') await clearOutput(job.target, job.id).catch(() => {})
  return 'unchanged'
}

async function hasCommitted({ id, target }: Job): Promise<boolean> {
  switch (target.type) {
    case 'postgres':
      return await wasCommitted(target.login, target.table, id)
    case 'file':
      return await outputCommitted(target, id)
    case 'stdout':
      return false
  }
}

/** What a job writes, for sentences: `public.orders`, a path, `standard output`. */
export function targetText(job: Job): string {
  switch (job.target.type) {
    case 'postgres':
      return tableText(job.target.table)
    case 'file':
      return job.target.path
    case 'stdout':
      return 'standard output'
  }
}

export function stoppedFault(job: Job): Fault {
  const kept = job.target.type === 'stdout' ? '' : ` ${targetText(job)} is as it was.`
  return new Fault('failed', 'transfer.stopped', `Stopped on request.${kept}`)
}

/** A job of the copy route, known by its two ends; undefined for one of another route. */
export function copyKind(
  job: Job,
):
  | { kind: 'tables'; job: TableJob }
  | { kind: 'csv-out'; job: CsvOutJob }
  | { kind: 'csv-in'; job: CsvInJob }
  | undefined {
  const { source, target } = job
  if (chooseRoute(job).route !== 'copy') return undefined
  if (source.type === 'postgres') {
    if (target.type === 'postgres') return { kind: 'tables', job: { ...job, source, target } }
    if (target.format.type !== 'csv') return undefined
    return { kind: 'csv-out', job: { ...job, source, target: { ...target, format: target.format } } }
  }
  if (target.type !== 'postgres' || source.format.type !== 'csv') return undefined
  return { kind: 'csv-in', job: { ...job, source: { ...source, format: source.format }, target } }
}

async function run(job: Job, emit: Emit, signal: AbortSignal): Promise<JobResult> {
  const copy = copyKind(job)
  switch (copy?.kind) {
    case 'tables':
      return await runTables(copy.job, emit, signal)
    case 'csv-out':
      return await runCsvOut(copy.job, emit, signal)
    case 'csv-in': {
      const plan = await planCsvIn(copy.job)
      return plan === null ? await runByDuck(job, emit, signal) : await runCsvIn(copy.job, plan, emit, signal)
    }
    case undefined:
      return await runByDuck(job, emit, signal)
  }
}

/** Imported when needed: DuckDB's library takes time and memory that the copy route does without. */
async function runByDuck(job: Job, emit: Emit, signal: AbortSignal): Promise<JobResult> {
  const { runEmbedded } = await import('./embedded/index.ts')
  return await runEmbedded(job, emit, signal)
}

/**
 * A statement that waits on a server (for a lock, say) hears nothing of its client, so a stop ends the job's
 * sessions over a second connection. Whoever ran it still learns how it ended.
 */
async function stoppable(job: Job, signal: AbortSignal, work: () => Promise<JobResult>): Promise<JobResult> {
  let ending: Promise<unknown> = Promise.resolve()
  const stop = () => {
    ending = Promise.allSettled(loginsOf(job).map((login) => endBackends(login, job.id)))
  }
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (signal.aborted) throw stoppedFault(job)
    return await work()
  } catch (error) {
    const unknown = error instanceof Fault && error.code === 'transfer.commit_unknown'
    throw signal.aborted && !unknown ? stoppedFault(job) : error
  } finally {
    signal.removeEventListener('abort', stop)
    await ending
  }
}

function loginsOf(job: Job): PostgresLogin[] {
  return [job.source, job.target].flatMap((end) => (end.type === 'postgres' ? [end.login] : []))
}

function checkJob(job: Job): void {
  if (/^[a-z0-9_]{1,40}$/.test(job.id)) return
  throw new Fault(
    'bad_request',
    'transfer.job_invalid',
    `A job's id is made of a-z, 0-9 and _, up to 40; "${job.id}" is not.`,
  )
}
