/** The tasks that a hub holds: what it needs to know to send them, and what became of them. */
import { sql } from 'kysely'
import type { Format, Level, TaskError, Tx } from './tables.ts'

/** A task as it is sent. */
export interface HeldTask {
  id: number
  group_id: number
  message_id: number
  connection_id: number | null
  user_id: number | null
  account_id: number | null
  address: string | null
  account_status: 'active' | 'broken' | null
  attempts: number
  parts_sent: number
  dedup: string
  paced_at: Date | null
  title: string
  content: string
  format: Format
  level: Level
}

/** Those of them that this hub still holds. */
export async function loadHeld(tx: Tx, ids: readonly number[], owner: string): Promise<HeldTask[]> {
  const { rows } = await sql<HeldTask>`
    select t.id, t.group_id, t.message_id, t.connection_id, t.user_id, t.account_id,
      coalesce(a.account, t.address) as address, a.status as account_status, t.attempts, t.parts_sent, t.dedup,
      t.paced_at, m.title, m.content, m.format, m.level
    from notify.task t
    join notify.message m on m.group_id = t.group_id and m.id = t.message_id
    left join notify.account a on a.group_id = t.group_id and a.id = t.account_id
    where t.id = any (${ids}::bigint[]) and t.lease_owner = ${owner}`.execute(tx)
  return rows
}

/** What a try makes of its task. */
export interface TaskEnd {
  id: number
  status: 0 | 2 | 3
  /** When it is tried again; null: it is over. */
  due_at: string | null
  paced_at: string | null
  attempts: number
  parts_sent: number
  receipt: string | null
  answer: string | null
  error: TaskError | null
}

/** Writes ends down and gives the leases back, in one statement. Answers those that were still held. */
export async function endTries(tx: Tx, ends: readonly TaskEnd[], owner: string): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`
    update notify.task t set status = e.status, due_at = e.due_at, paced_at = e.paced_at, attempts = e.attempts,
      parts_sent = e.parts_sent, receipt = e.receipt, answer = coalesce(e.answer, t.answer), error = e.error,
      done_at = case when e.due_at is null then now() end, lease_owner = null, lease_until = null
    from jsonb_to_recordset(${JSON.stringify(ends)}::jsonb) as e (id bigint, status smallint, due_at timestamptz,
      paced_at timestamptz, attempts integer, parts_sent integer, receipt text, answer text, error jsonb)
    where t.id = e.id and t.lease_owner = ${owner}
    returning t.id`.execute(tx)
  return new Set(rows.map(({ id }) => id))
}

/** The inbox is the hub's own: what is told there is told in the transaction that says so, exactly once. */
export async function putIntoInbox(tx: Tx, tasks: readonly HeldTask[]): Promise<void> {
  if (tasks.length === 0) return
  const rows = tasks.map(({ id, group_id, user_id, title, content, format, level }) => ({
    task_id: id,
    group_id,
    // A task without a connection has a user.
    user_id: user_id!,
    title,
    content,
    format,
    level,
  }))
  await tx.insertInto('notify.inbox').values(rows).execute()
}
