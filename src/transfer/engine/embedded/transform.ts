import { Fault } from '#fault'

import { postgresTypeOf } from '../../format/postgres-type.ts'
import { checkTypeName, quoteIdentifier, quoteLiteral } from '../../format/sql.ts'
import type { ColumnFilter, Job, RowFilter, Transformation } from '../job.ts'
import type { Duck } from './duck.ts'
import type { Column, Relation } from './relation.ts'

/**
 * The relation with the job's row and column filters on it: all row filters first, whatever their place in
 * the list, for they name columns as the source has them.
 */
export async function filterRelation(
  relation: Relation,
  transformations: readonly Transformation[],
  duck: Duck,
): Promise<Relation> {
  const rows = transformations.flatMap((one) => (one.type === 'dataframe_rows_filter' ? one.filters : []))
  const columns = transformations.flatMap((one) =>
    one.type === 'dataframe_columns_filter' ? one.filters : [],
  )
  return filterColumns(filterRows(relation, rows), columns, duck)
}

function filterRows(relation: Relation, filters: readonly RowFilter[]): Relation {
  if (filters.length === 0) return relation
  const conditions = filters.map((filter) => condition(filter, findColumn(relation, filter.field)))
  return {
    ...relation,
    query: `select * from (${relation.query}) where ${conditions.map((one) => `(${one})`).join(' and ')}`,
    totalRows: null,
  }
}

const COMPARISONS = {
  equal: '=',
  not_equal: '<>',
  greater_than: '>',
  greater_or_equal: '>=',
  less_than: '<',
  less_or_equal: '<=',
} as const

const PATTERNS = { like: 'LIKE', ilike: 'ILIKE', not_like: 'NOT LIKE', not_ilike: 'NOT ILIKE' } as const

function condition(filter: RowFilter, column: Column): string {
  const typed = typedValue(column)
  switch (filter.type) {
    case 'is_null':
      return `${typed} IS NULL`
    case 'is_not_null':
      return `${typed} IS NOT NULL`
    case 'equal':
    case 'not_equal':
    case 'greater_than':
    case 'greater_or_equal':
    case 'less_than':
    case 'less_or_equal':
      return `${typed} ${COMPARISONS[filter.type]} CAST(${quoteLiteral(filter.value)} AS ${column.meaning ?? column.type})`
    case 'like':
    case 'ilike':
    case 'not_like':
    case 'not_ilike':
      return `CAST(${quoteIdentifier(column.name)} AS VARCHAR) ${PATTERNS[filter.type]} ${quoteLiteral(filter.value)}`
    case 'regexp':
      return `regexp_matches(CAST(${quoteIdentifier(column.name)} AS VARCHAR), ${quoteLiteral(filter.value)})`
  }
}

/** A column's value in the type that it means. */
export function typedValue(column: Column): string {
  const plain = quoteIdentifier(column.name)
  return column.meaning === undefined ? plain : `CAST(${plain} AS ${column.meaning})`
}

async function filterColumns(
  relation: Relation,
  filters: readonly ColumnFilter[],
  duck: Duck,
): Promise<Relation> {
  if (filters.length === 0) return relation
  const kept: { expression: string; column: Column }[] = []
  for (const filter of filters) {
    const column = findColumn(relation, filter.field)
    kept.push(await keep(filter, column, duck))
  }
  const twice = kept.find(
    ({ column }, index) => kept.findIndex((other) => other.column.name === column.name) !== index,
  )
  if (twice !== undefined) {
    throw new Fault(
      'invalid',
      'transfer.column_twice',
      `Two column filters give a column "${twice.column.name}"; rename one of them.`,
    )
  }
  const list = kept.map(({ expression, column }) => `${expression} AS ${quoteIdentifier(column.name)}`)
  return {
    ...relation,
    query: `select ${list.join(', ')} from (${relation.query})`,
    columns: kept.map(({ column }) => column),
  }
}

async function keep(
  filter: ColumnFilter,
  column: Column,
  duck: Duck,
): Promise<{ expression: string; column: Column }> {
  const plain = quoteIdentifier(column.name)
  switch (filter.type) {
    case 'include':
      return { expression: plain, column }
    case 'rename':
      return { expression: plain, column: { ...column, name: filter.to } }
    case 'cast': {
      const asked = checkTypeName(filter.as_type)
      const [found] = await duck.describe(`select CAST(NULL AS ${asked}) as x`)
      const type = found?.type ?? asked
      const { meaning: _, note: __, refusal, ...rest } = column
      return {
        expression: `CAST(${typedValue(column)} AS ${type})`,
        column: {
          ...rest,
          type,
          postgresType: postgresTypeOf(type),
          // Who casts knows that the type changes; what was never read right stays refused.
          ...(refusal?.castable === false ? { refusal } : {}),
        },
      }
    }
  }
}

function findColumn(relation: Relation, name: string): Column {
  const found = relation.columns.find((column) => column.name === name)
  if (found !== undefined) return found
  const names = relation.columns.map((column) => column.name)
  throw new Fault(
    'invalid',
    'transfer.column_missing',
    `${relation.named} has no column "${name}"; it has ${names.slice(0, 20).join(', ')}${names.length > 20 ? ' …' : ''}.`,
    { details: { column: name } },
  )
}

/** Of an incremental run, the rows that earlier runs have not carried. A server has left them out already. */
export function newerRows(relation: Relation, job: Job): Relation {
  if (job.strategy.type !== 'incremental' || job.source.type === 'postgres') return relation
  const { column: name, after } = job.strategy
  const column = findColumn(relation, name)
  const typed = typedValue(column)
  const newer =
    after === undefined
      ? 'true'
      : `${typed} > CAST(${quoteLiteral(after)} AS ${column.meaning ?? column.type})`
  return {
    ...relation,
    query: `select * from (${relation.query}) where ${newer}`,
    totalRows: after === undefined ? relation.totalRows : null,
  }
}
