import { sql } from 'kysely'
import type { Database } from '#database'
import { SIGN_IN } from '../caller.store.ts'
import type { Tx } from '../tables.ts'

/**
 * Does `work` as crosstie_auth within a transaction of crosstie_app: passwords and sessions are closed to the role
 * that serves requests, and must still change together with the user they belong to.
 */
export async function asSignIn<R>(tx: Tx, work: () => Promise<R>): Promise<R> {
  await sql`set local role crosstie_auth`.execute(tx)
  const result = await work()
  await sql`set local role crosstie_app`.execute(tx)
  return result
}

/** As crosstie_auth; see `asSignIn`. */
export async function putPassword(tx: Tx, userId: number, hash: string): Promise<void> {
  await tx
    .insertInto('identity.password')
    .values({ user_id: userId, hash })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ hash }))
    .execute()
}

export async function deletePassword(tx: Tx, userId: number): Promise<void> {
  await tx.deleteFrom('identity.password').where('user_id', '=', userId).execute()
}

export interface Credentials {
  userId: number
  isActive: boolean
  hash: string | null
}

/** What a sign-in by name is checked against; undefined when there is no such user. */
export function credentialsOf(db: Database, who: { username: string } | { userId: number }) {
  return db.withCaller(SIGN_IN, (tx: Tx): Promise<Credentials | undefined> => {
    const query = tx
      .selectFrom('identity.user as u')
      .leftJoin('identity.password as p', 'p.user_id', 'u.id')
      .select(['u.id as userId', 'u.is_active as isActive', 'p.hash'])
    const found =
      'username' in who ? query.where('u.username', '=', who.username) : query.where('u.id', '=', who.userId)
    return found.executeTakeFirst()
  })
}
