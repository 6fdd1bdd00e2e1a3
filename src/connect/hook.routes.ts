import { Type } from 'typebox'
import type { Settings } from '#config'
import { Fault } from '#fault'
import type { Server } from '#http'
import { type HookRules, takeHook } from './hook.ts'

const HookPath = Type.Object({ connector_id: Type.String({ format: 'uuid', maxLength: 36 }) })
const Answer = Type.Record(Type.String(), Type.Unknown())
/** So many connections are counted at a time. */
const SOURCES_LIMIT = 10_000

export function addHookRoutes(
  app: Server,
  rules: Omit<HookRules, 'count'> & { perConnection: Settings['limit_hooks'] },
): void {
  const count = createCounter(rules.perConnection)
  app.register(async (hooks) => {
    // A signature is over the bytes as they were sent, whatever type they say they have.
    hooks.removeAllContentTypeParsers()
    hooks.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    hooks.post(
      '/hooks/:connector_id',
      {
        config: { access: 'public', faults: ['unauthorized', 'forbidden', 'not_found'] },
        schema: {
          tags: ['hooks'],
          summary: 'Where another system calls a connection of its own; the call is proved by its signature',
          params: HookPath,
          response: { 200: Answer },
        },
      },
      async (request) => {
        const { connector_id: id } = request.params as { connector_id: string } // by HookPath
        const query = Object.entries(request.query as Record<string, unknown>) // Fastify's own parser made it
        return takeHook({ ...rules, count }, id, {
          headers: request.headers,
          query: Object.fromEntries(query.map(([name, value]) => [name, String(value)])),
          body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
          at: new Date(),
        })
      },
    )
  })
}

/** So many calls of one connection in a period, in each hub; one that is flooded does not take the others with it. */
function createCounter({ count: most, perMs }: Settings['limit_hooks']): (id: string) => void {
  const seen = new Map<string, { since: number; calls: number }>()
  const period = perMs ?? 60_000
  return (id) => {
    if (most === 0) return
    const now = Date.now()
    if (seen.size >= SOURCES_LIMIT) {
      for (const [other, { since }] of seen) if (now - since > period) seen.delete(other)
      if (seen.size >= SOURCES_LIMIT) seen.clear()
    }
    const found = seen.get(id)
    const current = found === undefined || now - found.since > period ? { since: now, calls: 0 } : found
    current.calls += 1
    seen.set(id, current)
    if (current.calls <= most) return
    const seconds = Math.ceil((current.since + period - now) / 1000)
    throw new Fault('too_many', 'connect.hook_flood', `Too many calls. Try again in ${seconds} s.`, {
      details: { retry_after: seconds },
    })
  }
}
