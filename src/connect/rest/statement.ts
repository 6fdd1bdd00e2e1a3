/** Reading and writing a table for one request, in the caller's own name. */
import pg from 'pg'
import { namesOf, orderOf, type Put, type RestTable, selectOf, whereOf, windowOf } from './grammar.ts'
import { RestProblem } from './rest.fault.ts'

/** What the `Prefer` header asks for. */
export interface Preferences {
  returns: 'minimal' | 'representation' | 'headers-only'
  counts: boolean
  resolution: 'merge-duplicates' | 'ignore-duplicates' | null
}

export interface RestResult {
  /** A JSON list, as the database wrote it. */
  body: string
  rows: number
  offset: number
  /** How many there are in all, where it was asked. */
  total: number | null
}

type Rows = readonly Readonly<Record<string, unknown>>[]

const ROWS_LIMIT = 1_000
/** A regular expression or a condition of somebody may take for ever. */
const STATEMENT_LIMIT = `set local statement_timeout = '5s'`

export async function readRows(
  client: pg.ClientBase,
  table: RestTable,
  query: URLSearchParams,
  { counts, most }: { counts: boolean; most: number },
): Promise<RestResult> {
  const { values, put } = parameters()
  const where = whereOf(table, query, put)
  const { limit, offset } = windowOf(query, most)
  const page = `select ${selectOf(table, query)} from ${nameOf(table)} as t ${where} ${orderOf(table, query)}`
  await client.query(STATEMENT_LIMIT)
  const counted = counts ? `(select count(*) from ${nameOf(table)} as t ${where})` : 'null::bigint'
  const text = `with page as (${page} limit ${put(limit)} offset ${put(offset)})
    select ${asList('page')} as body, (select count(*) from page) as rows, ${counted} as total`
  const { rows } = await client.query<Omit<RestResult, 'offset'>>(text, values)
  return { ...firstOf(rows), offset }
}

export async function insertRows(
  client: pg.ClientBase,
  table: RestTable,
  query: URLSearchParams,
  given: unknown,
  { resolution }: Preferences,
): Promise<RestResult> {
  const list = rowsOf(given)
  if (list.length > ROWS_LIMIT) {
    throw new RestProblem(413, 'PGRST100', `A request writes ${ROWS_LIMIT} rows at most.`)
  }
  const named = query.get('columns')
  const names = named === null ? [...new Set(list.flatMap((row) => Object.keys(row)))] : namesOf(table, named)
  const columns = names.map((name) => writable(table, name)).join(', ')
  const { values, put } = parameters()
  const source = `from jsonb_populate_recordset(null::${nameOf(table)}, ${put(JSON.stringify(list))}::jsonb)`
  const into = names.length === 0 ? 'default values' : `(${columns}) select ${columns} ${source}`
  const conflict = resolution === null ? '' : conflictOf(table, query, names, resolution)
  if (list.length === 0) return { body: '[]', rows: 0, offset: 0, total: null }
  if (names.length === 0 && list.length > 1) {
    throw new RestProblem(400, 'PGRST102', 'Rows without a column are written one at a time.')
  }
  const bound = names.length === 0 ? [] : values
  return write(client, table, query, `insert into ${nameOf(table)} ${into} ${conflict} returning *`, bound)
}

export async function updateRows(
  client: pg.ClientBase,
  table: RestTable,
  query: URLSearchParams,
  given: unknown,
): Promise<RestResult> {
  const [row, ...more] = rowsOf(given)
  if (row === undefined || more.length > 0) throw notAnObject()
  const named = query.get('columns')
  const names = named === null ? Object.keys(row) : namesOf(table, named)
  if (names.length === 0) return { body: '[]', rows: 0, offset: 0, total: null }
  const { values, put } = parameters()
  const source = `jsonb_populate_record(null::${nameOf(table)}, ${put(JSON.stringify(row))}::jsonb) as given`
  const set = names.map((name) => writable(table, name)).map((column) => `${column} = given.${column}`)
  const where = whereOf(table, query, put)
  const text = `update ${nameOf(table)} as t set ${set.join(', ')} from ${source} ${where} returning t.*`
  return write(client, table, query, text, values)
}

export function deleteRows(
  client: pg.ClientBase,
  table: RestTable,
  query: URLSearchParams,
): Promise<RestResult> {
  const { values, put } = parameters()
  const text = `delete from ${nameOf(table)} as t ${whereOf(table, query, put)} returning t.*`
  return write(client, table, query, text, values)
}

async function write(
  client: pg.ClientBase,
  table: RestTable,
  query: URLSearchParams,
  statement: string,
  values: unknown[],
): Promise<RestResult> {
  await client.query(STATEMENT_LIMIT)
  const { rows } = await client.query<Omit<RestResult, 'offset'>>(
    `with written as (${statement}), shown as (select ${selectOf(table, query)} from written as t)
     select ${asList('shown')} as body, (select count(*) from written) as rows, null::bigint as total`,
    values,
  )
  const found = firstOf(rows)
  return { ...found, total: found.rows, offset: 0 }
}

function conflictOf(
  table: RestTable,
  query: URLSearchParams,
  names: readonly string[],
  resolution: 'merge-duplicates' | 'ignore-duplicates',
): string {
  const keys = namesOf(table, query.get('on_conflict') ?? 'id').map((name) => pg.escapeIdentifier(name))
  const set = names.map((name) => writable(table, name)).filter((column) => !keys.includes(column))
  return resolution === 'ignore-duplicates' || set.length === 0
    ? `on conflict (${keys.join(', ')}) do nothing`
    : `on conflict (${keys.join(', ')}) do update set ${set.map((column) => `${column} = excluded.${column}`).join(', ')}`
}

function writable({ table, columns }: RestTable, name: string): string {
  if (columns.some((column) => column.name === name)) return pg.escapeIdentifier(name)
  const message = `Could not find the '${name}' column of '${table}' in the schema cache`
  throw new RestProblem(400, 'PGRST204', message)
}

function rowsOf(given: unknown): Rows {
  const list: unknown[] = Array.isArray(given) ? given : [given]
  const isRow = (row: unknown) => typeof row === 'object' && row !== null && !Array.isArray(row)
  if (!list.every(isRow)) throw notAnObject()
  return list as Rows // each was looked at just now
}

const notAnObject = () =>
  new RestProblem(400, 'PGRST102', 'The body must be a JSON object, or for inserts a list of them.')

const nameOf = ({ schema, table }: RestTable): string =>
  `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`

const asList = (of: string): string => `(select coalesce(json_agg(${of}), '[]') from ${of})::text`

function parameters(): { values: unknown[]; put: Put } {
  const values: unknown[] = []
  return { values, put: (value) => `$${values.push(value)}` }
}

function firstOf<T>(rows: readonly T[]): T {
  const [first] = rows
  if (first === undefined) throw new Error('an aggregate has a row')
  return first
}
