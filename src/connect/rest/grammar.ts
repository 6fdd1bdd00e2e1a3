/**
 * PostgREST's query strings as SQL. Names are looked up in the catalog's list and quoted, values are parameters: there
 * is no way from a query string into the text of a statement.
 */
import pg from 'pg'
import { splitAt, unquote } from '#realtime'
import { RestProblem } from './rest.fault.ts'

export interface RestTable {
  schema: string
  table: string
  columns: readonly { name: string; type: string }[]
}

/** Gathers parameters; answers the place of each. */
export type Put = (value: unknown) => string

const CONDITIONS_LIMIT = 50
const DEPTH_LIMIT = 8
const SELECT_LIMIT = 100
const VALUES_LIMIT = 1_000
/** Names of the query that are no columns. */
const RESERVED = new Set([
  'select',
  'order',
  'limit',
  'offset',
  'columns',
  'on_conflict',
  'and',
  'or',
  'not.and',
  'not.or',
])
const CASTS = new Set(
  'text varchar int2 int4 int8 integer bigint numeric float8 bool boolean uuid timestamptz date json jsonb'.split(
    ' ',
  ),
)

const invalid = (message: string) => new RestProblem(400, 'PGRST100', message)

/** `where …` of all filters of the query, or nothing. */
export function whereOf(table: RestTable, query: URLSearchParams, put: Put): string {
  const budget = { left: CONDITIONS_LIMIT }
  const conditions = [...query].flatMap(([name, value]) => {
    if (['and', 'or', 'not.and', 'not.or'].includes(name))
      return [treeOf(table, `${name}${value}`, put, budget, 0)]
    return RESERVED.has(name) ? [] : [conditionOf(table, name, value, put, budget)]
  })
  return conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
}

/** `and(a.eq.1,or(b.gt.2,not.and(…)))` */
function treeOf(table: RestTable, text: string, put: Put, budget: { left: number }, depth: number): string {
  if (depth > DEPTH_LIMIT) throw invalid(`Conditions are nested deeper than ${DEPTH_LIMIT}.`)
  const tree = /^(not\.)?(and|or)\((.*)\)$/s.exec(text.trim())
  if (tree !== null) {
    const [, not = '', word = 'and', inner = ''] = tree
    const parts = split(inner).map((part) => treeOf(table, part, put, budget, depth + 1))
    return `${not === '' ? '' : 'not '}(${parts.join(` ${word} `)})`
  }
  const found = /^\s*(\w+(?:->>?\w+)*)\.([^]*)$/.exec(text)
  if (found === null) throw invalid(`"${text}" is no condition: column.operator.value is expected.`)
  return conditionOf(table, found[1] ?? '', found[2] ?? '', put, budget)
}

function conditionOf(
  table: RestTable,
  name: string,
  text: string,
  put: Put,
  budget: { left: number },
): string {
  budget.left -= 1
  if (budget.left < 0) throw invalid(`A query has ${CONDITIONS_LIMIT} conditions at most.`)
  const found = /^(not\.)?([a-z]+)\.([^]*)$/.exec(text)
  if (found === null) throw invalid(`"${name}=${text}" is no filter: operator.value is expected, eq.1.`)
  const [, not = '', operator = '', value = ''] = found
  const condition = `${fieldOf(table, name)} ${comparisonOf(operator, value, put)}`
  return not === '' ? `(${condition})` : `not (${condition})`
}

const COMPARISONS: Readonly<Record<string, string>> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  match: '~',
  imatch: '~*',
  cs: '@>',
  cd: '<@',
  isdistinct: 'is distinct from',
}
const IS: Readonly<Record<string, string>> = {
  null: 'is null',
  not_null: 'is not null',
  true: 'is true',
  false: 'is false',
  unknown: 'is unknown',
}

function comparisonOf(operator: string, value: string, put: Put): string {
  const plain = COMPARISONS[operator]
  if (plain !== undefined) return `${plain} ${put(value)}`
  switch (operator) {
    case 'like':
    case 'ilike':
      // A star stands for a percent sign, which addresses do not carry well.
      return `${operator} ${put(value.replaceAll('*', '%'))}`
    case 'is': {
      const test = IS[value.toLowerCase()]
      if (test === undefined) throw invalid(`is takes ${Object.keys(IS).join(', ')}, not "${value}".`)
      return test
    }
    case 'in': {
      const list = /^\((.*)\)$/s.exec(value)?.[1]
      if (list === undefined) throw invalid('in wants a list: in.(a,b).')
      const values = list === '' ? [] : split(list).map(unquote)
      if (values.length > VALUES_LIMIT) throw invalid(`in takes ${VALUES_LIMIT} values at most.`)
      return `= any (${put(values)})`
    }
    default:
      throw invalid(`There is no operator "${operator}".`)
  }
}

/** `a->b->>c` of a column of the table. */
function fieldOf(table: RestTable, text: string): string {
  const [name = '', ...path] = text.split(/(->>?)/)
  let field = columnOf(table, name)
  for (let at = 0; at < path.length; at += 2) {
    const key = path[at + 1] ?? ''
    field += `${path[at] ?? ''}${/^-?\d{1,9}$/.test(key) ? key : pg.escapeLiteral(key)}`
  }
  return path.length === 0 ? field : `(${field})`
}

/** A column as statements name it: they all call their table `t`. */
function columnOf({ schema, table, columns }: RestTable, name: string): string {
  if (!columns.some((column) => column.name === name)) {
    throw new RestProblem(
      400,
      '42703',
      `column ${schema === 'public' ? '' : `${schema}.`}${table}.${name} does not exist`,
    )
  }
  return `t.${pg.escapeIdentifier(name)}`
}

/** What is answered of each row: `id,name:provider,config->host,created_at::text`. */
export function selectOf(table: RestTable, query: URLSearchParams): string {
  const text = query.get('select') ?? '*'
  if (text.trim() === '' || text.trim() === '*') return 't.*'
  const parts = split(text)
  if (parts.length > SELECT_LIMIT) throw invalid(`A query selects ${SELECT_LIMIT} things at most.`)
  return parts.map((part) => selectedOf(table, part.trim())).join(', ')
}

function selectedOf(table: RestTable, text: string): string {
  if (text === '*') return 't.*'
  if (text.includes('(')) throw invalid(`"${text}": other tables are not embedded here.`)
  const found = /^(?:([\w ]+):(?!:))?(\w+(?:->>?\w+)*)(?:::(\w+))?$/.exec(text)
  if (found === null) throw invalid(`"${text}" is nothing that can be selected.`)
  const [, alias, field = '', cast] = found
  if (cast !== undefined && !CASTS.has(cast)) throw invalid(`There is no cast to "${cast}".`)
  const name = alias ?? field.split(/->>?/).at(-1) ?? field
  return `${fieldOf(table, field)}${cast === undefined ? '' : `::${cast}`} as ${pg.escapeIdentifier(name)}`
}

export function orderOf(table: RestTable, query: URLSearchParams): string {
  const text = query.get('order')
  if (text === null || text === '') return ''
  const terms = split(text).map((part) => {
    const found = /^\s*(\w+(?:->>?\w+)*)(?:\.(asc|desc))?(?:\.(nullsfirst|nullslast))?\s*$/.exec(part)
    if (found === null) throw invalid(`"${part}" is no order: column.desc.nullslast is expected.`)
    const nulls = { nullsfirst: ' nulls first', nullslast: ' nulls last' }[found[3] ?? ''] ?? ''
    return `${fieldOf(table, found[1] ?? '')} ${found[2] ?? 'asc'}${nulls}`
  })
  if (terms.length > SELECT_LIMIT) throw invalid(`A query is ordered by ${SELECT_LIMIT} things at most.`)
  return `order by ${terms.join(', ')}`
}

/** The rows that are wanted, `most` at once. */
export function windowOf(query: URLSearchParams, most: number): { limit: number; offset: number } {
  const read = (name: string): number | null => {
    const text = query.get(name)
    if (text === null) return null
    if (!/^\d{1,15}$/.test(text)) throw invalid(`${name} is a number from 0 on.`)
    return Number(text)
  }
  const wanted = read('limit')
  const limit = most === 0 ? (wanted ?? Number.MAX_SAFE_INTEGER) : Math.min(wanted ?? most, most)
  return { limit, offset: read('offset') ?? 0 }
}

/** Names in a list, `columns=` and `on_conflict=`, each a column of the table. */
export function namesOf(table: RestTable, text: string): string[] {
  return split(text).map((name) => {
    const plain = unquote(name).trim()
    columnOf(table, plain)
    return plain
  })
}

function split(text: string): string[] {
  try {
    return splitAt(text, ',')
  } catch {
    throw invalid('A quote or a parenthesis is not closed.')
  }
}
