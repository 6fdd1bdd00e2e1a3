import { type Selectable, sql } from 'kysely'
import { offsetOf, type PageRequest } from '#http'
import type { InboxTable, Tx } from './tables.ts'

export type InboxItem = Selectable<InboxTable>

export async function listInbox(
  tx: Tx,
  filter: PageRequest & { userId: number; groupId: number | null; unread: boolean },
): Promise<{ total: number; found: InboxItem[] }> {
  let query = tx.selectFrom('notify.inbox').where('user_id', '=', filter.userId)
  if (filter.groupId !== null) query = query.where('group_id', '=', filter.groupId)
  if (filter.unread) query = query.where('read_at', 'is', null)
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query.selectAll().orderBy('id', 'desc').limit(filter.page_size).offset(offsetOf(filter)).execute(),
  ])
  return { total, found }
}

export async function markAllRead(tx: Tx, userId: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('notify.inbox')
    .set({ read_at: sql<Date>`now()` })
    .where('user_id', '=', userId)
    .where('read_at', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** The time of the first reading stays. */
export function markRead(tx: Tx, userId: number, id: number): Promise<InboxItem | undefined> {
  return tx
    .updateTable('notify.inbox')
    .set({ read_at: sql<Date>`coalesce(read_at, now())` })
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}
