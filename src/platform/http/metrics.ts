import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { Type } from 'typebox'
import type { Settings } from '#config'
import { Fault } from '#fault'

const METRICS_SCHEMA = {
  tags: ['monitoring'],
  summary: "The hub's figures in Prometheus' text form",
  security: [],
  response: { 200: { description: 'Figures', content: { 'text/plain': { schema: Type.String() } } } },
}

/** `/metrics` in Prometheus' text form: open on loopback, elsewhere only when the operator says so. */
export function addMetrics(
  app: FastifyInstance,
  settings: Pick<Settings, 'host' | 'open_metrics'>,
): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'crosstie_http_request_seconds',
    help: 'Time to answer a request, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [registry],
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown'
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
  const open = settings.open_metrics || ['127.0.0.1', '::1', 'localhost'].includes(settings.host)
  for (const url of ['/metrics', '/monitoring/metrics']) {
    const schema = url === '/metrics' ? { hide: true } : METRICS_SCHEMA
    app.get(url, { config: { access: 'public', faults: ['forbidden'] }, schema }, async (_request, reply) => {
      if (!open) {
        const words =
          'Metrics are closed while the hub listens beyond loopback. Set CROSSTIE_OPEN_METRICS=true, and guard /metrics at your proxy.'
        throw new Fault('forbidden', 'platform.metrics_closed', words)
      }
      return reply.header('Content-Type', registry.contentType).send(await registry.metrics())
    })
  }
  return registry
}
