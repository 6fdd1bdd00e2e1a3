import type { Selectable } from 'kysely'
import { Fault } from '#fault'
import { offsetOf, type PageRequest } from '#http'
import type { AccountTable, Tx } from './tables.ts'

export type Account = Selectable<AccountTable>

export function findAccount(tx: Tx, id: number): Promise<Account | undefined> {
  return tx.selectFrom('notify.account').selectAll().where('id', '=', id).executeTakeFirst()
}

export interface AccountFilter extends PageRequest {
  groupId: number
  userId: number | null
  connectionId: number | null
}

export async function listAccounts(
  tx: Tx,
  filter: AccountFilter,
): Promise<{ total: number; accounts: Account[] }> {
  let query = tx.selectFrom('notify.account').where('group_id', '=', filter.groupId)
  if (filter.userId !== null) query = query.where('user_id', '=', filter.userId)
  if (filter.connectionId !== null) query = query.where('connection_id', '=', filter.connectionId)
  const [{ total }, accounts] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query.selectAll().orderBy('id').limit(filter.page_size).offset(offsetOf(filter)).execute(),
  ])
  return { total, accounts }
}

export function insertAccount(
  tx: Tx,
  made: { group_id: number; connection_id: number; user_id: number; account: string },
): Promise<Account> {
  return keepsItsPlace(() =>
    tx.insertInto('notify.account').values(made).returningAll().executeTakeFirstOrThrow(),
  )
}

/** Another address is a new try: it is active again. */
export function updateAccount(tx: Tx, id: number, account: string): Promise<Account> {
  return keepsItsPlace(() =>
    tx
      .updateTable('notify.account')
      .set({ account, status: 'active', error: null })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow(),
  )
}

/** Answers whether it was not broken before. */
export async function breakAccount(tx: Tx, id: number, error: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('notify.account')
    .set({ status: 'broken', error })
    .where('id', '=', id)
    .where('status', '=', 'active')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function deleteAccount(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('notify.account').where('id', '=', id).execute()
}

async function keepsItsPlace<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined
    if (constraint === 'notify_user_of_group') {
      throw new Fault('not_found', 'identity.user_missing', 'User not found', { cause: error })
    }
    if (constraint === 'account_connection_id_user_id_account_key') {
      const message = 'The user has this account at this connection already.'
      throw new Fault('conflict', 'notify.account_taken', message, { cause: error })
    }
    throw error
  }
}
