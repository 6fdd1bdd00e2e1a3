import { Fault } from '#fault'
import type pg from 'pg'

import { closeNow } from '../../store/postgres/backend.ts'
import { readTable, type TableInfo } from '../../store/postgres/catalog.ts'
import { connectPostgres, sessionName } from '../../store/postgres/connect.ts'
import { postgresFault } from '../../store/postgres/fault.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { quoteName, quoteTable, tableText } from '../../store/postgres/quote.ts'
import type { Job } from '../job.ts'
import { incrementOf, selectFrom, selectSql, type PostgresSource, type Selection } from './select.ts'

/** A source table inside one snapshot that stays the same until `close`, with its shape locked. */
export interface OpenSource {
  client: pg.Client
  info: TableInfo
  selection: Selection
  /** What an incremental run adds to the filter; empty otherwise. */
  increment: string
  close(): void
}

export async function openSource(source: PostgresSource, job: Job): Promise<OpenSource> {
  const client = await connectPostgres(source.login, { applicationName: sessionName(job.id) })
  try {
    await client.query('begin transaction isolation level repeatable read read only')
    // Reading no rows takes the lock that keeps the columns as they are until the transaction ends.
    await client.query(`select from ${quoteTable(source.table)} limit 0`)
    const info = await readTable(client, source.table)
    if (info === null) throw missingSource(source)
    const selection = await selectFrom(client, source, info, job.transformations)
    return {
      client,
      info,
      selection,
      increment: incrementOf(job.strategy, info, source),
      close: () => closeNow(client),
    }
  } catch (error) {
    closeNow(client)
    throw sourceFault(error, source)
  }
}

/**
 * The greatest value that this run will carry, in the source's text and from the very snapshot it reads;
 * undefined when there is nothing new.
 */
export async function readMark(
  open: OpenSource,
  source: PostgresSource,
  job: Job,
): Promise<string | undefined> {
  if (job.strategy.type === 'full') return undefined
  const column = open.info.columns.find(
    ({ name }) => job.strategy.type === 'incremental' && name === job.strategy.column,
  )
  if (column === undefined) return undefined
  const sql = selectSql(
    source.table,
    [`max(${quoteName(column.name)})::text as mark`],
    open.selection.filter,
    open.increment,
  )
  try {
    const found = await open.client.query<{ mark: string | null }>(sql)
    return found.rows[0]?.mark ?? undefined
  } catch (error) {
    throw sourceFault(error, source)
  }
}

/** What a failed read means, for the person. */
export function sourceFault(error: unknown, source: PostgresSource): Fault {
  return postgresFault(error, { login: source.login, table: source.table })
}

function missingSource(source: PostgresSource): Fault {
  const message = `There is no table ${tableText(source.table)} at ${placeOf(source.login)}.`
  return new Fault('not_found', 'transfer.table_missing', message)
}
