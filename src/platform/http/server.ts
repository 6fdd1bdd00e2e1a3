import { randomBytes } from 'node:crypto'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { Fault } from '#fault'
import type { Settings } from '#config'
import { envelopeOf } from './envelope.ts'
import { jsonProblem } from './json-problem.ts'
import { addMetrics } from './metrics.ts'
import { describeApi } from './openapi.ts'
import { parseBySchema } from './parse.ts'
import type { Schema } from './problem.ts'
import { answerUnknownRoutes } from './unknown-route.ts'

/** How long a stop waits for requests that are being answered. */
const CLOSE_GRACE_MS = 3_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `public`: answers without a sign-in. Every other route has a caller. */
    access?: 'public' | 'signed_in'
  }
}

export interface ServerOptions {
  settings: Pick<Settings, 'limit_body' | 'limit_requests' | 'trust_proxy' | 'host' | 'open_metrics'>
  log: FastifyBaseLogger
  version: string
  /** Sets the request's caller or throws a Fault; runs after the JSON is parsed and before it is validated. */
  authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
}

export type Server = Awaited<ReturnType<typeof createServer>>

/** The hub's HTTP server with `/v1`'s conventions; rooms add their routes to it. */
export async function createServer({ settings, log, version, authenticate }: ServerOptions) {
  const app = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.limit_body.count || Number.MAX_SAFE_INTEGER,
    trustProxy: trustedProxies(settings.trust_proxy),
    genReqId: (request) => requestId(request.headers['x-request-id']),
    requestIdHeader: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    return503OnClosing: true,
  }).withTypeProvider<TypeBoxTypeProvider>()
  // A browser opens connections ahead that never ask anything, and Node waits for each of them when it closes.
  app.addHook('preClose', async () => {
    setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS).unref()
  })

  app.setValidatorCompiler(({ schema, httpPart }) => {
    const part = httpPart === 'querystring' ? 'query' : httpPart === 'params' ? 'path' : (httpPart ?? 'body')
    return (value: unknown) => {
      const result = parseBySchema(schema as Schema, value, [part]) // what routes give is TypeBox's
      return 'value' in result
        ? { value: result.value }
        : {
            error: new Fault('invalid', 'platform.invalid_request', 'Invalid request', {
              details: result.problems,
            }),
          }
    }
  })
  // Routes answer exactly their schema's fields by construction; a test compares each answer with its schema.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))

  addParsers(app)
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-ID', request.id)
  })
  answerUnknownRoutes(app)
  app.addHook('preValidation', async (request, reply) => {
    if (request.is404 || request.routeOptions.config.access === 'public') return
    await authenticate(request, reply)
  })
  app.setErrorHandler<FastifyError | Fault>((error, request, reply) => {
    const fault = translate(error)
    const { status, body } = envelopeOf(fault)
    if (status >= 500 && status !== 503)
      request.log.error({ err: error, reqId: request.id }, 'request failed')
    const wait = retryAfter(fault)
    if (wait !== null) reply.header('Retry-After', wait)
    return reply.status(status).send(body)
  })

  await protect(app, settings)
  await describeApi(app, version)
  addMetrics(app, settings)
  return app
}

function addParsers(
  app: Pick<FastifyInstance, 'addContentTypeParser' | 'removeAllContentTypeParsers'>,
): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = body.toString()
    if (text.trim() === '') return done(null, undefined)
    try {
      done(null, JSON.parse(text))
    } catch {
      done(invalidJson(text))
    }
  })
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(body.toString())))
    },
  )
}

function invalidJson(text: string): Fault {
  const { offset, words } = jsonProblem(text)
  const context = { error: words }
  const problem = { message: 'JSON decode error', code: 'json_invalid', context, input: {} }
  const details = [{ location: ['body', offset], ...problem }]
  return new Fault('invalid', 'platform.invalid_json', 'Invalid request', { details })
}

/** Seconds after which a refused try may be made again, where the Fault knows. */
function retryAfter(fault: unknown): number | null {
  if (!(fault instanceof Fault) || fault.kind !== 'too_many') return null
  const { details } = fault
  if (typeof details !== 'object' || details === null || !('retry_after' in details)) return null
  return typeof details.retry_after === 'number' ? details.retry_after : null
}

/** Fastify's own refusals in our words; whatever else is not a Fault stays a bug. */
function translate(error: FastifyError | Fault): unknown {
  if (error instanceof Fault) return error
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new Fault(
      'too_large',
      'platform.body_too_large',
      'The request body is larger than CROSSTIE_LIMIT_BODY allows.',
    )
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Fault('bad_request', 'platform.media_type', 'The body must be application/json.')
  }
  if (error.statusCode === 429) return new Fault('too_many', 'platform.too_many_requests', error.message)
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Fault('bad_request', 'platform.bad_request', error.message)
  }
  return error
}

/** Cookies, the headers that keep a page to itself, and the limit of requests. */
async function protect(app: FastifyInstance, settings: Pick<Settings, 'limit_requests'>): Promise<void> {
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
    },
    // Behind TLS the proxy says so; on plain HTTP the header would mean nothing.
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
  })
  await app.register(rateLimit, {
    global: settings.limit_requests.count > 0,
    max: settings.limit_requests.count || 1,
    timeWindow: settings.limit_requests.perMs ?? 60_000,
    errorResponseBuilder: (_request, context) =>
      new Fault(
        'too_many',
        'platform.too_many_requests',
        `Too many requests. Try again in ${context.after}.`,
      ),
  })
}

/** A number means that many hops; anything else is addresses and networks. */
function trustedProxies(
  setting: string | null,
): boolean | string | ((address: string, hop: number) => boolean) {
  if (setting === null) return false
  const hops = Number(setting)
  return Number.isInteger(hops) ? (_address, hop) => hop < hops : setting
}

/** What the caller sent, if it is short and plain; else a new uuid7, in hex. */
function requestId(given: string | string[] | undefined): string {
  if (typeof given === 'string' && /^[\w.:/+=-]{1,128}$/.test(given)) return given
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return bytes.toString('hex')
}
