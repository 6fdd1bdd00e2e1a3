/** The JSON Schema that a template may set for its arguments: a part of it that is quick to check whatever is sent. */
import { Type } from 'typebox'
import { Errors } from 'typebox/value'
import { type Arguments } from './content.ts'

export interface ArgumentProblem {
  /** `order.items.0.price`; empty for the arguments as a whole. */
  path: string
  message: string
}

const MOST_PROBLEMS = 20
const DEEPEST = 6
const MOST_KEYWORDS = 1_000
/** Neither `pattern`, whose expressions can take years, nor `$ref`, which leads elsewhere or round in a circle. */
const KEYWORDS = new Set(
  (
    'type title description default examples enum const properties required additionalProperties items ' +
    'minItems maxItems minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum multipleOf format'
  ).split(' '),
)
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'null', 'array', 'object'])
const FORMATS = new Set(['date', 'time', 'date-time', 'email', 'uri', 'uuid'])

/** What is wrong with a template's schema; checked once, when the template is saved. */
export function checkArgumentSchema(schema: unknown): ArgumentProblem[] {
  const problems: ArgumentProblem[] = []
  if (!isObject(schema) || schema['type'] !== 'object') {
    return [{ path: '', message: 'The schema of arguments is an object with "type": "object".' }]
  }
  let left = MOST_KEYWORDS
  const visit = (part: unknown, path: string, depth: number): void => {
    const say = (message: string) => problems.length < MOST_PROBLEMS && problems.push({ path, message })
    if (!isObject(part)) return void say('is a schema only as an object')
    if (depth > DEEPEST) return void say(`lies deeper than ${DEEPEST} levels`)
    for (const [keyword, value] of Object.entries(part)) {
      if (left-- === 0) return void say(`has more than ${MOST_KEYWORDS} keywords`)
      const wrong = KEYWORDS.has(keyword) ? wrongValue(keyword, value) : `knows no keyword "${keyword}"`
      if (wrong !== null) say(wrong)
    }
    if (isObject(part['properties'])) {
      for (const [name, inner] of Object.entries(part['properties']))
        visit(inner, join(path, name), depth + 1)
    }
    if (part['items'] !== undefined) visit(part['items'], join(path, 'items'), depth + 1)
  }
  visit(schema, '', 0)
  return problems
}

/** What is wrong with the arguments of a message, by a schema that `checkArgumentSchema` let pass. */
export function checkArguments(
  schema: Readonly<Record<string, unknown>>,
  args: Arguments,
): ArgumentProblem[] {
  return Errors(Type.Unsafe(schema), args)
    .slice(0, MOST_PROBLEMS)
    .map(({ instancePath, message }) => ({ path: instancePath.slice(1).replaceAll('/', '.'), message }))
}

function wrongValue(keyword: string, value: unknown): string | null {
  switch (keyword) {
    case 'type':
      return TYPES.has(String(value)) ? null : `knows no type "${String(value)}"`
    case 'format':
      return FORMATS.has(String(value)) ? null : `knows no format "${String(value)}"`
    case 'properties':
      return isObject(value) ? null : 'has properties only as an object'
    case 'required':
      return isStrings(value) ? null : 'says what is required as a list of names'
    case 'enum':
      return Array.isArray(value) && value.length > 0 ? null : 'lists its values in "enum"'
    case 'additionalProperties':
      return typeof value === 'boolean' ? null : 'says true or false for "additionalProperties"'
    default:
      return /^(min|max|multiple|exclusive)/.test(keyword) && typeof value !== 'number'
        ? `has a number for "${keyword}"`
        : null
  }
}

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`)

const isStrings = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
