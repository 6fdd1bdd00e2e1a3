/** Reads what holds no other value by a schema of its own: texts, numbers, booleans, choices, and whatever JSON can say. */
import {
  plural,
  problem,
  type Problem,
  quote,
  type Read,
  type Schema,
  SECRET_MASK,
  words,
} from './problem.ts'
import { timeOf } from './time.ts'

const MAX_DEPTH = 64

/** Whatever JSON can say, but for text that no database keeps, and for what is nested beyond sense. */
export function readFree(
  value: unknown,
  at: (string | number)[],
  problems: Problem[],
  depth: number,
): unknown {
  if (typeof value === 'string') return readText(value, value, at, problems)
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) {
    const message = `Value error, Values are nested more than ${MAX_DEPTH} levels deep`
    return problem(problems, at, 'value_error', message, null)
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => readFree(item, [...at, index], problems, depth + 1))
  }
  const entries = Object.entries(value).filter(([name]) => name !== '__proto__')
  for (const [name] of entries) readText(name, name, [...at, name], problems)
  return Object.fromEntries(
    entries.map(([name, item]) => [name, readFree(item, [...at, name], problems, depth + 1)]),
  )
}

/** PostgreSQL keeps neither U+0000 nor half of a pair in a text. */
export function readText(
  value: string,
  shown: string,
  at: (string | number)[],
  problems: Problem[],
): unknown {
  if (!value.includes('\0') && value.isWellFormed()) return value
  const message = 'Input should be a valid string, unable to parse raw data as a unicode string'
  return problem(problems, at, 'string_unicode', message, shown.replaceAll('\0', '\uFFFD').toWellFormed())
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

export const readString: Read = (schema, value, at, problems) => {
  if (typeof value !== 'string') {
    return problem(problems, at, 'string_type', 'Input should be a valid string', value)
  }
  const shown = schema.writeOnly === true ? SECRET_MASK : value
  if (readText(value, shown, at, problems) === undefined) return undefined
  const { length } = Array.from(value)
  if (schema.minLength !== undefined && length < schema.minLength) {
    const message = `String should have at least ${plural(schema.minLength, 'character')}`
    return problem(problems, at, 'string_too_short', message, shown, { min_length: schema.minLength })
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    const message = `String should have at most ${plural(schema.maxLength, 'character')}`
    return problem(problems, at, 'string_too_long', message, shown, { max_length: schema.maxLength })
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    const message = `String should match pattern '${schema.pattern}'`
    return problem(problems, at, 'string_pattern_mismatch', message, shown, { pattern: schema.pattern })
  }
  if (schema.format === 'date-time') return readTime(value, at, problems)
  if (schema.format === 'uuid' && !UUID.test(value)) {
    const error = 'it is not 32 hexadecimal digits in five parts'
    return problem(problems, at, 'uuid_parsing', `Input should be a valid UUID, ${error}`, shown, { error })
  }
  if (schema.format === 'uri' && !URL.canParse(value)) {
    const error = 'relative URL without a base'
    return problem(problems, at, 'url_parsing', `Input should be a valid URL, ${error}`, shown, { error })
  }
  return value
}

function readTime(value: string, at: (string | number)[], problems: Problem[]): unknown {
  const time = timeOf(value.trim())
  if (time !== null) return time.toISOString()
  const error = value.length < 10 ? 'input is too short' : 'invalid character in year'
  const message = `Input should be a valid datetime or date, ${error}`
  return problem(problems, at, 'datetime_from_date_parsing', message, value, { error })
}

export const readNumber: Read = (schema, value, at, problems) => {
  const word = schema.type === 'integer' ? 'int' : 'float'
  const noun = word === 'int' ? 'integer' : 'number'
  let number: number
  if (typeof value === 'number') number = value
  else if (typeof value === 'boolean') number = value ? 1 : 0
  else if (typeof value === 'string') {
    number = /^\s*[+-]?\d+(_\d+)*(\.\d*)?([eE][+-]?\d+)?\s*$/.test(value)
      ? Number(value.replaceAll('_', ''))
      : Number.NaN
    if (Number.isNaN(number) || (word === 'int' && !/^[^.eE]*(\.0*)?\s*$/.test(value))) {
      const message = `Input should be a valid ${noun}, unable to parse string as ${word === 'int' ? 'an integer' : 'a number'}`
      return problem(problems, at, `${word}_parsing`, message, value)
    }
  } else return problem(problems, at, `${word}_type`, `Input should be a valid ${noun}`, value)
  if (word === 'int' && Math.abs(number) === Infinity) {
    const message = 'Unable to parse input string as an integer, exceeded maximum size'
    return problem(problems, at, 'int_parsing_size', message, value)
  }
  if (word === 'int' && !Number.isInteger(number)) {
    const message = 'Input should be a valid integer, got a number with a fractional part'
    return problem(problems, at, 'int_from_float', message, value)
  }
  return within(schema, number, value, at, problems)
}

function within(
  schema: Schema,
  number: number,
  input: unknown,
  at: (string | number)[],
  problems: Problem[],
): unknown {
  const bounds = [
    ['minimum', 'greater_than_equal', 'greater than or equal to', 'ge', (bound: number) => number >= bound],
    ['exclusiveMinimum', 'greater_than', 'greater than', 'gt', (bound: number) => number > bound],
    ['maximum', 'less_than_equal', 'less than or equal to', 'le', (bound: number) => number <= bound],
    ['exclusiveMaximum', 'less_than', 'less than', 'lt', (bound: number) => number < bound],
  ] as const
  for (const [keyword, code, words, key, holds] of bounds) {
    const bound = schema[keyword]
    if (bound !== undefined && !holds(bound)) {
      return problem(problems, at, code, `Input should be ${words} ${bound}`, input, { [key]: bound })
    }
  }
  return number
}

const TRUE = new Set<unknown>([true, 1, '1', 'true', 't', 'yes', 'y', 'on'])

const FALSE = new Set<unknown>([false, 0, '0', 'false', 'f', 'no', 'n', 'off'])

export function readBoolean(value: unknown, at: (string | number)[], problems: Problem[]): unknown {
  const key = typeof value === 'string' ? value.toLowerCase() : value
  if (TRUE.has(key)) return true
  if (FALSE.has(key)) return false
  return typeof value === 'string' || typeof value === 'number'
    ? problem(
        problems,
        at,
        'bool_parsing',
        'Input should be a valid boolean, unable to interpret input',
        value,
      )
    : problem(problems, at, 'bool_type', 'Input should be a valid boolean', value)
}

export function readEnum(
  options: unknown[],
  value: unknown,
  at: (string | number)[],
  problems: Problem[],
): unknown {
  if (options.includes(value)) return value
  const expected = words(options.map(quote))
  return problem(problems, at, 'enum', `Input should be ${expected}`, value, { expected })
}
