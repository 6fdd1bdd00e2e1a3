import { sql } from 'kysely'
import { offsetOf, type PageRequest } from '#http'
import type { Tx } from './connection.store.ts'
import type { SyncChange, SyncCounts } from './sync-kind.ts'
import type { SyncError, SyncProgress, SyncState, SyncTrigger } from './tables.ts'

export interface SyncRow extends SyncCounts {
  id: number
  connection_id: number
  group_id: number
  trigger: SyncTrigger
  forced: boolean
  state: SyncState
  scheduled_for: Date | null
  queued_at: Date
  started_at: Date | null
  ended_at: Date | null
  progress: SyncProgress | null
  summary: string | null
  error: SyncError | null
  attempts: number
  created_by: number | null
  created_at: Date
  updated_at: Date
}

const COLUMNS = [
  'id',
  'connection_id',
  'group_id',
  'trigger',
  'forced',
  'state',
  'scheduled_for',
  'queued_at',
  'started_at',
  'ended_at',
  'added',
  'updated',
  'deleted',
  'unchanged',
  'progress',
  'summary',
  'error',
  'attempts',
  'created_by',
  'created_at',
  'updated_at',
] as const

const OPEN_STATES = ['pending', 'running', 'stopping'] as const

export function findSync(tx: Tx, id: number): Promise<SyncRow | undefined> {
  return tx.selectFrom('connect.sync').select(COLUMNS).where('id', '=', id).executeTakeFirst()
}

/** The sync of a connection that is not over; the one at work before the one that waits. */
export function findOpenSync(tx: Tx, connectionId: number): Promise<SyncRow | undefined> {
  return tx
    .selectFrom('connect.sync')
    .select(COLUMNS)
    .where('connection_id', '=', connectionId)
    .where('state', 'in', OPEN_STATES)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

export async function listSyncs(
  tx: Tx,
  filter: PageRequest & { connectionId: number; groupId: number; states: SyncState[] },
): Promise<{ total: number; found: SyncRow[] }> {
  let query = tx
    .selectFrom('connect.sync')
    .where('group_id', '=', filter.groupId)
    .where('connection_id', '=', filter.connectionId)
  if (filter.states.length > 0) query = query.where('state', 'in', filter.states)
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query.select(COLUMNS).orderBy('id', 'desc').limit(filter.page_size).offset(offsetOf(filter)).execute(),
  ])
  return { total, found }
}

export interface NewSync {
  connectionId: number
  groupId: number
  trigger: SyncTrigger
  userId: number
  scheduledFor?: Date
  forced?: boolean
  /** One that does not even begin, and why. */
  skipped?: SyncError
}

/** Undefined when one waits already, or when this due time has had its sync. */
export function insertSync(tx: Tx, made: NewSync): Promise<SyncRow | undefined> {
  return tx
    .insertInto('connect.sync')
    .values({
      connection_id: made.connectionId,
      group_id: made.groupId,
      trigger: made.trigger,
      forced: made.forced ?? false,
      created_by: made.userId,
      scheduled_for: made.scheduledFor ?? null,
      ...(made.skipped === undefined
        ? {}
        : { state: 'skipped' as const, error: JSON.stringify(made.skipped), ended_at: new Date() }),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(COLUMNS)
    .executeTakeFirst()
}

export async function setStopping(tx: Tx, id: number): Promise<SyncState | undefined> {
  const changed = await tx
    .updateTable('connect.sync')
    .set({
      state: sql<SyncState>`case when state = 'pending' and lease_owner is null then 'stopped' else 'stopping' end`,
      ended_at: sql<Date | null>`case when state = 'pending' and lease_owner is null then now() end`,
    })
    .where('id', '=', id)
    .where('state', 'in', ['pending', 'running'])
    .returning('state')
    .executeTakeFirst()
  return changed?.state
}

/** Whose lease a sync is under: what is written under a lost one touches nothing. */
export interface Held {
  id: number
  owner: string
}

export async function markRunning(tx: Tx, { id, owner }: Held): Promise<SyncRow | undefined> {
  return tx
    .updateTable('connect.sync')
    .set({
      state: sql<SyncState>`case when state = 'pending' then 'running' else state end`,
      started_at: sql<Date>`coalesce(started_at, now())`,
    })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('state', 'in', OPEN_STATES)
    .returning(COLUMNS)
    .executeTakeFirst()
}

/** Answers the state that it found; undefined when the lease is lost. */
export async function writeProgress(
  tx: Tx,
  { id, owner }: Held,
  progress: SyncProgress,
): Promise<SyncState | undefined> {
  const found = await tx
    .updateTable('connect.sync')
    .set({ progress: JSON.stringify(progress) })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .returning('state')
    .executeTakeFirst()
  return found?.state
}

export interface SyncEnd {
  state: 'succeeded' | 'failed' | 'stopped'
  counts?: SyncCounts
  summary?: string
  error?: SyncError
}

/** Whether it was ours to end. */
export async function endSync(tx: Tx, { id, owner }: Held, end: SyncEnd): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('connect.sync')
    .set({
      state: end.state,
      ended_at: new Date(),
      ...end.counts,
      summary: end.summary ?? null,
      error: end.error === undefined ? null : JSON.stringify(end.error),
      progress: null,
    })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('state', 'in', OPEN_STATES)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function insertChanges(
  tx: Tx,
  { id, group_id: groupId }: Pick<SyncRow, 'id' | 'group_id'>,
  changes: SyncChange[],
): Promise<void> {
  if (changes.length === 0) return
  await tx
    .insertInto('connect.sync_change')
    .values(
      changes.map(({ kind, item, note = '', breaking = false }, at) => ({
        sync_id: id,
        seq: at + 1,
        group_id: groupId,
        kind,
        item,
        note,
        breaking,
      })),
    )
    .execute()
}

export async function listChanges(
  tx: Tx,
  filter: PageRequest & { syncId: number },
): Promise<{ total: number; found: (Required<SyncChange> & { seq: number })[] }> {
  const query = tx.selectFrom('connect.sync_change').where('sync_id', '=', filter.syncId)
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(['seq', 'kind', 'item', 'note', 'breaking'])
      .orderBy('seq')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, found }
}

export async function setLastSynced(tx: Tx, connectorId: string): Promise<void> {
  await tx
    .updateTable('public.integration_connectors')
    .set({ last_synced_at: new Date() })
    .where('id', '=', connectorId)
    .execute()
}
