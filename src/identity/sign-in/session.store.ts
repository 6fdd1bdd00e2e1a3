import type { Database } from '#database'
import { SIGN_IN } from '../caller.store.ts'
import type { Tx } from '../tables.ts'
import { hashSecret, newSecret } from './secret.ts'

const LIFETIME_MS = 30 * 24 * 60 * 60 * 1000
const DAY_MS = 24 * 60 * 60 * 1000
/** Of one user at once; the oldest ends when one more begins. */
const SESSIONS_LIMIT = 50

export const SESSION_LIFETIME_S = LIFETIME_MS / 1000

export interface NewSession {
  userId: number
  address: string | null
  agent: string | null
}

/** Begins a session as crosstie_auth and answers its token, of which only the hash is kept. */
export async function insertSession(tx: Tx, session: NewSession, now = new Date()): Promise<string> {
  const token = newSecret()
  await tx.deleteFrom('identity.session').where('expires_at', '<', now).execute()
  await tx
    .insertInto('identity.session')
    .values({
      user_id: session.userId,
      token_hash: hashSecret(token),
      address: session.address,
      agent: session.agent?.slice(0, 256) ?? null,
      expires_at: new Date(now.getTime() + LIFETIME_MS),
      created_at: now,
    })
    .execute()
  await tx
    .deleteFrom('identity.session')
    .where('user_id', '=', session.userId)
    .where(
      'id',
      'not in',
      tx
        .selectFrom('identity.session')
        .select('id')
        .where('user_id', '=', session.userId)
        .orderBy('id', 'desc')
        .limit(SESSIONS_LIMIT),
    )
    .execute()
  return token
}

export function beginSession(db: Database, session: NewSession): Promise<string> {
  return db.withCaller(SIGN_IN, (tx: Tx) => insertSession(tx, session))
}

export async function endSession(db: Database, token: string): Promise<void> {
  await db.withCaller(SIGN_IN, (tx: Tx) =>
    tx.deleteFrom('identity.session').where('token_hash', '=', hashSecret(token)).execute(),
  )
}

export async function deleteSessions(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom('identity.session').where('user_id', '=', userId).execute()
}

/** A session in use lasts: once a day its end moves to 30 days from now. */
export function isDueToSlide(expiresAt: Date, now = new Date()): boolean {
  return expiresAt.getTime() < now.getTime() + LIFETIME_MS - DAY_MS
}

export async function slideSession(db: Database, token: string, now = new Date()): Promise<void> {
  await db.withCaller(SIGN_IN, (tx: Tx) =>
    tx
      .updateTable('identity.session')
      .set({ expires_at: new Date(now.getTime() + LIFETIME_MS) })
      .where('token_hash', '=', hashSecret(token))
      .execute(),
  )
}
