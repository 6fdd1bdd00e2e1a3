import { type Selectable, sql } from 'kysely'
import { offsetOf, type PageRequest } from '#http'
import { STATUSES, type MessageTable, type TaskStatus, type TaskTable, type Tx } from './tables.ts'

type Message = Pick<Selectable<MessageTable>, 'title' | 'content' | 'format' | 'level' | 'argument'>

export interface Task extends Selectable<TaskTable> {
  account: string | null
  /** Null for who may see that something was sent, and not what. */
  message: Message | null
}

const COLUMNS = [
  sql<string | null>`(select a.account from notify.account a where a.id = t.account_id)`.as('account'),
  sql<Message | null>`(
    select json_build_object('title', m.title, 'content', m.content, 'format', m.format, 'level', m.level, 'argument', m.argument)
    from notify.message m where m.group_id = t.group_id and m.id = t.message_id
  )`.as('message'),
] as const

const tasks = (tx: Tx) => tx.selectFrom('notify.task as t')

export function findTask(tx: Tx, id: number): Promise<Task | undefined> {
  return tasks(tx).selectAll('t').select(COLUMNS).where('t.id', '=', id).executeTakeFirst()
}

export interface TaskFilter extends PageRequest {
  groupId: number
  statuses: TaskStatus[]
  messageId: number | null
  connectionId: number | null
  userId: number | null
  templateId: number | null
  since: string | null
  until: string | null
}

/** Newest first. */
export async function listTasks(tx: Tx, filter: TaskFilter): Promise<{ total: number; found: Task[] }> {
  let query = tasks(tx).where('t.group_id', '=', filter.groupId)
  if (filter.statuses.length > 0) {
    const numbers = filter.statuses.map((word) => STATUSES.indexOf(word))
    query = query.where('t.status', 'in', numbers)
  }
  if (filter.messageId !== null) query = query.where('t.message_id', '=', filter.messageId)
  if (filter.connectionId !== null) query = query.where('t.connection_id', '=', filter.connectionId)
  if (filter.userId !== null) query = query.where('t.user_id', '=', filter.userId)
  if (filter.templateId !== null) query = query.where('t.template_id', '=', filter.templateId)
  if (filter.since !== null) query = query.where(sql<boolean>`t.created_at >= ${filter.since}::timestamptz`)
  if (filter.until !== null) query = query.where(sql<boolean>`t.created_at < ${filter.until}::timestamptz`)
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .selectAll('t')
      .select(COLUMNS)
      .orderBy('t.id', 'desc')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, found }
}

/** Of one that nobody works on; answers whether it was. */
export async function cancelTask(tx: Tx, id: number, by: string): Promise<boolean> {
  const error = { code: 'notify.cancelled', message: `Cancelled by ${by}.`, blame: 'message' }
  const { numUpdatedRows } = await tx
    .updateTable('notify.task')
    .set({ status: 3, due_at: null, done_at: sql<Date>`now()`, error: JSON.stringify(error) })
    .where('id', '=', id)
    .where('status', '=', 0)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** What was sent goes as a new one; what failed may have arrived all the same, so it keeps its mark. */
export async function replayTask(tx: Tx, id: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('notify.task')
    .set({
      dedup: sql<string>`case when status = 2 then gen_random_uuid() else dedup end`,
      parts_sent: sql<number>`case when status = 2 then 0 else parts_sent end`,
      status: 0,
      due_at: sql<Date>`now()`,
      paced_at: null,
      attempts: 0,
      receipt: null,
      answer: null,
      error: null,
      done_at: null,
    })
    .where('id', '=', id)
    .where('status', 'in', [2, 3])
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
