/**
 * A PostgreSQL table as rows for DuckDB.
 *
 * With DuckDB's extension its scan reads in parallel by ranges of pages, all under one snapshot. Without it
 * (nothing but npm can be reached) the server's COPY comes through a pipe. Both give the same rows and
 * types; a column whose values DuckDB would alter is carried as text either way.
 */
import { once } from 'node:events'

import type pg from 'pg'

import { Fault } from '#fault'

import { quoteIdentifier, quoteLiteral } from '../../format/sql.ts'
import { openPipeToWrite, type PipeToWrite } from '../../store/file/pipe.ts'
import { closeNow } from '../../store/postgres/backend.ts'
import { readTable, type ColumnInfo, type TableInfo } from '../../store/postgres/catalog.ts'
import { connectPostgres, sessionName } from '../../store/postgres/connect.ts'
import { copyOut } from '../../store/postgres/copy-stream.ts'
import { postgresFault } from '../../store/postgres/fault.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { quoteName, quoteTable, quoteValue, tableText } from '../../store/postgres/quote.ts'
import type { Job, Source as JobSource } from '../job.ts'
import type { Duck } from './duck.ts'
import { asText, carry, type CarriedColumn } from './postgres-columns.ts'
import type { Relation, Source } from './relation.ts'
import { BrokenOff } from './together.ts'

type Table = Extract<JobSource, { type: 'postgres' }>

export interface PostgresSourceOptions {
  duck: Duck
  job: Job
  /** The file of DuckDB's PostgreSQL extension; null: do without. */
  extension: string | null
  /** Only these columns are wanted; absent: all. */
  wanted?: ReadonlySet<string> | undefined
}

export async function openPostgres(source: Table, options: PostgresSourceOptions): Promise<Source> {
  const { login, table } = source
  const client = await connectPostgres(login, { applicationName: sessionName(options.job.id) })
  try {
    const info = await readTable(client, table)
    if (info === null) {
      throw new Fault(
        'not_found',
        'transfer.table_missing',
        `There is no table ${tableText(table)} at ${placeOf(login)} that ${login.user} can see.`,
      )
    }
    return await openTable(source, info, client, options)
  } catch (error) {
    if (options.extension !== null) await endDuckTransaction(options.duck)
    closeNow(client)
    throw postgresFault(error, { login, table })
  }
}

async function openTable(
  source: Table,
  info: TableInfo,
  client: pg.Client,
  { duck, job, extension, wanted }: PostgresSourceOptions,
): Promise<Source> {
  const where = newerThanMark(job, info, source)
  const chosen = info.columns.filter((column) => wanted === undefined || wanted.has(column.name))
  if (extension !== null) await attach(duck, extension, source, job)
  await client.query('begin isolation level repeatable read read only')
  if (extension !== null) await shareSnapshot(duck, client)
  const carried = await avoidExtremes(client, source, chosen, where)
  const list = carried.map(
    ({ ask, askCopy, column }) =>
      `${(extension === null ? askCopy : undefined) ?? ask ?? quoteName(column.name)} as ${quoteName(column.name)}`,
  )
  const select = `select ${list.join(', ')} from ${quoteTable(source.table)}${where}`
  const whole = where === ''
  const facts = {
    columns: carried.map(({ column }) => column),
    named: `${tableText(source.table)} at ${placeOf(source.login)}`,
    totalRows: whole ? info.estimatedRows : null,
    totalBytes: whole ? info.sizeBytes : null,
  }
  const mark = async () =>
    job.strategy.type === 'incremental' ? readMark(client, source, job.strategy.column, where) : undefined
  if (extension !== null) {
    // The scan splits plain tables into ranges of pages; whatever else is asked comes by one query.
    const scanned = whole && info.kind === 'r' && carried.every(({ ask }) => ask === null)
    const query = byExtension(source, carried, scanned ? null : select)
    const close = async () => {
      await endDuckTransaction(duck)
      closeNow(client)
    }
    return { relation: { ...facts, query }, paths: [], mark, close }
  }
  const pipe = await openPipeToWrite(job.limits.temporaryDirectory, 'postgres.pipe')
  const relation: Relation = {
    ...facts,
    query: fromPipe(pipe.path, carried),
    feed: {
      run: () => feed(client, `copy (${select}) to stdout (format csv)`, pipe, source),
      breakOff: (over) => pipe.breakOff(over),
    },
  }
  return {
    relation,
    paths: [pipe.path],
    mark,
    close: async () => {
      await pipe.close()
      closeNow(client)
    },
  }
}

/** What the extension's sessions need so that their texts are those of `connectPostgres`. */
const EXACT_TEXT_OPTIONS =
  '-c datestyle=ISO,YMD -c intervalstyle=postgres -c timezone=UTC -c extra_float_digits=3 -c bytea_output=hex -c xmloption=content'

/** Parameters of an address that libpq takes as they are. */
const LIBPQ_PARAMS = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'connect_timeout',
  'target_session_attrs',
]

async function attach(duck: Duck, extension: string, { login, table }: Table, job: Job): Promise<void> {
  const given = LIBPQ_PARAMS.flatMap((name) =>
    login.params[name] === undefined ? [] : [[name, login.params[name]] as const],
  )
  const words: (readonly [string, string])[] = [
    ['host', login.host],
    ...(login.address === undefined ? [] : [['hostaddr', login.address] as const]),
    ['port', String(login.port)],
    ['dbname', login.database],
    ['user', login.user],
    ['password', login.password ?? ''],
    // The job's sessions are found by this name when it is stopped.
    ['application_name', sessionName(job.id)],
    ['options', `${EXACT_TEXT_OPTIONS} ${login.params['options'] ?? ''}`.trim()],
    ...given,
  ]
  const address = words.map(([name, value]) => `${name}='${value.replaceAll(/[\\']/g, '\\$&')}'`).join(' ')
  await duck.run(`load ${quoteLiteral(extension)}`)
  // A filter that the server runs would compare texts by its own collation, and give other rows than here.
  await duck.run('set pg_experimental_filter_pushdown = false')
  await duck.run(`set pg_pool_max_connections = ${job.limits.threads + 2}`)
  await duck.run(
    `attach ${quoteLiteral(address)} as src (type postgres, read_only, schema ${quoteLiteral(table.schema)})`,
  )
}

/**
 * Asked for, a ROLLBACK that finds its server gone is an error. Left to the closing of the connection, it is
 * an exception in a destructor, which ends the whole process.
 */
async function endDuckTransaction(duck: Duck): Promise<void> {
  await duck.run('rollback').catch(() => {})
}

/** Our own session sees the very rows that DuckDB's will read, for checks and for the mark. */
async function shareSnapshot(duck: Duck, client: pg.Client): Promise<void> {
  await duck.run('begin')
  const [[snapshot] = []] = await duck.rows(
    "select * from postgres_query('src', 'select pg_export_snapshot()')",
  )
  await client.query(`set transaction snapshot ${quoteValue(snapshot ?? '')}`)
}

/**
 * The way for each column, after a look at its values where the type has some that DuckDB would alter. The
 * look is one scan on the server (0.2 s for two million rows and seven such columns, of 1.9 s in all), and
 * there is no cheaper proof that a numeric holds no NaN.
 */
async function avoidExtremes(
  client: pg.Client,
  source: Table,
  columns: readonly ColumnInfo[],
  where: string,
): Promise<CarriedColumn[]> {
  const carried = columns.map(carry)
  const asked = carried.flatMap(({ extreme }) =>
    extreme === undefined ? [] : [`coalesce(bool_or(${extreme}), false)`],
  )
  if (asked.length === 0) return carried
  const answer = await client.query<boolean[]>({
    text: `select ${asked.join(', ')} from ${quoteTable(source.table)}${where}`,
    rowMode: 'array',
  })
  const found = [...(answer.rows[0] ?? [])]
  return columns.map((info, index) => {
    // One way was made for each column.
    const way = carried[index]!
    if (way.extreme === undefined || found.shift() !== true) return way
    return asText(info, 'as text: it holds values such as NaN or infinity that have no equal')
  })
}

/** The table's own scan, or with `select` one query that the server runs. */
function byExtension(source: Table, carried: readonly CarriedColumn[], select: string | null): string {
  const from =
    select === null
      ? `src.${quoteIdentifier(source.table.schema)}.${quoteIdentifier(source.table.name)}`
      : `postgres_query('src', ${quoteLiteral(select)})`
  const list = carried.map(({ ask, fromText, column }) => {
    const plain = quoteIdentifier(column.name)
    if (ask === null || column.note !== undefined || fromText === undefined) return plain
    return `${fromText(plain)} as ${plain}`
  })
  return `select ${list.join(', ')} from ${from}`
}

/** The server's CSV, with every value turned from its text into what `carried` says. */
function fromPipe(path: string, carried: readonly CarriedColumn[]): string {
  const struct = carried.map(({ column }) => `${quoteIdentifier(column.name)}: 'VARCHAR'`).join(', ')
  const list = carried.map(({ fromText, column }) => {
    const plain = quoteIdentifier(column.name)
    if (fromText !== undefined) return `${fromText(plain)} as ${plain}`
    return column.type === 'VARCHAR' ? plain : `CAST(${plain} AS ${column.type}) as ${plain}`
  })
  const options = `auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', comment = '', nullstr = '', allow_quoted_nulls = false, max_line_size = 16777216, buffer_size = 33554432`
  return `select ${list.join(', ')} from read_csv(${quoteLiteral(path)}, ${options}, columns = {${struct}})`
}

/** Sends the table's rows into the pipe; a pipe that is closed early ends the sending. */
async function feed(client: pg.Client, sql: string, pipe: PipeToWrite, source: Table): Promise<void> {
  const stream = await pipe.connect().catch(() => {
    throw new BrokenOff('nobody reads the rows')
  })
  const closed = once(stream, 'close').then(() => {
    throw new BrokenOff('the reader of the rows is gone')
  })
  closed.catch(() => {})
  const sink = {
    write: (bytes: Buffer) => stream.write(bytes),
    drained: async () => {
      if (stream.writableNeedDrain) await Promise.race([once(stream, 'drain'), closed])
    },
    failed: closed,
  }
  try {
    await copyOut(client, sql, 'payload', sink, { rows: 0, bytes: 0 })
  } catch (error) {
    throw error instanceof BrokenOff
      ? error
      : postgresFault(error, { login: source.login, table: source.table })
  } finally {
    // DuckDB sees the end; what it has read by then counts only if this did not fail.
    stream.end()
  }
}

/** The condition that leaves out what earlier runs have carried; empty for a full run and the first. */
function newerThanMark(job: Job, info: TableInfo, source: Table): string {
  if (job.strategy.type !== 'incremental') return ''
  const { column, after } = job.strategy
  if (!info.columns.some(({ name }) => name === column)) {
    throw new Fault(
      'invalid',
      'transfer.column_missing',
      `${tableText(source.table)} at ${placeOf(source.login)} has no column "${column}" to go by.`,
      { details: { column } },
    )
  }
  return after === undefined ? '' : ` where ${quoteName(column)} > ${quoteValue(after)}`
}

async function readMark(
  client: pg.Client,
  source: Table,
  column: string,
  where: string,
): Promise<string | undefined> {
  const found = await client.query<{ mark: string | null }>(
    `select max(${quoteName(column)})::text as mark from ${quoteTable(source.table)}${where}`,
  )
  return found.rows[0]?.mark ?? undefined
}
