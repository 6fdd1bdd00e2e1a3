/** Requests made at random of /openapi.json, with ids of things that are there. */

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
  minimum?: number
  minLength?: number
  format?: string
  pattern?: string
}

export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  path: string
  parameters: { name: string; in: string; schema: Schema; required?: boolean }[]
  body: Schema | null
}

/** Ids by what they are ids of: `group`, `connection`, `queue`, `transfer`, `run`, `user`, `application`. */
export type Ids = Record<string, number[]>

export function operationsOf(document: {
  paths: Record<string, Record<string, OpenApiOperation>>
}): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      // OpenAPI has the methods of HTTP in lower case, and our document only these.
      method: method.toUpperCase() as Operation['method'],
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema ?? null,
    })),
  )
}

interface OpenApiOperation {
  parameters?: Operation['parameters']
  requestBody?: { content: Record<string, { schema: Schema }> }
}

export interface Request {
  method: Operation['method']
  url: string
  payload?: object
}

/** The same seed makes the same request of the same operation and ids. */
export function randomRequest(operation: Operation, ids: Ids, seed: number): Request {
  const dice = createDice(seed)
  let url = operation.path
  const query = new URLSearchParams()
  for (const { name, in: place, schema, required } of operation.parameters) {
    if (place === 'path')
      url = url.replace(`{${name}}`, encodeURIComponent(textOf(valueOf(schema, name, ids, dice))))
    else if (place === 'query' && (required === true || dice(3) > 0)) {
      const value = name === 'search_query' ? '' : valueOf(schema, name, ids, dice)
      for (const one of Array.isArray(value) ? value : [value]) query.append(name, textOf(one))
    }
  }
  const { method, body } = operation
  const made = body === null ? undefined : valueOf(body, '', ids, dice)
  const payload = typeof made === 'object' && made !== null ? { payload: made } : {}
  return { method, url: query.size === 0 ? url : `${url}?${query.toString()}`, ...payload }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

type Dice = (sides: number) => number

/** Mulberry32: small, and good enough to choose with. */
function createDice(seed: number): Dice {
  let state = seed
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides
  }
}

/** Texts that their fields take. */
const TEXTS: Record<string, string> = {
  table_name: 'public.orders',
  directory_path: '/in',
  host: '127.0.0.1',
  username: 'someone',
  email: 'someone@example.com',
  schedule: '0 3 * * *',
  timezone: 'UTC',
  query: 'select 1',
  role: 'Guest',
  view: 'full',
  sort: '-created_at',
  ram_bytes_per_task: '1GiB',
}

function valueOf(schema: Schema, name: string, ids: Ids, dice: Dice): unknown {
  const kind = /^(?:new_|source_|target_)?(\w+?)_id$/.exec(name)?.[1]
  if (kind !== undefined) return idOf(kind === 'owner' || kind === 'actor' ? 'user' : kind, ids, dice)
  const members = schema.anyOf ?? schema.oneOf
  if (members !== undefined) return valueOf(members[dice(Math.min(members.length, 3))] ?? {}, name, ids, dice)
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[dice(schema.enum.length)]
  switch (schema.type) {
    case 'object':
      return objectOf(schema, ids, dice)
    case 'array':
      return dice(2) === 0 || schema.items === undefined ? [] : [valueOf(schema.items, name, ids, dice)]
    case 'boolean':
      return dice(2) === 0
    case 'integer':
    case 'number':
      return schema.default ?? schema.minimum ?? 1 + dice(3)
    case 'null':
      return null
    default:
      if (schema.format === 'date-time') return '2026-01-01T00:00:00Z'
      if (schema.format === 'uri') return 'http://127.0.0.1:1/'
      if (name === 'slug') return `slug-${dice(1_000_000)}`
      return TEXTS[name] ?? (typeof schema.default === 'string' ? schema.default : `text ${dice(1_000_000)}`)
  }
}

function objectOf({ properties = {}, required = [] }: Schema, ids: Ids, dice: Dice): unknown {
  const chosen = Object.entries(properties).filter(([name]) => required.includes(name) || dice(3) === 0)
  return Object.fromEntries(chosen.map(([name, schema]) => [name, valueOf(schema, name, ids, dice)]))
}

function idOf(kind: string, ids: Ids, dice: Dice): number {
  const all = ids[kind] ?? Object.values(ids).flat()
  return all[dice(all.length)] ?? 1
}
