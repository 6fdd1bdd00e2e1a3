/** PostgreSQL to CSV: the server writes the text, and only the frames around its rows are taken off. */
import { planOutput, type OutputFile } from '../../store/file/output.ts'
import { copyOut } from '../../store/postgres/copy-stream.ts'
import { quoteName } from '../../store/postgres/quote.ts'
import { commitFile } from '../commit-file.ts'
import type { Emit, Job, JobResult, PlannedColumn, Target } from '../job.ts'
import { writeFileBytes, writeStdoutBytes, type BytesOut } from './bytes-out.ts'
import { csvOptions, type CsvFormat } from './dialect.ts'
import { reportProgress } from './progress.ts'
import { selectSql } from './select.ts'
import { openSource, readMark, sourceFault, type OpenSource } from './source.ts'

export type CsvOutJob = Job & {
  source: Extract<Job['source'], { type: 'postgres' }>
  target: Exclude<Target, { type: 'postgres' }> & { format: CsvFormat }
}

export async function runCsvOut(job: CsvOutJob, emit: Emit, signal: AbortSignal): Promise<JobResult> {
  const { source, target } = job
  // Before anything is read: a file that may not be written is known in a moment.
  const file = target.type === 'file' ? await planOutput(target, job.id) : undefined
  const open = await openSource(source, job)
  const stop = () => open.close()
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    const mark = await readMark(open, source, job)
    return await writeAll(job, open, file, mark, emit, signal)
  } catch (error) {
    throw sourceFault(error, source)
  } finally {
    signal.removeEventListener('abort', stop)
    open.close()
  }
}

async function writeAll(
  job: CsvOutJob,
  open: OpenSource,
  file: OutputFile | undefined,
  mark: string | undefined,
  emit: Emit,
  signal: AbortSignal,
): Promise<JobResult> {
  const counts = { rows: 0, bytes: 0 }
  const filtered = open.selection.filter !== '' || open.increment !== ''
  const totalRows = filtered ? null : open.info.estimatedRows
  const progress = reportProgress(emit, counts, { totalRows, totalBytes: null })
  try {
    progress.phase('writing')
    const rows = await writeRows(job, open, file, counts)
    counts.rows = rows
    progress.phase('merging')
    if (file !== undefined) await commitFile(file, { rows, mark }, emit, signal)
    progress.phase('finished')
    const written = file?.path ?? 'standard output'
    return { route: 'copy', rows, bytes: counts.bytes, ...(mark === undefined ? {} : { mark }), written }
  } finally {
    progress.end()
  }
}

/** COPY writes booleans as t and f; true and false is what other programs read. */
function csvSelect(open: OpenSource, job: CsvOutJob): string {
  const expressions = open.selection.columns.map(({ name, expression, column }) => {
    const value = column.category === 'B' ? `(${expression})::text` : expression
    return `${value} as ${quoteName(name)}`
  })
  return selectSql(job.source.table, expressions, open.selection.filter, open.increment)
}

export function csvColumns(open: OpenSource): PlannedColumn[] {
  return open.selection.columns.map(({ name, column }) => ({
    name,
    sourceType: column.type,
    targetType: 'text',
  }))
}

async function writeRows(
  job: CsvOutJob,
  open: OpenSource,
  file: OutputFile | undefined,
  counts: { rows: number; bytes: number },
): Promise<number> {
  const { format } = job.target
  const gzip = format.compression === 'gzip'
  const out: BytesOut =
    file === undefined ? writeStdoutBytes(gzip) : writeFileBytes(file.temporaryPath, file.path, gzip)
  try {
    const sql = `copy (${csvSelect(open, job)}) to stdout (${csvOptions(format, format.include_header)})`
    const rows = await copyOut(open.client, sql, 'payload', out, counts)
    await out.end()
    return rows
  } catch (error) {
    out.close()
    await file?.abandon()
    throw error
  }
}
