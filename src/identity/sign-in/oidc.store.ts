import { sql } from 'kysely'
import type { Database } from '#database'
import { SIGN_IN } from '../caller.store.ts'
import type { Tx } from '../tables.ts'
import type { User } from '../user.store.ts'

export interface Account {
  issuer: string
  subject: string
}

/** All of this as crosstie_auth. */
export function findAccount(tx: Tx, { issuer, subject }: Account): Promise<User | undefined> {
  return tx
    .selectFrom('identity.oidc_account as a')
    .innerJoin('identity.user as u', 'u.id', 'a.user_id')
    .selectAll('u')
    .where('a.issuer', '=', issuer)
    .where('a.subject', '=', subject)
    .$narrowType<{ username: string }>()
    .executeTakeFirst()
}

/** False when somebody has the account already. */
export async function insertAccount(tx: Tx, account: Account, userId: number): Promise<boolean> {
  const made = await tx
    .insertInto('identity.oidc_account')
    .values({ ...account, user_id: userId })
    .onConflict((conflict) => conflict.columns(['issuer', 'subject']).doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return made !== undefined
}

/** A user as the provider's claims have it; nothing of it is changed by later sign-ins. */
export function insertUserOfClaims(
  tx: Tx,
  row: Pick<
    User,
    'username' | 'status' | 'email' | 'first_name' | 'middle_name' | 'last_name' | 'display_name'
  >,
): Promise<{ id: number }> {
  return tx.insertInto('identity.user').values(row).returning('id').executeTakeFirstOrThrow()
}

/** How many there were. Sessions that were begun there end with them. */
export async function deleteAccounts(tx: Tx, userId: number, issuer: string): Promise<number> {
  const gone = await tx
    .deleteFrom('identity.oidc_account')
    .where('user_id', '=', userId)
    .where('issuer', '=', issuer)
    .returning('subject')
    .execute()
  if (gone.length > 0) {
    await tx
      .deleteFrom('identity.session')
      .where('user_id', '=', userId)
      .where('id', 'in', tx.selectFrom('identity.oidc_session').select('session_id'))
      .execute()
  }
  return gone.length
}

/** Whether the user signs in by other means already: by a password, or by an account at a provider. */
export async function hasSignIn(tx: Tx, userId: number): Promise<boolean> {
  const { rows } = await sql<{ has: boolean }>`
    select exists (select from identity.password where user_id = ${userId})
        or exists (select from identity.oidc_account where user_id = ${userId}) as has`.execute(tx)
  return rows[0]?.has === true
}

export async function putProviderSession(
  tx: Tx,
  session: { tokenHash: Buffer; value: string; freshUntil: Date },
): Promise<void> {
  await tx
    .insertInto('identity.oidc_session')
    .columns(['session_id', 'value', 'fresh_until'])
    .expression(
      tx
        .selectFrom('identity.session')
        .select([
          'id',
          sql<string>`${session.value}`.as('value'),
          sql<Date>`${session.freshUntil}::timestamptz`.as('fresh_until'),
        ])
        .where('token_hash', '=', session.tokenHash),
    )
    .execute()
}

export type Turn = { value: string } | 'gone' | 'fresh' | 'taken'

/** The right to refresh, for `leaseMs`: one hub has it at a time. */
export function takeRefreshTurn(db: Database, sessionId: number, leaseMs: number): Promise<Turn> {
  return db.withConnection(SIGN_IN, async (client) => {
    const taken = await client.query<{ value: string }>(
      `update identity.oidc_session set refreshing_until = now() + make_interval(secs => $2)
       where session_id = $1 and fresh_until <= now() and (refreshing_until is null or refreshing_until <= now())
       returning value`,
      [sessionId, leaseMs / 1000],
    )
    const [turn] = taken.rows
    if (turn !== undefined) return turn
    const { rows } = await client.query<{ fresh: boolean }>(
      'select fresh_until > now() as fresh from identity.oidc_session where session_id = $1',
      [sessionId],
    )
    const [row] = rows
    return row === undefined ? 'gone' : row.fresh ? 'fresh' : 'taken'
  })
}

/** Ends the turn: with new tokens, or with the old ones where the provider did not answer. */
export async function endRefreshTurn(
  db: Database,
  sessionId: number,
  next: { value: string; freshUntil: Date } | null,
): Promise<void> {
  await db.withCaller(SIGN_IN, (tx: Tx) =>
    tx
      .updateTable('identity.oidc_session')
      .set({
        refreshing_until: null,
        ...(next === null ? {} : { value: next.value, fresh_until: next.freshUntil }),
      })
      .where('session_id', '=', sessionId)
      .execute(),
  )
}

export async function deleteSessionById(db: Database, sessionId: number): Promise<void> {
  await db.withCaller(SIGN_IN, (tx: Tx) =>
    tx.deleteFrom('identity.session').where('id', '=', sessionId).execute(),
  )
}

/** What the provider gave for the session with this token, if it was begun there. */
export async function sealedTokensOf(db: Database, tokenHash: Buffer): Promise<string | null> {
  const row = await db.withCaller(SIGN_IN, (tx: Tx) =>
    tx
      .selectFrom('identity.oidc_session as o')
      .innerJoin('identity.session as s', 's.id', 'o.session_id')
      .select('o.value')
      .where('s.token_hash', '=', tokenHash)
      .executeTakeFirst(),
  )
  return row?.value ?? null
}
