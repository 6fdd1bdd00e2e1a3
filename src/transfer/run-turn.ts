/**
 * One run of a transfer at a time, however it was started. Two at once would read the same mark and carry the same new
 * rows twice, or replace a table under each other; so whatever is started meanwhile waits for its turn.
 */
import { sql } from 'kysely'
import type { Tx } from './queue.store.ts'
import type { Run } from './run.store.ts'

/**
 * What the claim asks of a run that was not begun: no other run of its transfer is under way or just claimed, and none
 * came before it to the same queue. One that waits in another queue, which perhaps nobody serves, holds up nothing.
 */
export const isItsTurn = `(run.status <> 'CREATED' or run.started_at is not null or not exists (
    select from transfer.run other
    where other.group_id = run.group_id and other.transfer_id = run.transfer_id and other.id <> run.id
      and other.queued_at is not null and other.status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')
      and (other.started_at is not null or other.lease_until > now()
        or (other.queue_slug = run.queue_slug and (other.queued_at, other.id) < (run.queued_at, run.id)))))`

/**
 * Of the runs that wait for another of their transfer, which one each of them waits for: the one before it in its
 * queue, else the one that is under way. What the claim calls its turn, asked from the other side.
 */
export async function runsAhead(tx: Tx, runs: readonly Run[]): Promise<Map<number, number>> {
  const waiting = runs.filter((run) => run.status === 'CREATED' && run.started_at === null && run.queued_at)
  if (waiting.length === 0) return new Map()
  const { rows } = await sql<{ id: number; ahead: number }>`
    select run.id, ahead.id as ahead from transfer.run, lateral (
      select other.id from transfer.run other
      where other.group_id = run.group_id and other.transfer_id = run.transfer_id and other.id <> run.id
        and other.queued_at is not null and other.status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')
        and (other.started_at is not null
          or (other.queue_slug = run.queue_slug and (other.queued_at, other.id) < (run.queued_at, run.id)))
      order by other.queue_slug <> run.queue_slug, other.queued_at desc, other.id desc limit 1
    ) ahead
    where run.id = any (${waiting.map(({ id }) => id)}::bigint[])
      and run.status = 'CREATED' and run.started_at is null`.execute(tx)
  return new Map(rows.map(({ id, ahead }) => [id, ahead]))
}

/**
 * Whether another run of the transfer is under way. The lock on the transfer, held until the caller's transaction has
 * marked its run as started, is what keeps two workers of two queues from both hearing "no".
 */
export async function othersTurn(
  tx: Tx,
  { id, group_id: groupId, transfer_id: transferId }: Pick<Run, 'id' | 'group_id' | 'transfer_id'>,
): Promise<boolean> {
  await sql`select from transfer.transfer where id = ${transferId} for no key update`.execute(tx)
  const { rows } = await sql`
    select from transfer.run
    where group_id = ${groupId} and transfer_id = ${transferId} and id <> ${id} and started_at is not null
      and queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')
    limit 1`.execute(tx)
  return rows.length > 0
}
