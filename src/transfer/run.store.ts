import { type Selectable, sql } from 'kysely'
import { type Claimant, type Database, sortTerms } from '#database'
import { offsetOf, type PageRequest } from '#http'
import type { Tx } from './queue.store.ts'
import type { LogLevel, PreparedRun, RunProgress, RunStatus, RunTable, RunType } from './tables.ts'

export type Run = Omit<Selectable<RunTable>, 'updated_at' | 'lease_until'> & { transfer_name: string }

const COLUMNS = [
  'r.id',
  'r.transfer_id',
  'r.group_id',
  'r.started_at',
  'r.ended_at',
  'r.status',
  'r.type',
  'r.log_url',
  'r.transfer_dump',
  'r.queue_slug',
  'r.queued_at',
  'r.lease_owner',
  'r.attempts',
  'r.engine',
  'r.progress',
  'r.prepared',
  'r.scheduled_for',
  'r.error',
  'r.correlation_id',
  'r.created_by',
  'r.created_at',
] as const

const NAME = sql<string>`(r.transfer_dump ->> 'name')`.as('transfer_name')

export function findRun(tx: Tx, id: number): Promise<Run | undefined> {
  return tx
    .selectFrom('transfer.run as r')
    .select([...COLUMNS, NAME])
    .where('r.id', '=', id)
    .executeTakeFirst()
}

const ANY_RUN: Claimant = { databaseRole: 'crosstie_worker', claims: {} }

/** Whether there is such a run, whoever's it is. */
export function isRun(db: Database, id: number): Promise<boolean> {
  return db.withConnection(ANY_RUN, async (client) => {
    const { rowCount } = await client.query('select 1 from transfer.run where id = $1', [id])
    return rowCount === 1
  })
}

export interface RunFilter extends PageRequest {
  groupId: number
  transferId: number | null
  statuses: RunStatus[]
  types: RunType[]
  search: string | null
  startedSince: string | null
  startedUntil: string | null
}

/** What a list of runs may be sorted by. */
export const RUN_SORT = {
  id: sql.ref('r.id'),
  status: sql.ref('r.status'),
  type: sql.ref('r.type'),
  transfer_name: sql`(r.transfer_dump ->> 'name')`,
  created_at: sql.ref('r.created_at'),
  started_at: sql.ref('r.started_at'),
  ended_at: sql.ref('r.ended_at'),
  duration: sql`(coalesce(r.ended_at, now()) - r.started_at)`,
  rows: sql`((r.progress ->> 'rows')::numeric)`,
}

export async function listRuns(tx: Tx, filter: RunFilter): Promise<{ total: number; runs: Run[] }> {
  let query = tx.selectFrom('transfer.run as r').where('r.group_id', '=', filter.groupId)
  if (filter.transferId !== null) query = query.where('r.transfer_id', '=', filter.transferId)
  if (filter.statuses.length > 0) query = query.where('r.status', 'in', filter.statuses)
  if (filter.startedSince !== null) {
    query = query.where(sql<boolean>`r.started_at >= ${filter.startedSince}::timestamptz`)
  }
  if (filter.startedUntil !== null) {
    query = query.where(sql<boolean>`r.started_at <= ${filter.startedUntil}::timestamptz`)
  }
  if (filter.types.length > 0) query = query.where('r.type', 'in', filter.types)
  if (filter.search !== null && filter.search !== '') {
    // Of the name as it was then: a plain part of it, since a run has no search vector.
    query = query.where(sql<boolean>`strpos(lower(r.transfer_dump ->> 'name'), lower(${filter.search})) > 0`)
  }
  const [{ total }, runs] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select([...COLUMNS, NAME])
      .$call((found) =>
        sortTerms(filter.sort, RUN_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .orderBy('r.created_at', 'desc')
      .orderBy('r.id', 'desc')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, runs }
}

export interface RunToStart {
  transferId: number
  groupId: number
  type: RunType
  dump: object
  queueSlug: string
  correlationId: string | null
  createdBy: number
  scheduledFor: Date | null
}

/** Undefined when the schedule's time has its run already. */
export async function insertRun(tx: Tx, run: RunToStart): Promise<number | undefined> {
  const made = await tx
    .insertInto('transfer.run')
    .values({
      transfer_id: run.transferId,
      group_id: run.groupId,
      type: run.type,
      transfer_dump: JSON.stringify(run.dump),
      queue_slug: run.queueSlug,
      queued_at: new Date(),
      correlation_id: run.correlationId,
      created_by: run.createdBy,
      scheduled_for: run.scheduledFor,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return made?.id
}

/** Asks for a stop; the state that was there decides whether it may. */
export async function askToStop(tx: Tx, id: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('transfer.run')
    .set({ status: 'SEND_STOP_SIGNAL' })
    .where('id', '=', id)
    .where('status', 'in', ['CREATED', 'STARTED'])
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Everything that a worker writes says whose lease it is under: one that was lost writes nothing. */
export interface Held {
  id: number
  owner: string
}

/** STARTED, unless a stop came first: the state as it is then. */
export async function markStarted(
  tx: Tx,
  { id, owner }: Held,
  logUrl: string,
): Promise<RunStatus | undefined> {
  const { rows } = await sql<{ status: RunStatus }>`
    update transfer.run set
      status = case when status = 'CREATED' then 'STARTED' else status end,
      started_at = coalesce(started_at, now()), log_url = ${logUrl}
    where id = ${id} and lease_owner = ${owner} and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')
    returning status`.execute(tx)
  return rows[0]?.status
}

export interface Movement {
  engine?: 'copy' | 'embedded' | undefined
  progress?: RunProgress | undefined
  /** Null: what was prepared is taken back. */
  prepared?: PreparedRun | null | undefined
}

/** Undefined when the lease is no longer the caller's. */
export async function moveRun(tx: Tx, { id, owner }: Held, moved: Movement): Promise<RunStatus | undefined> {
  const found = await tx
    .updateTable('transfer.run')
    .set({
      ...(moved.engine === undefined ? {} : { engine: moved.engine }),
      ...(moved.progress === undefined ? {} : { progress: JSON.stringify(moved.progress) }),
      ...(moved.prepared === undefined
        ? {}
        : { prepared: moved.prepared === null ? null : JSON.stringify(moved.prepared) }),
      updated_at: new Date(),
    })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .returning('status')
    .executeTakeFirst()
  return found?.status
}

export interface RunEnd {
  status: 'FINISHED' | 'FAILED' | 'STOPPED'
  error: string | null
  progress?: RunProgress | undefined
}

/** Whether it was still the caller's to end. */
export async function endRun(tx: Tx, { id, owner }: Held, end: RunEnd): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('transfer.run')
    .set({
      status: end.status,
      error: end.error,
      ended_at: new Date(),
      ...(end.progress === undefined ? {} : { progress: JSON.stringify(end.progress) }),
    })
    .where('id', '=', id)
    .where('lease_owner', '=', owner)
    .where('status', 'in', ['CREATED', 'STARTED', 'SEND_STOP_SIGNAL'])
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export interface LogLine {
  seq: number
  at: Date
  level: LogLevel
  message: string
}

export async function insertLog(
  tx: Tx,
  { id, groupId }: { id: number; groupId: number },
  lines: LogLine[],
): Promise<void> {
  if (lines.length === 0) return
  await tx
    .insertInto('transfer.run_log')
    .values(lines.map((line) => ({ run_id: id, group_id: groupId, ...line })))
    .execute()
}

export function listLog(tx: Tx, runId: number, after: number, limit: number): Promise<LogLine[]> {
  return tx
    .selectFrom('transfer.run_log')
    .select(['seq', 'at', 'level', 'message'])
    .where('run_id', '=', runId)
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(limit)
    .execute()
}

export async function lastSeq(tx: Tx, runId: number): Promise<number> {
  const { last } = await tx
    .selectFrom('transfer.run_log')
    .select(({ fn }) => fn.coalesce(fn.max('seq'), sql<number>`0`).as('last'))
    .where('run_id', '=', runId)
    .executeTakeFirstOrThrow()
  return Number(last)
}
