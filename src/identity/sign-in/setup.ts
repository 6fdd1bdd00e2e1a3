import { sql } from 'kysely'
import type { Database } from '#database'
import { Fault } from '#fault'
import { SIGN_IN } from '../caller.store.ts'
import type { Tx } from '../tables.ts'
import { insertUser } from '../user.store.ts'
import { keepsItsUsername } from '../user.ts'
import { hashPassword } from './password.ts'
import { putPassword } from './password.store.ts'
import { hashSecret, newSecret } from './secret.ts'
import { insertSession } from './session.store.ts'

const LIFETIME_MS = 24 * 60 * 60 * 1000

/** Whether nobody can administer the hub yet: then, and only then, a one-time link makes the first superuser. */
export function isSetupNeeded(db: Database): Promise<boolean> {
  return db.withCaller(SIGN_IN, async (tx: Tx) => !(await hasSuperuser(tx)))
}

/** A new link's token when the hub has no superuser, else null. It replaces every earlier one, and lasts 24 hours. */
export function offerSetup(db: Database, now = new Date()): Promise<string | null> {
  return db.withCaller(SIGN_IN, async (tx: Tx) => {
    const isNeeded = !(await hasSuperuser(tx))
    await tx.deleteFrom('identity.one_time_link').where('purpose', '=', 'first_superuser').execute()
    if (!isNeeded) return null
    const token = newSecret()
    await tx
      .insertInto('identity.one_time_link')
      .values({
        token_hash: hashSecret(token),
        purpose: 'first_superuser',
        expires_at: new Date(now.getTime() + LIFETIME_MS),
      })
      .execute()
    return token
  })
}

export interface FirstSuperuser {
  token: string
  username: string
  password: string
  email?: string | null | undefined
  address: string
  agent: string | null
  requestId: string
}

/**
 * Uses the link up: makes the first superuser and signs in.
 *
 * @throws Fault `identity.link_spent` when the link was used, has expired, or is needed no more.
 */
export async function setUp(
  db: Database,
  first: FirstSuperuser,
): Promise<{ userId: number; session: string }> {
  const hash = await hashPassword(first.password)
  return db.withCaller(SIGN_IN, async (tx: Tx) => {
    const link = await tx
      .deleteFrom('identity.one_time_link')
      .where('token_hash', '=', hashSecret(first.token))
      .where('purpose', '=', 'first_superuser')
      .where('expires_at', '>', sql<Date>`now()`)
      .returning('token_hash')
      .executeTakeFirst()
    if (link === undefined || (await hasSuperuser(tx))) throw linkSpent()
    const { username, email = null } = first
    const user = await keepsItsUsername(() => insertUser(tx, { username, email, is_superuser: true }))
    await putPassword(tx, user.id, hash)
    await tx
      .insertInto('identity.audit')
      .values({
        actor_id: user.id,
        actor_name: username,
        action: 'user.create',
        object_id: String(user.id),
        object_name: username,
        details: JSON.stringify({ is_superuser: true, by: 'one-time link' }),
        address: first.address,
        request_id: first.requestId,
        group_id: null,
      })
      .execute()
    const { address, agent } = first
    return { userId: user.id, session: await insertSession(tx, { userId: user.id, address, agent }) }
  })
}

async function hasSuperuser(tx: Tx): Promise<boolean> {
  const found = await tx
    .selectFrom('identity.user')
    .select('id')
    .where('is_superuser', '=', true)
    .where('is_active', '=', true)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

function linkSpent(): Fault {
  return new Fault(
    'gone',
    'identity.link_spent',
    'This link has been used, has expired or was replaced by a newer one. While there is no superuser, each start of the hub ' +
      'prints a new one; or run `crosstie user create NAME --superuser`.',
  )
}
