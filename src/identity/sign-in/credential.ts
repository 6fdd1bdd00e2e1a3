/** What somebody shows to be let in, recognised once; what it is good for is asked anew at each use (`standing.ts`). */
import { decodeJwt } from 'jose'
import type { Database } from '#database'
import type { ApplicationType } from '../caller.ts'
import { factsOfApplication, factsOfSession } from '../caller.store.ts'
import { hashSecret, readApplicationSecret, sameHash } from './secret.ts'
import type { SupabaseToken, SupabaseTokens } from './supabase-token.ts'
import type { Tokens } from './token.ts'

interface Issued {
  issuedAt: Date | null
  /** Null: it ends with its row in the database alone. */
  expiresAt: Date | null
}

export type Credential = Issued &
  (
    | { kind: 'token'; userId: number }
    | { kind: 'session'; userId: number; tokenHash: Buffer }
    | { kind: 'application'; userId: number; id: number; secretHash: Buffer; type: ApplicationType }
    | ({ kind: 'supabase' } & Pick<SupabaseToken, 'role' | 'sub' | 'companyId' | 'roleKeys'>)
  )

export interface CredentialParts {
  db: Database
  tokens: Tokens
  supabaseTokens: SupabaseTokens
}

/**
 * The credential that a text is: by its prefix and by what its claims are, never by trying one secret after the
 * other. Null when it is forged, expired or unknown.
 */
export async function recognise(parts: CredentialParts, text: string): Promise<Credential | null> {
  if (text.startsWith('xt_')) return recogniseApplication(parts.db, text)
  const shape = shapeOf(text)
  if (shape === 'user') {
    const found = await parts.tokens.verify(text)
    return found === null
      ? null
      : { kind: 'token', userId: found.userId, issuedAt: atSecond(found.issuedAt), expiresAt: expiryOf(text) }
  }
  if (shape === 'supabase') {
    const found = await parts.supabaseTokens.verify(text)
    if (found === null) return null
    const { role, sub, companyId, roleKeys } = found
    const issued = { issuedAt: atSecond(found.issuedAt), expiresAt: atSecond(found.expiresAt) }
    return { kind: 'supabase', role, sub, companyId, roleKeys, ...issued }
  }
  return null
}

/** The session of a browser's cookie. */
export async function recogniseSession(db: Database, token: string): Promise<Credential | null> {
  const tokenHash = hashSecret(token)
  const facts = await factsOfSession(db, tokenHash)
  // One that its provider has to confirm again is made fresh by the page's next request to `/v1`.
  return facts === null || facts.isStale
    ? null
    : { kind: 'session', userId: facts.userId, tokenHash, issuedAt: facts.issuedAt, expiresAt: null }
}

async function recogniseApplication(db: Database, text: string): Promise<Credential | null> {
  const given = readApplicationSecret(text)
  if (given === null) return null
  const facts = await factsOfApplication(db, given.id)
  const secretHash = hashSecret(given.secret)
  if (facts === null || !facts.enabled || !sameHash(facts.secretHash, secretHash)) return null
  const { userId, type } = facts
  return { kind: 'application', userId, id: given.id, secretHash, type, issuedAt: null, expiresAt: null }
}

/** Only to choose the secret that it must be signed with. */
function shapeOf(text: string): 'user' | 'supabase' | null {
  const payload = payloadOf(text)
  if (payload === null) return null
  return 'user_id' in payload ? 'user' : 'role' in payload ? 'supabase' : null
}

function expiryOf(text: string): Date | null {
  return atSecond(payloadOf(text)?.exp ?? null)
}

function payloadOf(text: string) {
  try {
    return decodeJwt(text)
  } catch {
    return null
  }
}

const atSecond = (seconds: number | null): Date | null => (seconds === null ? null : new Date(seconds * 1000))
