/**
 * Reads a request's part by its TypeBox schema the way Pydantic 2 does in lax mode, since SyncMaster's clients
 * rely on it: `"12"` is an integer, defaults are filled in, unknown fields are dropped, and what does not fit is
 * told as `{location, message, code, context, input}` (syncmaster-contract, "422 details").
 *
 * Ajv's coercion is another one (it turns `null` into 0 and 12 into "12"), hence a walk of our own.
 */

import { readBoolean, readEnum, readFree, readNumber, readString, readText } from './parse-plain.ts'
import { problem, type Problem, quote, type Read, type Schema, SECRET_MASK } from './problem.ts'

type Result = { value: unknown } | { problems: Problem[] }

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
      // What is no model of its own, a parameter or a form's field, has no whole that it is missing from.
      const isLoose = at.length === 1 && (at[0] === 'query' || schema['x-form'] === true)
      const input = isLoose ? null : masked(schema, value)
      problem(problems, [...at, name], 'missing', 'Field required', input)
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
