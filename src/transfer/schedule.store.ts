import { sql } from 'kysely'
import type { Tx } from './queue.store.ts'
import { type SkipReason, STATUSES } from './tables.ts'
import type { Transfer } from './transfer.store.ts'

/** A due time that had no run of its own, and why. */
export interface Skipped {
  scheduled_for: Date
  reason: SkipReason
  /** For how many due times it stands. */
  times: number
  message: string
}

type Place = Pick<Transfer, 'id' | 'group_id'>

/** Whoever starts runs of a transfer by its schedule does so one after the other. */
export async function lockTransfer(tx: Tx, id: number): Promise<void> {
  await sql`select from transfer.transfer where id = ${id} for no key update`.execute(tx)
}

/** The newest due time that has its run or is written down as skipped. */
export async function settledUntil(tx: Tx, { id, group_id }: Place): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select greatest(
      (select max(scheduled_for) from transfer.run where group_id = ${group_id} and transfer_id = ${id}),
      (select max(scheduled_for) from transfer.skipped where group_id = ${group_id} and transfer_id = ${id})
    ) as at`.execute(tx)
  return rows[0]?.at ?? null
}

const OPEN = STATUSES.filter((status) => !['FINISHED', 'FAILED', 'STOPPED'].includes(status))

/** The runs that are meant to be worked and are not over, the oldest first; no more than `limit`. */
export async function openRuns(tx: Tx, { id, group_id }: Place, limit: number): Promise<number[]> {
  const rows = await tx
    .selectFrom('transfer.run')
    .select('id')
    .where('group_id', '=', group_id)
    .where('transfer_id', '=', id)
    .where('queued_at', 'is not', null)
    .where('status', 'in', OPEN)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

const KEPT = 20

/** Of each transfer the newest few are kept. */
export async function putSkipped(tx: Tx, { id, group_id }: Place, skipped: Skipped): Promise<void> {
  await tx
    .insertInto('transfer.skipped')
    .values({ transfer_id: id, group_id, ...skipped })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await sql`
    delete from transfer.skipped where group_id = ${group_id} and transfer_id = ${id} and scheduled_for <= (
      select scheduled_for from transfer.skipped where group_id = ${group_id} and transfer_id = ${id}
      order by scheduled_for desc offset ${KEPT} limit 1)`.execute(tx)
}

/** The newest of each transfer: one look into the key per transfer of a page. */
export async function lastSkipped(tx: Tx, transfers: readonly Place[]): Promise<Map<number, Skipped>> {
  if (transfers.length === 0) return new Map()
  const { rows } = await sql<Skipped & { transfer_id: number }>`
    select s.transfer_id, s.scheduled_for, s.reason, s.times, s.message
    from unnest(${transfers.map(({ group_id }) => group_id)}::bigint[],
                ${transfers.map(({ id }) => id)}::bigint[]) as t (group_id, id)
    cross join lateral (
      select * from transfer.skipped s where s.group_id = t.group_id and s.transfer_id = t.id
      order by scheduled_for desc limit 1
    ) s`.execute(tx)
  return new Map(rows.map((row) => [row.transfer_id, row]))
}
