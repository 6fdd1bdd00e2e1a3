import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Database } from '#database'
import { Fault } from '#fault'
import { type ApplicationType, type Caller, makeCaller } from '../caller.ts'
import {
  factsOfApplication,
  factsOfSession,
  factsOfUser,
  touchApplication,
  type UserFacts,
} from '../caller.store.ts'
import { noPower } from '../roles.ts'
import { seenAs } from '../view-as.ts'
import { hashSecret, readApplicationSecret, sameHash } from './secret.ts'
import { isOwnPage } from './gate.ts'
import type { KeepFresh } from './oidc-session.ts'
import { SESSION_COOKIE, type SessionCookie } from './session-cookie.ts'
import { isDueToSlide, slideSession } from './session.store.ts'
import type { Tokens } from './token.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route but the public ones. */
    caller: Caller
  }
  interface FastifyContextConfig {
    /** Applications of type `publish` may write here; elsewhere they only read. */
    publish?: true
  }
}

/** A cookie is sent by other sites' forms too; this header is not. */
const CSRF_HEADER = 'x-crosstie-csrf'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** What sessions that a provider began need; null where none is set. */
export interface ProviderSessions {
  keepFresh: KeepFresh
  /** The 401 that names the provider's address, for a request that tried nothing; null when it cannot be told. */
  challenge: (request: FastifyRequest, reply: FastifyReply) => Promise<Fault | null>
}

export type Authenticate = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** The one way from a request to a caller: by the credential's prefix and shape, never by trying in turn. */
export function createAuthenticate(
  db: Database,
  tokens: Tokens,
  cookie: SessionCookie,
  provided: ProviderSessions | null,
): Authenticate {
  return async (request, reply) => {
    const found = await identify({ db, tokens, provided }, request)
    if (found === null) {
      const hasTried = request.headers.authorization !== undefined
      throw (hasTried ? null : await provided?.challenge(request, reply)) ?? notAuthenticated()
    }
    const { facts, by } = found
    // SyncMaster's order: a token of a user who is gone is 404, of an inactive one 403.
    if (facts === 'gone') throw new Fault('not_found', 'identity.user_missing', 'User not found')
    if (facts.status !== 'active') throw noPower()
    const seen = await seenAs(db, facts, request)
    request.caller = makeCaller({ ...seen, by, address: request.ip, requestId: request.id })
    if (found.slide !== undefined) {
      await slideSession(db, found.slide)
      cookie.set(reply, found.slide)
    }
    if (by.kind !== 'application') return
    if (!READS.has(request.method) && !mayWrite(by.type, request)) throw noPower()
    if (found.touch === true) await touchApplication(db, by.applicationId)
  }
}

function mayWrite(type: ApplicationType, request: FastifyRequest): boolean {
  return type === 'all' || (type === 'publish' && request.routeOptions.config.publish === true)
}

interface Found {
  facts: UserFacts | 'gone'
  by: Caller['by']
  touch?: boolean
  /** The session's token, when its end is due to move. */
  slide?: string
}

interface Identify {
  db: Database
  tokens: Tokens
  provided: ProviderSessions | null
}

async function identify({ db, tokens, provided }: Identify, request: FastifyRequest): Promise<Found | null> {
  const [scheme = '', credential = ''] = (request.headers.authorization ?? '').split(' ', 2)
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return credential.startsWith('xt_') ? byApplication(db, credential) : byToken(db, tokens, credential)
    case 'basic': {
      const text = Buffer.from(credential, 'base64').toString()
      const secret = text.slice(text.indexOf(':') + 1)
      // Under any name, but an application's secret only: passwords are for the sign-in routes.
      return secret.startsWith('xt_') ? byApplication(db, secret) : null
    }
    case '':
      return bySession(db, provided, request)
    default:
      return null
  }
}

async function byToken(db: Database, tokens: Tokens, credential: string): Promise<Found | null> {
  const token = await tokens.verify(credential)
  if (token === null) return null
  const facts = await factsOfUser(db, token.userId)
  if (facts === null) return { facts: 'gone', by: { kind: 'token' } }
  const issuedAt = token.issuedAt === null ? null : new Date(token.issuedAt * 1000)
  return isRevoked(facts, issuedAt) ? null : { facts, by: { kind: 'token' } }
}

async function bySession(
  db: Database,
  provided: ProviderSessions | null,
  request: FastifyRequest,
): Promise<Found | null> {
  const token = request.cookies[SESSION_COOKIE]
  if (token === undefined) return null
  const facts = await factsOfSession(db, hashSecret(token))
  if (facts === null || isRevoked(facts, facts.issuedAt)) return null
  // A provider that is set no more cannot vouch for anybody.
  if (facts.byProvider && provided === null) return null
  if (facts.isStale && (await provided?.keepFresh(facts.sessionId)) !== true) return null
  // A page of this very host needs no such header, so that one written for SyncMaster works: browsers name its origin.
  const isOurs = request.headers[CSRF_HEADER] !== undefined || isOwnPage(request)
  if (!READS.has(request.method) && !isOurs) {
    throw new Fault(
      'forbidden',
      'identity.csrf',
      "A change by a browser session must carry the header X-Crosstie-CSRF. Scripts use a token or an application's secret.",
    )
  }
  return {
    facts,
    by: { kind: 'session' },
    ...(isDueToSlide(facts.expiresAt) ? { slide: token } : {}),
  }
}

async function byApplication(db: Database, text: string): Promise<Found | null> {
  const parts = readApplicationSecret(text)
  if (parts === null) return null
  const facts = await factsOfApplication(db, parts.id)
  if (facts === null || !facts.enabled || !sameHash(facts.secretHash, hashSecret(parts.secret))) return null
  const by = { kind: 'application', applicationId: facts.applicationId, type: facts.type } as const
  return { facts, by, touch: facts.usedLongAgo }
}

/** `sessions_valid_from` revokes at once what was issued before it, and what does not say when it was issued. */
function isRevoked(facts: UserFacts, issuedAt: Date | null): boolean {
  if (facts.sessionsValidFrom === null) return false
  return issuedAt === null || issuedAt.getTime() < facts.sessionsValidFrom.getTime()
}

export function notAuthenticated(): Fault {
  return new Fault('unauthorized', 'identity.not_authenticated', 'Not authenticated')
}
