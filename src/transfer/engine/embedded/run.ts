import { mkdir } from 'node:fs/promises'

import { planOutput } from '../../store/file/output.ts'
import { closeNow } from '../../store/postgres/backend.ts'
import { tableText } from '../../store/postgres/quote.ts'
import { openTarget } from '../../store/postgres/target.ts'
import { reportProgress } from '../copy/progress.ts'
import { commitFile } from '../commit-file.ts'
import type { Emit, Job, JobResult, Target } from '../job.ts'
import { openDuck, type Duck } from './duck.ts'
import { duckFault } from './fault.ts'
import type { Relation, Source } from './relation.ts'
import { queryRelation } from './sandbox.ts'
import { openSource, readMark, refuseAltered, type Streams } from './source.ts'
import { writeFile, writeStream } from './to-file.ts'
import { writePostgres, type WriteOptions, type Written } from './to-postgres.ts'
import { filterRelation, newerRows } from './transform.ts'

/** A job's rows, ready to be read; what was opened for them is closed with it. */
export interface Work {
  duck: Duck
  source: Source
  relation: Relation
  mark: string | undefined
  notes: string[]
}

/** Does the job by DuckDB in this process. Throws a Fault, with the target as it was. */
export async function runEmbedded(
  job: Job,
  emit: Emit,
  signal: AbortSignal,
  streams: Streams = process,
): Promise<JobResult> {
  return withWork(job, signal, streams, async (work) => {
    for (const message of work.notes) await emit({ type: 'log', level: 'info', message })
    if (work.mark === undefined && isFollowUp(job)) return nothingNew(job)
    const counts = { rows: 0, bytes: 0 }
    const { totalRows, totalBytes } = work.relation
    const progress = reportProgress(emit, counts, {
      totalRows,
      totalBytes: job.target.type === 'postgres' ? null : totalBytes,
    })
    const stopCounting = countByDuck(work, counts, job.target)
    try {
      progress.phase('writing')
      const written = await write(job, work, { duck: work.duck, job, signal, counts }, emit, streams)
      progress.phase('finished')
      return {
        route: 'embedded',
        ...written,
        ...(work.mark === undefined ? {} : { mark: work.mark }),
        written: targetText(job),
      }
    } finally {
      stopCounting()
      progress.end()
    }
  })
}

/** Opens the source, sets the transformations on it, and closes all again whatever `use` does. */
export async function withWork<T>(
  job: Job,
  signal: AbortSignal,
  streams: Streams,
  use: (work: Work) => Promise<T>,
): Promise<T> {
  await mkdir(job.limits.temporaryDirectory, { recursive: true })
  surviveFileLimit()
  const duck = await openDuck(job.limits)
  const stopInterrupting = interruptOn(signal, duck)
  let source: Source | undefined
  let named = sourceText(job)
  try {
    const notes: string[] = []
    source = await openSource(job, duck, signal, streams, notes)
    named = source.relation.named
    const newer = newerRows(source.relation, job)
    const mark = await readMark(source, newer, job, duck)
    let relation = await filterRelation(newer, job.transformations, duck)
    refuseAltered(relation)
    for (const one of job.transformations) {
      if (one.type === 'sql') relation = await queryRelation(relation, one.query, { duck, job, signal })
    }
    notes.push(
      ...relation.columns.flatMap(({ name, note }) =>
        note === undefined ? [] : [`Column "${name}" is carried ${note}.`],
      ),
    )
    return await use({ duck, source, relation, mark, notes })
  } catch (error) {
    const output = job.target.type === 'file' ? job.target.path : undefined
    throw signal.aborted ? error : duckFault(error, { job, source: named, output })
  } finally {
    stopInterrupting()
    await source?.close()
    duck.close()
  }
}

/** A statement is interrupted where it stands; one that begins just then would not notice, hence again. */
function interruptOn(signal: AbortSignal, duck: Duck): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    duck.connection.interrupt()
    timer ??= setInterval(() => duck.connection.interrupt(), 50)
  }
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  return () => {
    signal.removeEventListener('abort', stop)
    clearInterval(timer)
  }
}

/** A file past `ulimit -f` would end the process by a signal; heard, it is an error of the write. */
function surviveFileLimit(): void {
  if (process.listenerCount('SIGXFSZ') === 0) process.on('SIGXFSZ', () => {})
}

async function write(
  job: Job,
  work: Work,
  options: WriteOptions,
  emit: Emit,
  { stdout }: Streams,
): Promise<Written> {
  const { target } = job
  const { temporaryDirectory } = job.limits
  switch (target.type) {
    case 'postgres':
      // A table has no order, and keeping the file's would keep whole row groups in memory.
      await work.duck.run('set preserve_insertion_order = false')
      await work.duck.lock(work.source.paths, [temporaryDirectory])
      return writeTable(job, target, work, options, emit)
    case 'stdout':
      await work.duck.lock(work.source.paths, [temporaryDirectory])
      return {
        rows: await writeStream(work.relation, target.format, stdout, options),
        bytes: options.counts.bytes,
      }
    case 'file': {
      const output = await planOutput(target, job.id)
      // A table has no order to keep, unless a query gave it one.
      if (job.source.type === 'postgres' && job.transformations.every(({ type }) => type !== 'sql')) {
        await work.duck.run('set preserve_insertion_order = false')
      }
      await work.duck.lock([...work.source.paths, output.temporaryPath], [temporaryDirectory])
      let rows: number
      try {
        rows = await writeFile(work.relation, target.format, output, options)
        options.signal.throwIfAborted()
      } catch (error) {
        await output.abandon()
        throw error
      }
      return { rows, bytes: await commitFile(output, { rows, mark: work.mark }, emit, options.signal) }
    }
  }
}

async function writeTable(
  job: Job,
  target: Extract<Target, { type: 'postgres' }>,
  work: Work,
  options: WriteOptions,
  emit: Emit,
): Promise<Written> {
  // What comes after the first increment can only be added; replacing would lose all that was carried before.
  const into = isFollowUp(job) ? { ...target, mode: 'append' as const } : target
  const relation = await settleNanoseconds(work)
  const wanted = relation.columns.map(({ name, postgresType }) => ({ name, type: postgresType }))
  const open = await openTarget(into.login, into, wanted, job.id, {
    onPrepared: (prepared) => emit({ type: 'prepared', mark: work.mark, ...prepared }),
    onWithdrawn: () => emit({ type: 'withdrawn' }),
  })
  const stop = () => closeNow(open.client)
  options.signal.addEventListener('abort', stop)
  try {
    options.signal.throwIfAborted()
    const rows = await writePostgres(relation, into, open, options)
    await open.commit(rows)
    return { rows, bytes: options.counts.bytes }
  } catch (error) {
    await open.abandon()
    throw error
  } finally {
    options.signal.removeEventListener('abort', stop)
  }
}

/** PostgreSQL counts microseconds: nanoseconds that are whole ones stay timestamps, others become text. */
async function settleNanoseconds({ relation, duck }: Work): Promise<Relation> {
  const columns = []
  for (const column of relation.columns) {
    if (column.type !== 'TIMESTAMP_NS') {
      columns.push(column)
      continue
    }
    const x = `"${column.name.replaceAll('"', '""')}"`
    const [[finer] = []] = await duck.rows(
      `select coalesce(bool_or(epoch_ns(${x}) % 1000 <> 0), false) from (${relation.query})`,
    )
    columns.push({ ...column, postgresType: finer === 'true' ? 'text' : 'timestamp' })
  }
  return { ...relation, columns }
}

/** Twice a second DuckDB's own estimate, where rows do not pass through our hands. */
function countByDuck(work: Work, counts: Written, target: Target): () => void {
  const { totalRows } = work.relation
  if (target.type === 'postgres' || totalRows === null) return () => {}
  const timer = setInterval(() => {
    const { percentage } = work.duck.connection.progress
    if (percentage > 0) counts.rows = Math.max(counts.rows, Math.floor((totalRows * percentage) / 100))
  }, 250)
  return () => clearInterval(timer)
}

function isFollowUp(job: Job): boolean {
  return job.strategy.type === 'incremental' && job.strategy.after !== undefined
}

function nothingNew(job: Job): JobResult {
  const after = job.strategy.type === 'incremental' ? job.strategy.after : undefined
  return {
    route: 'embedded',
    rows: 0,
    bytes: 0,
    ...(after === undefined ? {} : { mark: after }),
    written: targetText(job),
  }
}

function targetText({ target }: Job): string {
  if (target.type === 'postgres') return tableText(target.table)
  return target.type === 'file' ? target.path : 'standard output'
}

function sourceText({ source }: Job): string {
  if (source.type === 'postgres') return tableText(source.table)
  return source.type === 'file' ? source.paths.join(', ') : 'standard input'
}
