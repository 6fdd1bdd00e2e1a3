/**
 * Reads a request's part by its TypeBox schema the way Pydantic 2 does in lax mode, since SyncMaster's clients
 * rely on it: `"12"` is an integer, defaults are filled in, unknown fields are dropped, and what does not fit is
 * told as `{location, message, code, context, input}` (syncmaster-contract, "422 details").
 *
 * Ajv's coercion is another one (it turns `null` into 0 and 12 into "12"), hence a walk of our own.
 */

import { timeOf } from './time.ts'

export interface Problem {
  location: (string | number)[]
  message: string
  code: string
  context: Record<string, unknown>
  input: unknown
}

/** The part of JSON Schema that our TypeBox schemas use. */
export interface Schema {
  type?: string | undefined
  const?: unknown
  enum?: unknown[]
  default?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  patternProperties?: Record<string, Schema>
  items?: Schema
  minItems?: number
  maxItems?: number
  anyOf?: Schema[]
  oneOf?: Schema[]
  discriminator?: { propertyName: string }
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  writeOnly?: boolean
  /** A rule that JSON Schema cannot say: answers the sentence of a `value_error`, or null. */
  check?: (value: never) => string | Misfit | null
  /** Another way to write the value, read before the rest of the schema is asked: `1GiB` for a number. */
  convert?: (value: unknown) => { value: unknown } | { code: string; message: string; context: object }
}

/** A rule between fields may say which of them is to be mended. */
export interface Misfit {
  field: string
  sentence: string
}

type Result = { value: unknown } | { problems: Problem[] }

const SECRET_MASK = '**********'
const MAX_PROBLEMS = 100

/** @param location Where the value stands: `['body']`, `['query']`, `['path']`. */
export function parseBySchema(schema: Schema, value: unknown, location: (string | number)[]): Result {
  const problems: Problem[] = []
  // A body that is not there, `null` included, is a missing field and not a wrong one.
  if ((value === undefined || value === null) && location[0] === 'body' && isModel(schema)) {
    return { problems: [{ location, message: 'Field required', code: 'missing', context: {}, input: null }] }
  }
  const parsed = read(schema, value, location, problems)
  return problems.length > 0 ? { problems: problems.slice(0, MAX_PROBLEMS) } : { value: parsed }
}

type Read = (schema: Schema, value: unknown, at: (string | number)[], problems: Problem[]) => unknown

const problem = (
  problems: Problem[],
  location: (string | number)[],
  code: string,
  message: string,
  input: unknown,
  context: Record<string, unknown> = {},
): undefined => {
  problems.push({ location, message, code, context, input })
  return undefined
}

const read: Read = (schema, value, at, problems) => {
  const before = problems.length
  const parsed = readPlain(schema, value, at, problems)
  if (schema.check === undefined || problems.length > before) return parsed
  const found = schema.check(parsed as never) // the schema's author writes the check for the schema's own type
  if (found === null) return parsed
  if (typeof found === 'string') {
    return problem(problems, at, 'value_error', `Value error, ${found}`, masked(schema, value))
  }
  const { field, sentence } = found
  const input = new Map(Object.entries(Object(masked(schema, value)))).get(field)
  return problem(problems, [...at, field], 'value_error', `Value error, ${sentence}`, input)
}

const isModel = ({ properties, discriminator }: Schema): boolean =>
  properties !== undefined || discriminator !== undefined

const readPlain: Read = (schema, given, at, problems) => {
  let value = given
  // Of a parameter that a query names twice, the last one counts.
  if (at[0] === 'query' && at.length === 2 && Array.isArray(value) && !takesList(schema)) value = value.at(-1)
  if (schema.convert !== undefined) {
    const converted = schema.convert(value)
    if (!('value' in converted)) {
      return problem(problems, at, converted.code, converted.message, value, { ...converted.context })
    }
    value = converted.value
  }
  if (schema.discriminator !== undefined) return readTagged(schema, value, at, problems)
  if (schema.anyOf !== undefined) return readUnion(schema.anyOf, value, at, problems)
  if (schema.const !== undefined) {
    const expected = quote(schema.const)
    return value === schema.const
      ? value
      : problem(problems, at, 'literal_error', `Input should be ${expected}`, value, { expected })
  }
  if (schema.enum !== undefined) return readEnum(schema.enum, value, at, problems)
  switch (schema.type) {
    case 'object':
      return readObject(schema, value, at, problems)
    case 'array':
      return readArray(schema, value, at, problems)
    case 'string':
      return readString(schema, value, at, problems)
    case 'integer':
    case 'number':
      return readNumber(schema, value, at, problems)
    case 'boolean':
      return readBoolean(value, at, problems)
    case 'null':
      return value === null ? null : problem(problems, at, 'none_required', 'Input should be None', value)
    default:
      return readFree(value, at, problems, 0)
  }
}

const takesList = (schema: Schema): boolean =>
  schema.type === 'array' || schema.anyOf?.some(takesList) === true

const MAX_DEPTH = 64

/** Whatever JSON can say, but for text that no database keeps, and for what is nested beyond sense. */
function readFree(value: unknown, at: (string | number)[], problems: Problem[], depth: number): unknown {
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
function readText(value: string, shown: string, at: (string | number)[], problems: Problem[]): unknown {
  if (!value.includes('\0') && value.isWellFormed()) return value
  const message = 'Input should be a valid string, unable to parse raw data as a unicode string'
  return problem(problems, at, 'string_unicode', message, shown.replaceAll('\0', '\uFFFD').toWellFormed())
}

const readObject: Read = (schema, value, at, problems) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return schema.properties === undefined
      ? problem(problems, at, 'dict_type', 'Input should be a valid dictionary', value)
      : problem(
          problems,
          at,
          'model_attributes_type',
          'Input should be a valid dictionary or object to extract fields from',
          value,
        )
  }
  const given = new Map(Object.entries(value))
  const parsed: Record<string, unknown> = {}
  const properties = schema.properties ?? {}
  for (const [name, property] of Object.entries(properties)) {
    if (given.has(name)) {
      parsed[name] = read(property, given.get(name), [...at, name], problems)
    } else if (property.default !== undefined) {
      parsed[name] = structuredClone(property.default)
    } else if (schema.required?.includes(name) === true) {
      problem(problems, [...at, name], 'missing', 'Field required', masked(schema, value))
    }
  }
  const rest = schema.patternProperties
    ? Object.values(schema.patternProperties)[0]
    : schema.additionalProperties
  if (rest !== undefined && rest !== false) {
    for (const [name, item] of given) {
      if (name === '__proto__' || Object.hasOwn(properties, name)) continue
      readText(name, name, [...at, name], problems)
      parsed[name] = read(rest === true ? {} : rest, item, [...at, name], problems)
    }
  }
  return parsed
}

const readArray: Read = (schema, value, at, problems) => {
  // A query names a repeated parameter once when there is only one of it.
  const items = Array.isArray(value) ? value : at[0] === 'query' ? [value] : null
  if (items === null) return problem(problems, at, 'list_type', 'Input should be a valid list', value)
  if (schema.minItems !== undefined && items.length < schema.minItems) {
    const context = { field_type: 'List', min_length: schema.minItems, actual_length: items.length }
    const message = `List should have at least ${schema.minItems} item${schema.minItems === 1 ? '' : 's'} after validation, not ${items.length}`
    return problem(problems, at, 'too_short', message, value, context)
  }
  if (schema.maxItems !== undefined && items.length > schema.maxItems) {
    const context = { field_type: 'List', max_length: schema.maxItems, actual_length: items.length }
    const message = `List should have at most ${schema.maxItems} items after validation, not ${items.length}`
    return problem(problems, at, 'too_long', message, value, context)
  }
  const { items: item } = schema
  return item === undefined ? items : items.map((entry, index) => read(item, entry, [...at, index], problems))
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

const readString: Read = (schema, value, at, problems) => {
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

const readNumber: Read = (schema, value, at, problems) => {
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

function readBoolean(value: unknown, at: (string | number)[], problems: Problem[]): unknown {
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

function readEnum(options: unknown[], value: unknown, at: (string | number)[], problems: Problem[]): unknown {
  if (options.includes(value)) return value
  const expected = words(options.map(quote))
  return problem(problems, at, 'enum', `Input should be ${expected}`, value, { expected })
}

/** A union told apart by a field: the location then names the tag, as Pydantic's does. */
const readTagged: Read = (schema, value, at, problems) => {
  const field = schema.discriminator?.propertyName ?? 'type'
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'Input should be a valid dictionary or object to extract fields from'
    return problem(problems, at, 'model_attributes_type', message, value)
  }
  const tag = new Map(Object.entries(value)).get(field)
  const members = schema.oneOf ?? schema.anyOf ?? []
  if (tag === undefined) {
    const message = `Unable to extract tag using discriminator '${field}'`
    return problem(problems, at, 'union_tag_not_found', message, maskedAny(members, value), {
      discriminator: `'${field}'`,
    })
  }
  const member = members.find((candidate) => candidate.properties?.[field]?.const === tag)
  if (member === undefined) {
    const expected = members.map((candidate) => quote(candidate.properties?.[field]?.const)).join(', ')
    const message = `Input tag '${String(tag)}' found using '${field}' does not match any of the expected tags: ${expected}`
    return problem(problems, at, 'union_tag_invalid', message, maskedAny(members, value), {
      discriminator: `'${field}'`,
      tag: String(tag),
      expected_tags: expected,
    })
  }
  return read(member, value, [...at, String(tag)], problems)
}

/** A plain union: the first member that takes the value; of an optional one, the problems of its own member. */
function readUnion(members: Schema[], value: unknown, at: (string | number)[], problems: Problem[]): unknown {
  if (value === null && members.some((member) => member.type === 'null')) return null
  const candidates = members.filter((member) => member.type !== 'null')
  const literals = candidates.map((member) => member.const)
  if (candidates.length > 1 && literals.every((literal) => literal !== undefined)) {
    return readEnum(literals, value, at, problems)
  }
  let found: Problem[] = []
  // A text is judged as text and a number as number: the other member's complaint would only confuse.
  const sameKind = candidates.filter(({ type }) => (type === 'integer' ? 'number' : type) === typeof value)
  for (const member of sameKind.length > 0 ? sameKind : candidates) {
    const tried: Problem[] = []
    const parsed = read(member, value, at, tried)
    if (tried.length === 0) return parsed
    found = [...found, ...tried]
  }
  problems.push(...found)
  return undefined
}

const quote = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value))
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
const words = (all: string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`

/** The input as it is shown back: without what the schema marks write-only. */
function masked(schema: Schema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return schema.writeOnly === true ? SECRET_MASK : value
  }
  const properties = schema.properties ?? {}
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const property = properties[name]
      return [
        name,
        property === undefined ? item : maskedAny(property.oneOf ?? property.anyOf ?? [property], item),
      ]
    }),
  )
}

function maskedAny(members: Schema[], value: unknown): unknown {
  return members.reduce((shown, member) => masked(member, shown), value)
}
