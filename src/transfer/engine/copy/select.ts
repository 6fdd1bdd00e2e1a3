import { Fault } from '#fault'
import type pg from 'pg'

import { describeQuery, type ColumnInfo, type TableInfo } from '../../store/postgres/catalog.ts'
import { placeOf } from '../../store/postgres/login.ts'
import { quoteName, quoteTable, quoteValue, tableText } from '../../store/postgres/quote.ts'
import type { ColumnFilter, Job, PostgresLogin, RowFilter, TableName, Transformation } from '../job.ts'

export interface PostgresSource {
  login: PostgresLogin
  table: TableName
}

/** One column of what is read: under which name, by what expression, of what type. */
export interface Selected {
  name: string
  expression: string
  column: ColumnInfo
}

export interface Selection {
  columns: Selected[]
  /** SQL behind `where`, without the increment; empty for all rows. */
  filter: string
}

/**
 * What the transformations make of a table, as SQL for the source itself: row filters as its WHERE, column
 * filters as its select list. Values are literals that PostgreSQL types by the column they meet.
 */
export async function selectFrom(
  client: pg.Client,
  source: PostgresSource,
  info: TableInfo,
  transformations: readonly Transformation[],
): Promise<Selection> {
  const rowFilters = transformations.flatMap((step) =>
    step.type === 'dataframe_rows_filter' ? step.filters : [],
  )
  const columnFilters = transformations.flatMap((step) =>
    step.type === 'dataframe_columns_filter' ? step.filters : [],
  )
  const filter = rowFilters.map((one) => rowCondition(one, columnOf(info, one.field, source))).join(' and ')
  if (columnFilters.length === 0) {
    const columns = info.columns.map((column) => ({
      name: column.name,
      expression: quoteName(column.name),
      column,
    }))
    return { columns, filter }
  }
  return { columns: await filteredColumns(client, source, info, columnFilters), filter }
}

/** The condition that an incremental run adds, or none. */
export function incrementOf(strategy: Job['strategy'], info: TableInfo, source: PostgresSource): string {
  if (strategy.type === 'full') return ''
  const column = columnOf(info, strategy.column, source)
  return strategy.after === undefined ? '' : `${quoteName(column.name)} > ${quoteValue(strategy.after)}`
}

/** `select a, b from t where …`; `columns` are expressions, named where it matters to the reader only. */
export function selectSql(table: TableName, expressions: readonly string[], ...conditions: string[]): string {
  const given = conditions.filter((condition) => condition !== '')
  const where = given.length === 0 ? '' : ` where ${given.map((condition) => `(${condition})`).join(' and ')}`
  return `select ${expressions.join(', ')} from ${quoteTable(table)}${where}`
}

async function filteredColumns(
  client: pg.Client,
  source: PostgresSource,
  info: TableInfo,
  filters: readonly ColumnFilter[],
): Promise<Selected[]> {
  const wanted = filters.map((filter) => {
    const field = quoteName(columnOf(info, filter.field, source).name)
    switch (filter.type) {
      case 'include':
        return { name: filter.field, expression: field }
      case 'rename':
        return { name: filter.to, expression: field }
      case 'cast':
        return { name: filter.field, expression: `cast(${field} as ${castType(filter)})` }
    }
  })
  const seen = new Set<string>()
  for (const { name } of wanted) {
    if (seen.has(name)) {
      throw new Fault(
        'bad_request',
        'transfer.column_twice',
        `The column filters give the column "${name}" twice.`,
      )
    }
    seen.add(name)
  }
  const types = await describeQuery(
    client,
    selectSql(
      source.table,
      wanted.map(({ name, expression }) => `${expression} as ${quoteName(name)}`),
    ),
  )
  return wanted.map((one, index) => {
    const column = types[index]
    if (column === undefined) throw new Error(`the server described no column for ${one.name}`)
    return { ...one, column }
  })
}

function columnOf(info: TableInfo, field: string, source: PostgresSource): ColumnInfo {
  const column = info.columns.find(({ name }) => name === field)
  if (column !== undefined) return column
  const near = info.columns.find(({ name }) => name.toLowerCase() === field.toLowerCase())
  throw new Fault(
    'not_found',
    'transfer.column_missing',
    `${tableText(source.table)} at ${placeOf(source.login)} has no column "${field}"` +
      (near === undefined ? '.' : `; it has "${near.name}".`),
    { details: { column: field } },
  )
}

const COMPARE = {
  equal: '=',
  not_equal: '<>',
  greater_than: '>',
  greater_or_equal: '>=',
  less_than: '<',
  less_or_equal: '<=',
} as const

const MATCH = {
  like: 'like',
  ilike: 'ilike',
  not_like: 'not like',
  not_ilike: 'not ilike',
  regexp: '~',
} as const

function rowCondition(filter: RowFilter, column: ColumnInfo): string {
  const field = quoteName(column.name)
  switch (filter.type) {
    case 'is_null':
      return `${field} is null`
    case 'is_not_null':
      return `${field} is not null`
    case 'like':
    case 'ilike':
    case 'not_like':
    case 'not_ilike':
    case 'regexp':
      return `${field}::text ${MATCH[filter.type]} ${quoteValue(filter.value)}`
    default:
      return `${field} ${COMPARE[filter.type]} ${quoteValue(filter.value)}`
  }
}

/** Names that people bring along from Spark, which has the same words for other sizes of machine. */
const TYPE_ALIASES: Record<string, string> = {
  string: 'text',
  long: 'bigint',
  short: 'smallint',
  byte: 'smallint',
  tinyint: 'smallint',
  double: 'double precision',
  binary: 'bytea',
  datetime: 'timestamp',
}

const TYPE_WORD = String.raw`(?:[a-z_][a-z0-9_]*|"(?:[^"]|"")+")`
/** A type's text cannot be quoted, so only what cannot be anything but a type gets through. */
const TYPE_TEXT = new RegExp(
  String.raw`^${TYPE_WORD}(?:\.${TYPE_WORD}| (?:varying|precision))?(?: ?\( ?\d{1,5}(?: ?, ?-?\d{1,5})? ?\))?(?: with(?:out)? time zone)?(?: ?\[\]){0,3}$`,
  'i',
)

function castType(filter: Extract<ColumnFilter, { type: 'cast' }>): string {
  const asked = filter.as_type.trim().replaceAll(/\s+/g, ' ')
  const type = TYPE_ALIASES[asked.toLowerCase()] ?? asked
  if (TYPE_TEXT.test(type)) return type
  throw new Fault(
    'bad_request',
    'transfer.type_unknown',
    `"${filter.as_type}" is not a type that "${filter.field}" can be cast to; write it as PostgreSQL does, numeric(12,2) for instance.`,
    { details: { column: filter.field } },
  )
}
