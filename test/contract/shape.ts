/** SyncMaster's operations as data (`syncmaster-operations.json`), and what it means that ours fit them. */
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** What is said of a value: a named shape, an object's fields, a union told apart by `type`, or a plain one. */
export type Node = string | Described
export interface Described {
  is?: string
  fields?: Record<string, Described>
  tagged?: Record<string, string>
  any?: Described[]
  items?: Node
  type?: string
  const?: unknown
  enum?: unknown[]
  null?: boolean
  required?: boolean
  default?: unknown
  in?: string
  [bound: string]: unknown
}

export interface Operation {
  parameters?: Record<string, Described>
  body?: Node
  body_type?: string
  status: number
  answer?: Node
  answer_type?: string
}

// Our own file, made from the reference.
const facts = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'syncmaster-operations.json'), 'utf8'),
) as { operations: Record<string, Operation>; shapes: Record<string, Described> }

export const OPERATIONS = facts.operations

/** The node itself, with the shape that it names. */
export function described(node: Node): Described {
  if (typeof node === 'string') return described(shapeOf(node))
  return node.is === undefined ? node : { ...described(node.is), ...node, is: undefined as never } // named no longer
}

function shapeOf(name: string): Described {
  const found = facts.shapes[name]
  if (found === undefined) throw new Error(`syncmaster-operations.json has no shape ${name}`)
  return found
}

/** Our side, as /openapi.json says it. */
export interface Schema {
  type?: string
  const?: unknown
  enum?: unknown[]
  default?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  [keyword: string]: unknown
}

const BOUNDS = [
  'minLength',
  'maxLength',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'pattern',
]

/** How ours differs from SyncMaster's, in words; empty when a client of theirs meets no difference. */
export function differences(expected: Node, ours: Schema | undefined, at: string): string[] {
  const wanted = described(expected)
  if (ours === undefined) return [`${at}: missing`]
  const members = ours.anyOf ?? ours.oneOf ?? [ours]
  const found: string[] = []
  if (wanted.null === true && !members.some(takesNull)) found.push(`${at}: does not take null`)
  if (wanted.default !== undefined && JSON.stringify(wanted.default) !== JSON.stringify(ours.default)) {
    found.push(`${at}: default ${JSON.stringify(ours.default)}, not ${JSON.stringify(wanted.default)}`)
  }
  const plain = members.filter((member) => !takesNull(member))
  return [...found, ...kindDifferences(wanted, plain, at)]
}

/** A literal is written as an enum of one in our document. */
const constant = (schema: Schema | undefined): unknown =>
  schema?.enum?.length === 1 ? schema.enum[0] : schema?.const

const typeOf = (schema: Schema): string | undefined =>
  schema.type ?? (typeof schema.enum?.[0] === 'string' ? 'string' : undefined)

const takesNull = (schema: Schema): boolean => schema.type === 'null'

function kindDifferences(wanted: Described, members: Schema[], at: string): string[] {
  const [only] = members
  if (wanted.tagged !== undefined) {
    return Object.entries(wanted.tagged).flatMap(([tag, shape]) => {
      const member = members.find(({ properties }) => constant(properties?.type) === tag)
      return differences(shape, member, `${at}<${tag}>`)
    })
  }
  if (wanted.any !== undefined) {
    return wanted.any.flatMap((one) => {
      const member = members.find(({ type }) => type === one.type)
      return differences(one, member, `${at}(${one.type})`)
    })
  }
  if (wanted.enum !== undefined) {
    const have = members.flatMap((member) => member.enum ?? [member.const])
    // A plain text whose rule is told as a sentence of its own.
    if (members.some((member) => member.type === 'string' && member.enum === undefined)) return []
    return wanted.enum
      .filter((word) => !have.includes(word))
      .map((word) => `${at}: does not know ${String(word)}`)
  }
  if (
    only === undefined ||
    (members.length > 1 &&
      wanted.type !== undefined &&
      !members.some((member) => typeOf(member) === wanted.type))
  ) {
    return [`${at}: is not ${wanted.type ?? 'the same'}`]
  }
  if (wanted.fields !== undefined) return fieldDifferences(wanted.fields, only, at)
  if (wanted.const !== undefined)
    return [constant(only), ...(only.enum ?? [])].includes(wanted.const)
      ? []
      : [`${at}: is not ${JSON.stringify(wanted.const)}`]
  const same = members.find((member) => typeOf(member) === wanted.type) ?? only
  if (typeOf(same) !== wanted.type) return [`${at}: ${String(same.type)}, not ${String(wanted.type)}`]
  const bounds = BOUNDS.filter((bound) => wanted[bound] !== undefined && wanted[bound] !== same[bound])
  const wrong = bounds.map((bound) => `${at}: ${bound} ${String(same[bound])}, not ${String(wanted[bound])}`)
  return wanted.items === undefined ? wrong : [...wrong, ...differences(wanted.items, same.items, `${at}[]`)]
}

/** Theirs are all there, and asked for where theirs are; ours beside them may be left out. */
function fieldDifferences(fields: Record<string, Described>, ours: Schema, at: string): string[] {
  if (ours.properties === undefined) return [`${at}: is no object with fields`]
  const properties = ours.properties
  const required = new Set(ours.required)
  return [
    ...Object.entries(fields).flatMap(([name, field]) => {
      const there = differences(field, properties[name], `${at}.${name}`)
      const mayBeLeftOut = !required.has(name) || properties[name]?.default !== undefined
      if (properties[name] === undefined || (field.required === true) !== mayBeLeftOut) return there
      return [...there, `${at}.${name}: ${mayBeLeftOut ? 'may be left out' : 'is required'}`]
    }),
    ...[...required]
      .filter((name) => fields[name] === undefined && properties[name]?.default === undefined)
      .map((name) => `${at}.${name}: is required here only`),
  ]
}

/** What of an answer is not as SyncMaster says: fields that it has not, fields that lack, other types. */
export function misfits(expected: Node, value: unknown, at: string): string[] {
  const wanted = described(expected)
  if (value === null) return wanted.null === true ? [] : [`${at}: null`]
  if (wanted.tagged !== undefined) {
    const tag = (value as { type?: string }).type ?? '' // read from JSON
    const shape = wanted.tagged[tag]
    return shape === undefined ? [`${at}: the type ${tag}`] : misfits(shape, value, at)
  }
  if (wanted.any !== undefined) {
    const tries = wanted.any.map((one) => misfits(one, value, at))
    return tries.some((wrong) => wrong.length === 0) ? [] : tries.flat()
  }
  if (wanted.fields !== undefined) {
    const { fields } = wanted
    const given = value as Record<string, unknown> // read from JSON
    return [
      ...Object.keys(given)
        .filter((name) => fields[name] === undefined)
        .map((name) => `${at}.${name}: is ours`),
      ...Object.entries(fields).flatMap(([name, field]) =>
        // What may be left out of a request stands in every answer all the same.
        given[name] === undefined ? [`${at}.${name}: lacks`] : misfits(field, given[name], `${at}.${name}`),
      ),
    ]
  }
  if (wanted.enum !== undefined) return wanted.enum.includes(value) ? [] : [`${at}: ${JSON.stringify(value)}`]
  if (wanted.const !== undefined) return wanted.const === value ? [] : [`${at}: ${JSON.stringify(value)}`]
  if (Array.isArray(value)) {
    const { items } = wanted
    return items === undefined ? [] : value.flatMap((item, index) => misfits(items, item, `${at}[${index}]`))
  }
  const kind = wanted.type === 'integer' ? 'number' : wanted.type
  return kind === undefined || kind === 'any' || typeof value === kind ? [] : [`${at}: ${typeof value}`]
}

const SAMPLES: Record<string, unknown> = {
  table_name: 'shop.orders',
  directory_path: '/in/orders',
  rest_catalog_url: 'https://catalog.example.com/v1',
}

/** The least value that SyncMaster takes: its required fields. */
export function sampleOf(expected: Node, name = ''): unknown {
  const wanted = described(expected)
  if (wanted.tagged !== undefined) return sampleOf(Object.values(wanted.tagged)[0] ?? '')
  if (wanted.fields !== undefined) {
    const entries = Object.entries(wanted.fields).filter(([, field]) => field.required === true)
    return Object.fromEntries(entries.map(([field, node]) => [field, sampleOf(node, field)]))
  }
  if (wanted.const !== undefined) return wanted.const
  if (wanted.enum !== undefined) return wanted.enum[0]
  if (wanted.any !== undefined) return sampleOf(wanted.any[0] ?? '', name)
  switch (wanted.type) {
    case 'integer':
      return 1
    case 'boolean':
      return false
    case 'array':
      return []
    case 'object':
      return {}
    default:
      return SAMPLES[name] ?? `a ${name}`
  }
}
