import { Type } from 'typebox'
import { Fault } from '#fault'
import type { Server } from '#http'
import { ConnectionPath } from './connection.routes.ts'
import { createConnectionFlows } from './oauth-flow.ts'
import { beginSignIn, endSignIn, redirectUrlOf, type SignInRules } from './oauth-sign-in.ts'

export function addOAuthRoutes(app: Server, rules: SignInRules): void {
  const tags = ['connections']
  const flows = createConnectionFlows(rules.vault, rules.url)

  // A write, so that no other site can begin one: it would leave somebody's tokens in a connection that many use.
  app.post(
    '/v1/connections/:connection_id/oauth/authorize',
    {
      schema: {
        tags,
        summary: 'Begin to sign a connection in by the browser, which goes on to `url`',
        params: ConnectionPath,
        response: {
          200: Type.Object({
            url: Type.String(),
            redirect_uri: Type.String({ description: 'To be registered at the other system.' }),
          }),
        },
      },
    },
    async ({ caller, params }, reply) => {
      const { url, flow } = await beginSignIn(rules, caller, params.connection_id)
      await flows.set(reply, flow)
      reply.header('Cache-Control', 'no-store')
      return { url, redirect_uri: redirectUrlOf(rules) }
    },
  )

  app.get(
    '/v1/oauth/callback',
    {
      config: { faults: ['bad_request', 'forbidden', 'not_found', 'conflict', 'unavailable'] },
      schema: {
        tags,
        summary: 'End of a sign-in of a connection; leads the browser back to its page',
        querystring: Type.Object({
          state: Type.String({ maxLength: 1024 }),
          code: Type.Optional(Type.String({ maxLength: 4096 })),
          error: Type.Optional(Type.String({ maxLength: 256 })),
        }),
        response: { 302: Type.Null() },
      },
    },
    async (request, reply) => {
      const { caller, query, headers } = request
      const flow = await flows.read(request)
      if (flow === null || flow.state !== query.state || flow.userId !== caller.userId) throw flowMissing()
      // Once used, whatever comes of it.
      flows.clear(reply)
      reply.header('Cache-Control', 'no-store')
      const page = `/connections/${flow.connectionId}`
      try {
        if (query.code === undefined) throw saidNo(query.error)
        await endSignIn(rules, caller, { flow, code: query.code })
        return await reply.redirect(`${page}?sign_in=done`, 302)
      } catch (error) {
        // Who came by a browser is told on the page, in words.
        if (!(error instanceof Fault) || !(headers.accept ?? '').includes('text/html')) throw error
        return reply.redirect(`${page}?${new URLSearchParams({ sign_in: error.code }).toString()}`, 302)
      }
    },
  )
}

function flowMissing(): Fault {
  return new Fault(
    'bad_request',
    'connect.sign_in_missing',
    'This sign-in was not begun by you in this browser, or more than ten minutes ago. Begin again on the page of the connection.',
  )
}

/** An OAuth error code as the standards spell them, or nothing of what was sent. */
function saidNo(error = ''): Fault {
  const why = /^[a-z_]{1,64}$/.test(error) ? error : 'no reason'
  const message = `The other system did not let this sign-in happen (${why}). Sign in again, and agree there.`
  return new Fault('bad_request', 'connect.sign_in_refused', message)
}
