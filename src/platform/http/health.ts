import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Fault } from '#fault'

/** `/healthz`: the process answers. `/readyz`: it can serve, the database included. */
export function addHealth(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  const open = { config: { access: 'public' as const }, schema: { hide: true } }
  app.get('/healthz', open, async () => ({ status: 'ok' }))
  const ping = Type.Object({ status: Type.Literal('ok') })
  const schema = {
    tags: ['monitoring'],
    summary: 'Whether the process answers',
    security: [],
    response: { 200: ping },
  }
  app.get('/monitoring/ping', { config: open.config, schema }, async () => ({ status: 'ok' as const }))
  app.get('/readyz', open, async () => {
    if (!(await isReady())) {
      throw new Fault('unavailable', 'platform.not_ready', 'The hub does not reach its database.')
    }
    return { status: 'ok' }
  })
}
