import type { Readable, Writable } from 'node:stream'

import { Fault } from '#fault'

import { quoteIdentifier } from '../../format/sql.ts'
import { closeNow } from '../../store/postgres/backend.ts'
import { readTable } from '../../store/postgres/catalog.ts'
import { connectPostgres, sessionName } from '../../store/postgres/connect.ts'
import { postgresFault } from '../../store/postgres/fault.ts'
import { ensureExtension } from '../extension.ts'
import type { Job } from '../job.ts'
import type { Duck } from './duck.ts'
import { openFiles } from './file-source.ts'
import { openPostgres } from './postgres-source.ts'
import type { Relation, Source } from './relation.ts'
import { typedValue } from './transform.ts'

/** The streams behind `stdin` and `stdout`. */
export interface Streams {
  stdin: Readable
  stdout: Writable
}

/** Opens the job's source for DuckDB; what is worth knowing about the way goes to `notes`. */
export async function openSource(
  job: Job,
  duck: Duck,
  signal: AbortSignal,
  { stdin }: Streams,
  notes: string[],
): Promise<Source> {
  if (job.source.type !== 'postgres') {
    return openFiles(job.source, { duck, limits: job.limits, stdin, signal, types: await needsTypes(job) })
  }
  const extension = await ensureExtension('postgres_scanner', job.extensionDirectories).catch(
    (error: unknown) => {
      if (!(error instanceof Fault)) throw error
      notes.push(`The table is read by COPY, on one connection: ${error.message}`)
      return null
    },
  )
  return openPostgres(job.source, { duck, job, extension, wanted: wantedColumns(job) })
}

/** Columns that only row filters name have to come too; without column filters, or with SQL, all do. */
function wantedColumns(job: Job): Set<string> | undefined {
  const filters = job.transformations.flatMap((one) => (one.type === 'sql' ? [] : [one]))
  const columns = filters.flatMap((one) => (one.type === 'dataframe_columns_filter' ? one.filters : []))
  if (columns.length === 0) return undefined
  const rows = filters.flatMap((one) => (one.type === 'dataframe_rows_filter' ? one.filters : []))
  return new Set([...columns, ...rows].map(({ field }) => field))
}

/** CSV's types cost a reading of the whole file, and a table that is there, or another CSV, needs none. */
async function needsTypes(job: Job): Promise<boolean> {
  if (job.transformations.length > 0 || job.strategy.type === 'incremental') return true
  const { target } = job
  if (target.type !== 'postgres') return target.format.type !== 'csv'
  const client = await connectPostgres(target.login, { applicationName: sessionName(job.id) })
  try {
    return (await readTable(client, target.table)) === null
  } catch (error) {
    throw postgresFault(error, target)
  } finally {
    closeNow(client)
  }
}

/** The greatest value of an increment, as its source writes it; absent when there is nothing new. */
export async function readMark(
  source: Source,
  newer: Relation,
  job: Job,
  duck: Duck,
): Promise<string | undefined> {
  if (job.strategy.type !== 'incremental') return undefined
  if (source.mark !== undefined) return source.mark()
  const { column } = job.strategy
  const found = newer.columns.find(({ name }) => name === column)
  const typed = found === undefined ? quoteIdentifier(column) : typedValue(found)
  const [[mark] = []] = await duck.rows(`select CAST(max(${typed}) AS VARCHAR) from (${newer.query})`)
  return mark ?? undefined
}

/** Columns that would not arrive as they are, and that no filter has taken out. */
export function refuseAltered(relation: Relation): void {
  for (const { name, refusal } of relation.columns) {
    if (refusal === undefined) continue
    const out = refusal.castable
      ? 'cast it by a column filter, or leave it out'
      : 'leave it out by a column filter'
    throw new Fault(
      'invalid',
      'transfer.type_refused',
      `${relation.named}: column "${name}" holds ${refusal.why}; ${out}.`,
      { details: { column: name } },
    )
  }
}
