import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import type { Server } from '#http'
import { audit } from '../audit.ts'
import { factsOfUser, SIGN_IN } from '../caller.store.ts'
import { makeCaller } from '../caller.ts'
import type { Tx } from '../tables.ts'
import { Email, NewPassword, presentUser, Username, UserRead } from '../user.schema.ts'
import { existingUser } from '../user.ts'
import { notAuthenticated } from './authenticate.ts'
import { SESSION_COOKIE } from './session-cookie.ts'
import { addOidcRoutes, type OidcRouteParts, signOut } from './oidc.routes.ts'
import { beginSession, endSession } from './session.store.ts'
import { isSetupNeeded, setUp } from './setup.ts'
import { signIn } from './sign-in.ts'
import type { Tokens } from './token.ts'

/** As it is typed to sign in: any text, so that a name from before a rule still gets in. */
const Typed = Type.String({ maxLength: 1024 })
const Password = Type.String({ maxLength: 1024, writeOnly: true })

const SIGN_UP = ['closed', 'approval', 'open'] as const
type SignUp = (typeof SIGN_UP)[number]

export interface SignInParts extends OidcRouteParts {
  tokens: Tokens
  signup: SignUp
  /** What the page calls the provider. */
  oidcName: string
}

export function addSignInRoutes(app: Server, parts: SignInParts): void {
  const { db, tokens, limiter, cookie, signup, oidc, oidcName } = parts
  const tags = ['auth']
  const open = { config: { access: 'public' as const } }
  addOidcRoutes(app, parts)

  app.get(
    '/v1/auth/methods',
    {
      ...open,
      schema: {
        tags,
        summary: 'How one can sign in',
        security: [],
        response: {
          200: Type.Object({
            password: Type.Boolean(),
            oidc: Type.Boolean(),
            oidc_name: Type.Union([Type.String(), Type.Null()]),
            signup: Type.Enum(SIGN_UP),
            setup_needed: Type.Boolean(),
          }),
        },
      },
    },
    async () => ({
      password: true,
      oidc: oidc !== null,
      oidc_name: oidc === null ? null : oidcName,
      signup,
      setup_needed: await isSetupNeeded(db),
    }),
  )

  app.post(
    '/v1/auth/token',
    {
      config: { ...open.config, faults: ['unauthorized'] },
      onRequest: forbidCaching,
      preValidation: async (request) => {
        // SyncMaster reads a form and nothing else: a JSON body is one without fields. A blank field is one left out.
        const body = isForm(request) ? filledIn(request.body) : {}
        Object.assign(request, { body })
      },
      schema: {
        tags,
        summary: 'Sign in by password for a bearer token of ten hours',
        security: [],
        consumes: ['application/x-www-form-urlencoded'],
        body: Type.Object(
          {
            username: Typed,
            password: Password,
            grant_type: Type.Optional(Type.String({ pattern: '^password$' })),
          },
          { 'x-form': true },
        ),
        response: {
          200: Type.Object({
            access_token: Type.String(),
            token_type: Type.String(),
            expires_at: Type.Number(),
          }),
        },
      },
    },
    async ({ body, ip }) => {
      const userId = await signIn(db, limiter, { ...body, address: ip })
      if (userId === null) throw notAuthenticated()
      const { token, expiresAt } = await tokens.issue(userId)
      return { access_token: token, token_type: 'bearer', expires_at: expiresAt }
    },
  )

  app.post(
    '/v1/auth/session',
    {
      config: { ...open.config, faults: ['unauthorized'] },
      onRequest: forbidCaching,
      preValidation: requireJson,
      schema: {
        tags,
        summary: 'Sign in by password for a session cookie; its writes must carry X-Crosstie-CSRF',
        security: [],
        body: Type.Object({ username: Typed, password: Password }),
        response: { 200: UserRead },
      },
    },
    async (request, reply) => {
      const { body, ip } = request
      const userId = await signIn(db, limiter, { ...body, address: ip })
      if (userId === null) {
        throw new Fault(
          'unauthorized',
          'identity.wrong_credentials',
          'User name or password is wrong, or the account is not active',
        )
      }
      await endOldSession(db, request)
      const token = await beginSession(db, { userId, address: ip, agent: agentOf(request) })
      await auditSignIn(db, request, userId)
      cookie.set(reply, token)
      return userAnswer(db, userId)
    },
  )

  app.delete(
    '/v1/auth/session',
    { schema: { tags, summary: 'Sign out', response: { 204: Type.Null() } } },
    async (request, reply) => {
      await signOut(parts, request)
      cookie.clear(reply)
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/v1/auth/setup',
    {
      config: { ...open.config, faults: ['gone'] },
      onRequest: forbidCaching,
      preValidation: requireJson,
      schema: {
        tags,
        summary: 'Make the first superuser by the one-time link, and sign in',
        security: [],
        body: Type.Object({
          token: Type.String({ maxLength: 256, writeOnly: true }),
          username: Username,
          password: NewPassword,
          email: Type.Optional(Email),
        }),
        response: { 200: UserRead },
      },
    },
    async (request, reply) => {
      const { body, ip } = request
      const turn = await limiter.take(ip, `one-time link from ${ip}`)
      const made = await setUp(db, {
        ...body,
        address: ip,
        agent: agentOf(request),
        requestId: request.id,
      })
      await turn.forget()
      cookie.set(reply, made.session)
      return userAnswer(db, made.userId)
    },
  )
}

/** No proxy and no browser keeps what a sign-in answers. */
async function forbidCaching(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('Cache-Control', 'no-store')
}

function isForm(request: FastifyRequest): boolean {
  return (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
}

function filledIn(fields: unknown): object {
  return Object.fromEntries(Object.entries(Object(fields)).filter(([, value]) => value !== ''))
}

/** A form of another site could sign a browser in as somebody else; it cannot send JSON. */
async function requireJson(request: FastifyRequest): Promise<void> {
  if (isForm(request)) {
    throw new Fault('bad_request', 'identity.json_only', 'The body must be application/json.')
  }
}

const agentOf = (request: FastifyRequest): string | null => request.headers['user-agent'] ?? null

async function endOldSession(db: Database, request: FastifyRequest): Promise<void> {
  const old = request.cookies[SESSION_COOKIE]
  if (old !== undefined) await endSession(db, old)
}

async function userAnswer(db: Database, userId: number) {
  return db.withCaller(SIGN_IN, async (tx: Tx) => presentUser(await existingUser(tx, userId), 'plain'))
}

async function auditSignIn(db: Database, request: FastifyRequest, userId: number): Promise<void> {
  const facts = await factsOfUser(db, userId)
  if (facts === null) throw notAuthenticated()
  const by = { kind: 'session' } as const
  const caller = makeCaller({ ...facts, by, address: request.ip, requestId: request.id })
  await db.withCaller(caller, (tx: Tx) =>
    audit(tx, caller, {
      action: 'session.create',
      groupId: null,
      objectId: userId,
      objectName: caller.username,
    }),
  )
}
