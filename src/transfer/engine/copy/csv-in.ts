/** CSV to PostgreSQL: the file's bytes go to the server's own parser as they are. */
import { Fault } from '#fault'
import type pg from 'pg'

import { closeNow } from '../../store/postgres/backend.ts'
import { readTable, type TableInfo } from '../../store/postgres/catalog.ts'
import { connectPostgres, sessionName } from '../../store/postgres/connect.ts'
import { copyIn, type CopyIn } from '../../store/postgres/copy-stream.ts'
import { postgresFault } from '../../store/postgres/fault.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { quoteNames, quoteTable, tableText } from '../../store/postgres/quote.ts'
import { matchColumns, type WantedColumn } from '../../store/postgres/target-plan.ts'
import { openTarget, type OpenTarget, type PostgresTarget } from '../../store/postgres/target.ts'
import type { Emit, Job, JobResult } from '../job.ts'
import { inputsOf, totalBytes, type BytesIn, type CsvSource } from './bytes-in.ts'
import { stageText } from './carry.ts'
import { csvOptions } from './dialect.ts'
import { readHeader } from './header.ts'
import { reportProgress } from './progress.ts'

export type CsvInJob = Job & { source: CsvSource; target: PostgresTarget }

export interface CsvInPlan {
  wanted: WantedColumn[]
  targetExists: boolean
  notes: string[]
}

/** Null when only a look at the rows could tell the types, and these come from standard input but once. */
export async function planCsvIn(job: CsvInJob): Promise<CsvInPlan | null> {
  const { source, target } = job
  const info = await lookUp(job)
  if (info === null) {
    if (source.type === 'stdin') return null
    // Imported when needed, for it brings DuckDB along.
    const { inferCsvColumns } = await import('../../format/infer.ts')
    const columns = await inferCsvColumns(source.paths, source.format)
    const wanted = columns.map(({ name, type }) => ({ name, type }))
    return {
      wanted,
      targetExists: false,
      notes: ['The types are taken from the values: all of the file was read for them.'],
    }
  }
  const writable = info.columns.filter((column) => !column.generated)
  // Standard input shows its header only when it is read; the run compares it then.
  const names =
    source.format.include_header && source.type === 'file'
      ? await headerOfFirst(source)
      : writable.map(({ name }) => name)
  refuseGenerated(info, names, target)
  const { columns } = matchColumns(
    info,
    names.map((name) => ({ name, type: 'text' })),
    target,
  )
  return { wanted: columns.map(({ name, type }) => ({ name, type })), targetExists: true, notes: [] }
}

export async function runCsvIn(
  job: CsvInJob,
  plan: CsvInPlan,
  emit: Emit,
  signal: AbortSignal,
): Promise<JobResult> {
  const { source, target } = job
  const inputs = await inputsOf(source, signal)
  for (const message of plan.notes) await emit({ type: 'log', level: 'info', message })
  const into = await openTarget(target.login, target, plan.wanted, job.id, {
    onPrepared: (prepared) => emit({ type: 'prepared', ...prepared }),
    onWithdrawn: () => emit({ type: 'withdrawn' }),
    stageAs: stageText,
  })
  const stop = () => closeNow(into.client)
  signal.addEventListener('abort', stop)
  const counts = { rows: 0, bytes: 0 }
  const progress = reportProgress(emit, counts, { totalRows: null, totalBytes: totalBytes(inputs) })
  try {
    signal.throwIfAborted()
    progress.phase('writing')
    const endMark = await readsEndMark(into.client)
    let rows = 0
    for (const input of inputs) {
      rows += await copyFile(input, job, into, counts, endMark)
      counts.rows = rows
    }
    progress.phase('merging')
    await into.commit(rows)
    progress.phase('finished')
    return { route: 'copy', rows, bytes: counts.bytes, written: tableText(target.table) }
  } catch (error) {
    await into.abandon()
    throw postgresFault(error, target)
  } finally {
    progress.end()
    signal.removeEventListener('abort', stop)
  }
}

async function copyFile(
  input: BytesIn,
  job: CsvInJob,
  into: OpenTarget,
  counts: { rows: number; bytes: number },
  endMark: boolean,
): Promise<number> {
  const { format } = job.source
  const chunks = input.open()
  try {
    const header = format.include_header ? await readHeader(chunks, format, input.name) : undefined
    const names = header?.names ?? into.columns.map(({ name }) => name)
    sameColumns(names, into.columns, input.name, job.target)
    const sql = `copy ${quoteTable(into.table)} (${quoteNames(names)}) from stdin (${csvOptions(format, format.include_header)})`
    const sink = await copyIn(into.client, sql)
    const feed = feeder(sink, counts, endMark, input.name)
    if (header !== undefined) await feed(header.read)
    for await (const chunk of chunks) await feed(chunk)
    return await sink.end()
  } catch (error) {
    throw postgresFault(error, { ...job.target, file: input.name })
  } finally {
    await chunks.return()
  }
}

/** Rows on the way are an estimate by the share of line ends; the server's count follows at the end. */
function feeder(sink: CopyIn, counts: { rows: number; bytes: number }, endMark: boolean, name: string) {
  const before = counts.rows
  let bytesHere = 0
  let rowsPerByte = 0
  let tail = '\n'
  // The server may refuse the first row and still swallow all the others.
  let refused: Error | undefined
  sink.failed.catch((error: Error) => {
    refused = error
  })
  return async (chunk: Buffer): Promise<void> => {
    if (chunk.length === 0) return
    if (bytesHere === 0) rowsPerByte = lineEnds(chunk) / chunk.length
    if (endMark) tail = refuseEndMark(tail, chunk, name)
    bytesHere += chunk.length
    counts.bytes += chunk.length
    counts.rows = before + Math.floor(bytesHere * rowsPerByte)
    if (refused !== undefined) throw refused
    if (!sink.writeData(chunk)) await sink.drained()
  }
}

function lineEnds(chunk: Buffer): number {
  let count = 0
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count += 1
  return count
}

/**
 * Before PostgreSQL 18 a line of nothing but `\.` ends CSV input too, and what follows would be lost without
 * a word. `tail` is the end of what was seen.
 */
function refuseEndMark(tail: string, chunk: Buffer, name: string): string {
  const seam = tail + chunk.toString('latin1', 0, 4)
  const inside = chunk.includes('\\.') && /[\r\n]\\\.(?:[\r\n]|$)/.test(chunk.toString('latin1'))
  if (inside || /[\r\n]\\\.[\r\n]/.test(seam)) {
    throw new Fault(
      'invalid',
      'transfer.end_mark',
      `${name} has a line that is only "\\.", which PostgreSQL before 18 takes for the end of the data. Quote it in the file.`,
    )
  }
  return (tail + chunk.toString('latin1', Math.max(0, chunk.length - 4))).slice(-4)
}

async function readsEndMark(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num')
  return Number(rows[0]?.server_version_num) < 180_000
}

async function lookUp(job: CsvInJob): Promise<TableInfo | null> {
  const client = await connectPostgres(job.target.login, { applicationName: sessionName(job.id) })
  try {
    return await readTable(client, job.target.table)
  } catch (error) {
    throw postgresFault(error, job.target)
  } finally {
    closeNow(client)
  }
}

async function headerOfFirst(source: CsvSource): Promise<string[]> {
  const [first] = await inputsOf(source)
  if (first === undefined) throw new Fault('not_found', 'transfer.file_missing', 'There is no file to read.')
  const chunks = first.open()
  try {
    return (await readHeader(chunks, source.format, first.name)).names
  } finally {
    await chunks.return()
  }
}

function refuseGenerated(info: TableInfo, names: readonly string[], target: PostgresTarget): void {
  const column = info.columns.find(({ name, generated }) => generated && names.includes(name))
  if (column === undefined) return
  const message = `${tableText(target.table)} at ${placeOf(target.login)} computes its column "${column.name}" itself; leave it out of the file.`
  throw new Fault('invalid', 'transfer.column_generated', message, { details: { column: column.name } })
}

/** Each file has its own order of columns, but all have the same ones. */
function sameColumns(
  names: readonly string[],
  columns: readonly WantedColumn[],
  file: string,
  target: PostgresTarget,
): void {
  const known = new Set(columns.map(({ name }) => name))
  const where = `${tableText(target.table)} at ${placeOf(target.login)}`
  const extra = names.find((name) => !known.has(name))
  if (extra !== undefined) {
    const message = `${file} has a column "${extra}" that ${where} lacks, or that another file lacks.`
    throw new Fault('invalid', 'transfer.column_extra', message, { details: { column: extra } })
  }
  const missing = columns.find(({ name }) => !names.includes(name))
  if (missing === undefined) return
  const message = `${file} lacks the column "${missing.name}" that is to be written to ${where}.`
  throw new Fault('invalid', 'transfer.column_missing', message, { details: { column: missing.name } })
}
