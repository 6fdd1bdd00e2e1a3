/** Filters of `postgres_changes`: `status=eq.active,provider=not.in.(mysql,"a,b")`, a comma between meaning "and". */
import { FilterProblem, splitAt, unquote } from './filter-text.ts'
import type { Column } from './open-table.ts'

/** Whether a record, as JSON has it, fits. */
export type Filter = (record: Readonly<Record<string, unknown>>) => boolean

const LIMIT_CHARACTERS = 2_000
const CONDITIONS_LIMIT = 20
const VALUES_LIMIT = 100
/** A pattern may be tried at each character of a text: both have an end. */
const PATTERN_LIMIT_CHARACTERS = 200
const LIKE_LIMIT_CHARACTERS = 10_000
const TEXTS = new Set(['text', 'varchar', 'bpchar', 'name'])
const OPERATORS = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'like', 'ilike', 'is', 'isdistinct'] as const
type Operator = (typeof OPERATORS)[number]
/** Null: the value or what it is compared with is unknown, as in SQL. */
type Test = (value: unknown) => boolean | null

/** @throws FilterProblem */
export function parseFilter(text: string, columns: readonly Column[]): Filter {
  if (text.length > LIMIT_CHARACTERS) {
    throw new FilterProblem(`The filter is longer than ${LIMIT_CHARACTERS} characters.`)
  }
  const conditions = splitAt(text, ',').map((part) => parseCondition(part, columns))
  if (conditions.length > CONDITIONS_LIMIT) {
    throw new FilterProblem(`The filter has more than ${CONDITIONS_LIMIT} conditions.`)
  }
  return (record) => conditions.every((condition) => condition(record))
}

function parseCondition(text: string, columns: readonly Column[]): Filter {
  const found = /^\s*([^=]+?)\s*=\s*(not\.)?([a-z]+)\.([^]*)$/.exec(text)
  if (found === null) {
    throw new FilterProblem(`"${text}" is no condition: column=operator.value is expected, status=eq.active.`)
  }
  const [, name = '', not, operatorName = '', value = ''] = found
  const column = columns.find((known) => known.name === name)
  if (column === undefined) throw new FilterProblem(`There is no column "${name}".`)
  if (operatorName === 'match' || operatorName === 'imatch') {
    throw new FilterProblem(
      `The operator ${operatorName} is not offered: a regular expression of one could hold up all. Use like or ilike.`,
    )
  }
  const operator = OPERATORS.find((known) => known === operatorName)
  if (operator === undefined) {
    throw new FilterProblem(`There is no operator "${operatorName}"; known are ${OPERATORS.join(', ')}.`)
  }
  const test = testOf(operator, column, value)
  // What is unknown stays unknown when it is denied: `not` finds no nulls either.
  return (record) => {
    const result = test(record[name] ?? null)
    return result !== null && result !== (not !== undefined)
  }
}

function testOf(operator: Operator, column: Column, text: string): Test {
  switch (operator) {
    case 'is':
      return isTest(text)
    case 'in': {
      const list = /^\((.*)\)$/s.exec(text.trim())?.[1]
      if (list === undefined) throw new FilterProblem(`in wants a list: ${column.name}=in.(a,b).`)
      const values = splitAt(list, ',').map((one) => valueOf(column, unquote(one)))
      if (values.length > VALUES_LIMIT) throw new FilterProblem(`in takes ${VALUES_LIMIT} values at most.`)
      return (value) =>
        value === null ? null : values.some((one) => compare(comparable(column, value), one) === 0)
    }
    case 'like':
    case 'ilike': {
      if (!TEXTS.has(column.type))
        throw new FilterProblem(`${column.name} is no text; ${operator} is for texts.`)
      if (text.length > PATTERN_LIMIT_CHARACTERS) {
        throw new FilterProblem(`A pattern has ${PATTERN_LIMIT_CHARACTERS} characters at most.`)
      }
      const isLike = likeTest(unquote(text), operator === 'ilike')
      return (value) => (value === null ? null : isLike(plain(value)))
    }
    case 'isdistinct': {
      const isNull = text === 'null'
      const wanted = isNull ? null : valueOf(column, unquote(text))
      return (value) =>
        value === null || wanted === null
          ? (value === null) !== (wanted === null)
          : compare(comparable(column, value), wanted) !== 0
    }
    default: {
      const wanted = valueOf(column, unquote(text))
      return (value) => (value === null ? null : ORDER[operator](compare(comparable(column, value), wanted)))
    }
  }
}

const ORDER = {
  eq: (order: number) => order === 0,
  neq: (order: number) => order !== 0,
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
}

function isTest(text: string): Test {
  switch (text.toLowerCase()) {
    case 'null':
    case 'unknown':
      return (value) => value === null
    case 'not_null':
      return (value) => value !== null
    case 'true':
      return (value) => value === true
    case 'false':
      return (value) => value === false
    default:
      throw new FilterProblem(`is takes null, not_null, true, false or unknown, not "${text}".`)
  }
}

/** What two values of a column are compared by. Texts go by code point, whatever collation the database has. */
type Comparable = number | bigint | string

const NUMBERS = new Set(['int2', 'int4', 'float4', 'float8', 'numeric'])
const UUID = /^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/i

function valueOf(column: Column, text: string): Comparable {
  const value = readValue(column, text)
  if (value === null) throw new FilterProblem(`"${text}" is no ${column.type}, as ${column.name} is.`)
  return value
}

function comparable(column: Column, value: unknown): Comparable {
  return readValue(column, plain(value)) ?? plain(value)
}

function readValue({ type }: Column, text: string): Comparable | null {
  if (NUMBERS.has(type)) return text.trim() === '' || Number.isNaN(Number(text)) ? null : Number(text)
  if (type === 'int8') return /^\s*[-+]?\d{1,19}\s*$/.test(text) ? BigInt(text.trim()) : null
  if (type === 'uuid') return UUID.test(text) ? text.replaceAll('-', '').toLowerCase() : null
  if (type === 'timestamptz') return microseconds(text)
  if (type === 'bool') return BOOLEANS[text.toLowerCase()] ?? null
  return text
}

const BOOLEANS: Readonly<Record<string, string>> = { true: 't', t: 't', false: 'f', f: 'f' }

/** JavaScript's dates end at milliseconds, PostgreSQL's go on to microseconds. */
function microseconds(text: string): bigint | null {
  const found = /^(.*?\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i.exec(text.trim())
  const [, moment = text.trim(), fraction = '', zone = 'Z'] = found ?? []
  const isDay = /^\d{4}-\d\d-\d\d$/.test(moment)
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.toUpperCase()
  const ms = Date.parse(isDay ? `${moment}T00:00:00Z` : `${moment.replace(' ', 'T')}${offset}`)
  return Number.isNaN(ms) ? null : BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0'))
}

function compare(a: Comparable, b: Comparable): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** `%` any text, `_` any character, `\` takes the next one as it is. Linear steps back to the last `%` only. */
function likeTest(pattern: string, ignoreCase: boolean): (text: string) => boolean {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text)
  const tokens: { kind: 'any' | 'one' | 'text'; text: string }[] = []
  const characters = Array.from(fold(pattern))
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? ''
    if (character === '%') tokens.push({ kind: 'any', text: '' })
    else if (character === '_') tokens.push({ kind: 'one', text: '' })
    else tokens.push({ kind: 'text', text: character === '\\' ? (characters[(at += 1)] ?? '\\') : character })
  }
  return (value) => {
    const text = Array.from(fold(value.slice(0, LIKE_LIMIT_CHARACTERS)))
    let [at, token, star, mark] = [0, 0, -1, 0]
    while (at < text.length) {
      const wanted = tokens[token]
      if (wanted?.kind === 'any') [star, mark, token] = [token, at, token + 1]
      else if (wanted !== undefined && (wanted.kind === 'one' || wanted.text === text[at])) {
        at += 1
        token += 1
      } else if (star >= 0) [token, mark, at] = [star + 1, mark + 1, mark + 1]
      else return false
    }
    return tokens.slice(token).every(({ kind }) => kind === 'any')
  }
}
