import { Check, Errors } from 'typebox/value'
import type { TSchema } from 'typebox'
import { faultsOf, type Server, statusOf } from '#http'

/**
 * Compares every JSON answer under `/v1` with its route's response schema, undeclared fields included: the server
 * writes answers without looking at their schema, so the tests look.
 *
 * @returns What did not fit, in words; it grows as requests are answered.
 */
export function watchAnswers(app: Server): string[] {
  const problems: string[] = []
  const closed = new WeakMap<object, TSchema>()
  app.addHook('onSend', async (request, reply, payload) => {
    const { url = '', schema } = request.routeOptions
    if (!url.startsWith('/v1/') || typeof payload !== 'string') return payload
    if (!String(reply.getHeader('content-type')).includes('json')) return payload
    const where = `${request.method} ${url} → ${reply.statusCode}`
    const body: unknown = payload === '' || payload === 'null' ? null : JSON.parse(payload)
    if (reply.statusCode === 500) problems.push(`${where}: a bug; the log says which`)
    if (reply.statusCode >= 400) {
      const promised = faultsOf(request.routeOptions).map(statusOf)
      if (reply.statusCode !== 500 && !promised.includes(reply.statusCode)) {
        problems.push(
          `${where}: /openapi.json does not declare this status; name it in the route's \`faults\``,
        )
      }
      if (!isEnvelope(body)) problems.push(`${where}: not an error envelope: ${payload.slice(0, 300)}`)
      return payload
    }
    const declared = (schema?.response as Record<string, TSchema> | undefined)?.[reply.statusCode] // TypeBox's, as routes write it
    if (declared === undefined) {
      problems.push(`${where}: the route declares no answer for this status`)
      return payload
    }
    const strict = closed.get(declared) ?? close(declared)
    closed.set(declared, strict)
    if (!Check(strict, body)) {
      const found = Errors(strict, body).map((error) => `${error.instancePath || '/'} ${error.message}`)
      problems.push(
        `${where}: ${[...new Set(found)].slice(0, 5).join('; ')}: ${JSON.stringify(body).slice(0, 300)}`,
      )
    }
    return payload
  })
  return problems
}

function isEnvelope(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false
  const { error } = body
  return (
    typeof error === 'object' &&
    error !== null &&
    Object.keys(error).toSorted().join() === 'code,details,message'
  )
}

/** The schema with every object closed to fields that it does not name. */
function close(schema: TSchema): TSchema {
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).map(([key, item]) => [key, copy(item)])
    const made: Record<string, unknown> = Object.fromEntries(entries)
    if (made.properties !== undefined && made.additionalProperties === undefined) {
      made.additionalProperties = false
    }
    return made
  }
  return copy(schema) as TSchema // the same schema, stricter
}
