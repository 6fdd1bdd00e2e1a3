import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { FaultBody, faultResponses } from './faults.ts'

/**
 * `/openapi.json` (OpenAPI 3.1, made of the routes' own schemas) and `/docs`, its reader.
 *
 * The reader is loaded when somebody first asks for it: it is 2 MB of script that the hub serves itself.
 */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  app.addSchema(FaultBody)
  await app.register(swagger, {
    refResolver: {
      buildLocalReference: ({ $id }, _base, _fragment, index) =>
        typeof $id === 'string' ? $id : `shape-${index}`,
    },
    transform: ({ schema, url, route }) => {
      const response = { ...faultResponses(route), ...(schema?.response as object | undefined) } // by status, as routes write it
      return { schema: { ...schema, response }, url }
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Crosstie',
        version,
        description:
          "Sign in with `POST /v1/auth/token` and send the token as `Authorization: Bearer …`, or an application's secret the same way. " +
          'Errors are `{"error": {"code", "message", "details"}}`; what the caller may not see is 404.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () =>
    app.swagger(),
  )
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
    })
    const reader = await import('@scalar/fastify-api-reference')
    await docs.register(reader.default, {
      routePrefix: '/docs',
      configuration: { url: '/openapi.json', withDefaultFonts: false, telemetry: false },
      hooks: {
        onRequest: (_request, reply, done) => {
          // The reader styles itself inline and evaluates nothing from elsewhere.
          reply.header(
            'Content-Security-Policy',
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'",
          )
          done()
        },
      },
    })
  })
}
