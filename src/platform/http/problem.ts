/** A schema as the reader of requests sees it, and what it says of a value that does not fit. */

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
  /** The body is a form: its fields are told of one by one, as a query's parameters are. */
  'x-form'?: boolean
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

export type Read = (schema: Schema, value: unknown, at: (string | number)[], problems: Problem[]) => unknown

export const problem = (
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

export const SECRET_MASK = '**********'

export const quote = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value))

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

export const words = (all: string[]): string =>
  all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`
