import type { JsonSchema } from '../../api/json-schema.ts'

export type SchemaValues = Record<string, unknown>

/** What a form of this schema begins with: the schema's defaults, and `given` over them. */
export function initialValues(schema: JsonSchema, given: SchemaValues = {}): SchemaValues {
  const values: SchemaValues = {}
  for (const [name, property] of propertiesOf(schema, given)) {
    values[name] = given[name] ?? property.const ?? property.default ?? blank(property)
  }
  return values
}

/** The kinds of thing that a union of shapes offers, each by the constant of its `type`; none for one shape. */
export function variantsOf(schema: JsonSchema): { type: string; title: string }[] {
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap(({ properties, title }) => {
    const type = properties?.['type']?.const
    return typeof type === 'string' ? [{ type, title: title ?? type }] : []
  })
}

/** The shape that the values have: of a union, the one that their `type` names, else the first. */
export function shapeOf(schema: JsonSchema, values: SchemaValues): JsonSchema {
  if (schema.properties !== undefined) return schema
  const shapes = schema.anyOf ?? schema.oneOf ?? []
  return (
    shapes.find(({ properties }) => properties?.['type']?.const === values['type']) ?? shapes[0] ?? schema
  )
}

export function propertiesOf(
  schema: JsonSchema,
  values: SchemaValues,
): [name: string, property: JsonSchema][] {
  return Object.entries(shapeOf(schema, values).properties ?? {})
}

/** May be nothing at all: `anyOf: [string, null]`. */
export function isNullable(property: JsonSchema): boolean {
  const types = [property, ...(property.anyOf ?? []), ...(property.oneOf ?? [])].map(({ type }) => type)
  return types.some((type) => type === 'null' || (Array.isArray(type) && type.includes('null')))
}

/** A property without its way to be nothing, which an empty field says. */
function plainOf(property: JsonSchema): JsonSchema {
  const [only, ...others] = (property.anyOf ?? property.oneOf ?? []).filter(({ type }) => type !== 'null')
  return only !== undefined && others.length === 0 ? { ...property, ...only } : property
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
export function kindOf(given: JsonSchema): FieldKind {
  const property = plainOf(given)
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
export function choicesOf(given: JsonSchema): string[] {
  const property = plainOf(given)
  const constants = property.anyOf ?? property.oneOf ?? []
  const fromUnion = constants.every(({ const: one }) => one !== undefined)
    ? constants.map((one) => String(one.const))
    : []
  return property.enum?.map(String) ?? fromUnion
}

/** What is sent: empty fields that are not required are left out, so that the hub's defaults hold. */
export function sentValues(schema: JsonSchema, values: SchemaValues): SchemaValues {
  const sent: SchemaValues = {}
  const { required: needed } = shapeOf(schema, values)
  for (const [name, property] of propertiesOf(schema, values)) {
    const value = values[name]
    const required = needed?.includes(name) === true && !isNullable(property)
    if (kindOf(property) === 'fixed') sent[name] = property.const
    else if (isEmpty(value) && (!required || isSecret(property))) continue
    else sent[name] = value
  }
  return sent
}

/** The required fields that are empty; a secret that the hub keeps already may stay so. */
export function missingFields(schema: JsonSchema, values: SchemaValues, secretsKept: boolean): string[] {
  const { required } = shapeOf(schema, values)
  return propertiesOf(schema, values)
    .filter(([name, property]) => {
      if (required?.includes(name) !== true || kindOf(property) === 'fixed' || isNullable(property))
        return false
      // What has a default may be left empty.
      if (property.default !== undefined) return false
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
