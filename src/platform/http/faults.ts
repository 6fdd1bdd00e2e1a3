/** Which refusals an operation may answer, for `/openapi.json`: told from the route's shape, so that none is forgotten. */
import type { FastifyContextConfig, FastifySchema } from 'fastify'
import { Type } from 'typebox'
import type { FaultKind } from '#fault'
import { statusOf } from './envelope.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Faults of this operation beyond those that its shape tells. */
    faults?: FaultKind[]
  }
}

/** SyncMaster's error body, named in `components`. */
export const FaultBody = Type.Object(
  {
    error: Type.Object(
      { code: Type.String(), message: Type.String(), details: Type.Unknown() },
      { additionalProperties: false },
    ),
  },
  { $id: 'Fault', additionalProperties: false },
)

const WORDS: Partial<Record<FaultKind, string>> = {
  bad_request: 'A rule between things forbids it, or the request itself is malformed',
  unauthorized: 'Not signed in',
  forbidden: 'The role is too low, the user is not active, or the session lacks X-Crosstie-CSRF',
  not_found: 'It is not there, or the caller may not see it',
  conflict: 'The state of things forbids it: a name is taken, something is in use',
  gone: 'Used up or expired',
  too_large: 'The body or the amount asked for is too large',
  invalid: 'A part of the request does not fit its schema; details say where and why',
  too_many: 'Too many requests or tries; Retry-After says when to come back',
  unavailable: 'Something that it needs is not there for now',
  timed_out: 'Another system did not answer in time',
  failed: 'Another system refused',
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export interface RouteShape {
  method: string | string[]
  schema?: FastifySchema | undefined
  config?: Partial<FastifyContextConfig> | undefined
}

export function faultsOf({ method, schema = {}, config = {} }: RouteShape): FaultKind[] {
  const writes = [method].flat().some((name) => WRITES.has(name))
  const isRead = schema.body ?? schema.params ?? schema.querystring
  const kinds: FaultKind[] = ['bad_request', 'too_many', 'unavailable', ...(config.faults ?? [])]
  if (config.access !== 'public') kinds.push('unauthorized', 'forbidden', 'not_found')
  if (isRead !== undefined || writes) kinds.push('invalid')
  if (writes) kinds.push('conflict', 'too_large')
  return kinds
}

/** As the `response` part of a route's schema. */
export function faultResponses(route: RouteShape): Record<string, object> {
  const entries = faultsOf(route).map((kind) => [
    statusOf(kind),
    { description: WORDS[kind], $ref: 'Fault#' },
  ])
  return Object.fromEntries(entries)
}
