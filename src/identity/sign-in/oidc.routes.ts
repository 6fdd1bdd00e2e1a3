import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import type { Server } from '#http'
import type { Log } from '#log'
import type { Vault } from '#vault'
import type { SignInLimiter } from './limiter.ts'
import { type FlowCookie, newFlow, pathWithin } from './oidc-flow.ts'
import { reasonOf } from './oidc-fault.ts'
import type { OidcProvider } from './oidc-provider.ts'
import { openTokens } from './oidc-session.ts'
import { signInByProvider } from './oidc-sign-in.ts'
import { sealedTokensOf } from './oidc.store.ts'
import { hashSecret } from './secret.ts'
import { SESSION_COOKIE, type SessionCookie } from './session-cookie.ts'
import { endSession } from './session.store.ts'

/** What sign-in by a provider needs; null where none is set. */
export interface Oidc {
  provider: OidcProvider
  flows: FlowCookie
  signup: 'open' | 'approval' | 'closed'
}

export interface OidcRouteParts {
  db: Database
  log: Log
  vault: Vault
  limiter: SignInLimiter
  cookie: SessionCookie
  oidc: Oidc | null
  authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
}

/** Where the page goes on after the callback: the answer itself is SyncMaster's, and empty. */
const NEXT_HEADER = 'X-Crosstie-Next'

export function addOidcRoutes(app: Server, parts: OidcRouteParts): void {
  const { cookie } = parts
  const tags = ['auth']
  const open = { config: { access: 'public' as const } }
  const Next = Type.Optional(Type.String({ maxLength: 2048 }))

  app.get(
    '/v1/auth/login',
    {
      config: { ...open.config, faults: ['not_found', 'unavailable'] },
      schema: {
        tags,
        summary:
          'Go to the OpenID Connect provider to sign in; `next` is the path of the page to come back to',
        security: [],
        querystring: Type.Object({ next: Next }),
        response: { 302: Type.Null() },
      },
    },
    async (request, reply) => {
      const { query, headers } = request
      const flow = newFlow({ next: pathWithin(query.next), linkTo: null })
      reply.header('Cache-Control', 'no-store')
      try {
        const { provider, flows } = required(parts.oidc)
        const url = await provider.authorizationUrl(flow)
        await flows.set(reply, flow)
        return reply.redirect(url, 302)
      } catch (error) {
        tellOperator(parts.log, request, error)
        // Who came by a link of the page is told there, in words.
        if (!(error instanceof Fault) || !(headers.accept ?? '').includes('text/html')) throw error
        const search = new URLSearchParams({ problem: error.code, to: flow.next })
        return reply.redirect(`/sign-in?${search.toString()}`, 302)
      }
    },
  )

  app.post(
    '/v1/auth/link',
    {
      config: { faults: ['not_found', 'bad_request', 'unavailable'] },
      schema: {
        tags,
        summary: 'Begin to link one’s account at the OpenID Connect provider; the browser goes on to `url`',
        body: Type.Object({ next: Next }),
        response: { 200: Type.Object({ url: Type.String() }) },
      },
    },
    async ({ caller, body }, reply) => {
      const { provider, flows } = required(parts.oidc)
      if (caller.by.kind !== 'session') throw sessionOnly()
      const flow = newFlow({ next: pathWithin(body.next), linkTo: caller.userId })
      const url = await provider.authorizationUrl(flow)
      await flows.set(reply, flow)
      return { url }
    },
  )

  app.get(
    '/v1/auth/callback',
    {
      config: {
        ...open.config,
        faults: ['unauthorized', 'forbidden', 'not_found', 'conflict', 'too_many', 'unavailable'],
      },
      schema: {
        tags,
        summary: 'End of the sign-in at the OpenID Connect provider: sets the session cookie',
        security: [],
        querystring: Type.Object({
          code: Type.String({ maxLength: 4096 }),
          state: Type.Optional(Type.String({ maxLength: 1024 })),
          iss: Type.Optional(Type.String({ maxLength: 512 })),
        }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const next = await comeBack(parts, request, reply, request.query).catch((error: unknown) => {
        tellOperator(parts.log, request, error)
        throw error
      })
      return reply.header('Cache-Control', 'no-store').header(NEXT_HEADER, next).status(204).send(null)
    },
  )

  app.get(
    '/v1/auth/logout',
    {
      config: { faults: ['forbidden'] },
      schema: {
        tags,
        summary: 'Sign out, at the OpenID Connect provider too',
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      // A link on another site is sent with our cookie; nobody is signed out by following one.
      if (request.headers['sec-fetch-site'] === 'cross-site') throw foreignSite()
      await signOut(parts, request)
      cookie.clear(reply)
      return reply.header('Cache-Control', 'no-store').status(204).send(null)
    },
  )
}

async function comeBack(
  parts: OidcRouteParts,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: { code: string; state?: string; iss?: string },
): Promise<string> {
  const { db, vault, limiter, cookie } = parts
  const { provider, flows, signup } = required(parts.oidc)
  const turn = await limiter.take(request.ip, `provider from ${request.ip}`)
  const flow = await flows.read(request)
  if (flow === null || (answer.state !== undefined && answer.state !== flow.state)) throw flowMissing()
  // Once used, whatever comes of it.
  flows.clear(reply)
  if (flow.linkTo !== null) {
    await parts.authenticate(request, reply)
    if (request.caller.userId !== flow.linkTo) throw flowMissing()
  }
  const grant = await provider.exchange(answer, flow)
  const session = await signInByProvider(db, {
    grant,
    issuer: provider.issuer,
    sealed: await vault.seal({ ...grant.tokens }),
    signup,
    linkTo: flow.linkTo,
    address: request.ip,
    agent: request.headers['user-agent'] ?? null,
    requestId: request.id,
  })
  await turn.forget()
  const old = request.cookies[SESSION_COOKIE]
  if (old !== undefined) await endSession(db, old)
  cookie.set(reply, session)
  return flow.next
}

/** Ends the session of the request's cookie, here and at the provider it came from. */
export async function signOut(
  { db, log, vault, oidc }: Pick<OidcRouteParts, 'db' | 'log' | 'vault' | 'oidc'>,
  request: FastifyRequest,
): Promise<void> {
  const token = request.cookies[SESSION_COOKIE]
  if (token === undefined) return
  const sealed = oidc === null ? null : await sealedTokensOf(db, hashSecret(token))
  await endSession(db, token)
  const tokens = sealed === null ? null : await openTokens(vault, sealed)
  if (oidc === null || tokens === null) return
  // One is signed out here either way; nobody waits for a provider that is away.
  await oidc.provider.end(tokens).catch((error: unknown) => {
    log.warn({ reqId: request.id, reason: reasonOf(error) }, 'the sign-in provider did not end a session')
  })
}

/** What a person is told is short; why a provider does not answer as it should is for the log. */
function tellOperator(log: Log, request: FastifyRequest, error: unknown): void {
  if (!(error instanceof Fault) || error.cause === undefined) return
  log.warn(
    { reqId: request.id, code: error.code, reason: reasonOf(error) },
    'a sign-in by the provider failed',
  )
}

/** What an anonymous request is told where there is a provider: SyncMaster's 401 with the address to go to. */
export async function challenge(
  { provider, flows }: Oidc,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Fault | null> {
  // Several requests of one page get one address, or only the last one's cookie would fit.
  const begun = await flows.read(request)
  const flow = begun?.linkTo === null ? begun : newFlow({ next: '/', linkTo: null })
  const url = await provider.authorizationUrl(flow, PATIENCE_MS).catch(() => null)
  // A provider that is away is told to whoever goes there; the others may have other ways.
  if (url === null) return null
  if (flow !== begun) await flows.set(reply, flow)
  return new Fault('unauthorized', 'identity.authorize', 'Please authorize using provided URL', {
    details: url,
  })
}

/** How long an anonymous request waits for a provider that was never asked before. */
const PATIENCE_MS = 1_500

/** @throws Fault `identity.oidc_off` */
function required(oidc: Oidc | null): Oidc {
  if (oidc !== null) return oidc
  throw new Fault(
    'not_found',
    'identity.oidc_off',
    'This hub has no OpenID Connect provider: set CROSSTIE_OIDC_ISSUER and CROSSTIE_OIDC_CLIENT_ID.',
  )
}

function flowMissing(): Fault {
  return new Fault(
    'unauthorized',
    'identity.oidc_flow',
    'This sign-in was begun in another browser, more than ten minutes ago, or is over already. Begin again.',
  )
}

function sessionOnly(): Fault {
  return new Fault(
    'bad_request',
    'identity.session_only',
    'Accounts are linked in the browser: sign in on the page, then link them under "My account".',
  )
}

function foreignSite(): Fault {
  return new Fault(
    'forbidden',
    'identity.csrf',
    'Another site cannot sign you out. Sign out on the page itself.',
  )
}
