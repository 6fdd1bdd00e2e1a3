import type { JsonSchema } from '../../api/json-schema.ts'

export type SchemaValues = Record<string, unknown>

/** What a form of this schema begins with: the schema's defaults, and `given` over them. */
export function initialValues(schema: JsonSchema, given: SchemaValues = {}): SchemaValues {
  const values: SchemaValues = {}
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    values[name] = given[name] ?? property.const ?? property.default ?? blank(property)
  }
  return values
}

function blank(property: JsonSchema): unknown {
  switch (kindOf(property)) {
    case 'boolean':
      return false
    case 'pairs':
      return {}
    case 'list':
      return []
    default:
      return ''
  }
}

export type FieldKind =
  | 'text'
  | 'secret'
  | 'long'
  | 'number'
  | 'boolean'
  | 'choice'
  | 'pairs'
  | 'list'
  | 'fixed'

/** Which field draws a property. */
export function kindOf(property: JsonSchema): FieldKind {
  if (property.const !== undefined) return 'fixed'
  if (choicesOf(property).length > 0) return 'choice'
  const type = Array.isArray(property.type) ? property.type.find((one) => one !== 'null') : property.type
  if (isSecret(property)) return 'secret'
  if (type === 'boolean') return 'boolean'
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'array') return 'list'
  if (type === 'object') return 'pairs'
  return property.format === 'multiline' ? 'long' : 'text'
}

function isSecret(property: JsonSchema): boolean {
  return property['x-secret'] === true || property.writeOnly === true
}

/** The words one can choose among: an `enum`, or a union of constants, as TypeBox writes it. */
export function choicesOf(property: JsonSchema): string[] {
  const constants = property.anyOf ?? property.oneOf ?? []
  const fromUnion = constants.every(({ const: one }) => one !== undefined)
    ? constants.map((one) => String(one.const))
    : []
  return property.enum?.map(String) ?? fromUnion
}

/** What is sent: empty fields that are not required are left out, so that the hub's defaults hold. */
export function sentValues(schema: JsonSchema, values: SchemaValues): SchemaValues {
  const sent: SchemaValues = {}
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const value = values[name]
    const required = schema.required?.includes(name) === true
    if (kindOf(property) === 'fixed') sent[name] = property.const
    else if (isEmpty(value) && (!required || isSecret(property))) continue
    else sent[name] = value
  }
  return sent
}

/** The required fields that are empty; a secret that the hub keeps already may stay so. */
export function missingFields(schema: JsonSchema, values: SchemaValues, secretsKept: boolean): string[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name, property]) => {
      if (schema.required?.includes(name) !== true || kindOf(property) === 'fixed') return false
      if (secretsKept && isSecret(property)) return false
      // A directory may well be named by an empty text: only the hub knows.
      return isEmpty(values[name]) && property.minLength !== 0
    })
    .map(([name]) => name)
}

/** A value as a field of text shows it; what is no plain value shows as nothing. */
export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : ''
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}
