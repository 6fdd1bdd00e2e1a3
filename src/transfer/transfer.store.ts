import { type Selectable, sql } from 'kysely'
import { searchMatch, sortTerms } from '#database'
import { offsetOf, type PageRequest } from '#http'
import type { Tx } from './queue.store.ts'
import type { MissedRuns, Overlap, RunStatus, TransferTable } from './tables.ts'
import type {
  Resources,
  SourceParams,
  StrategyParams,
  TargetParams,
  Transformations,
} from './transfer.schema.ts'

export type Transfer = Omit<Selectable<TransferTable>, 'search_vector'>

const COLUMNS = [
  't.id',
  't.group_id',
  't.name',
  't.description',
  't.source_connection_id',
  't.target_connection_id',
  't.queue_id',
  't.source_params',
  't.target_params',
  't.strategy_params',
  't.transformations',
  't.resources',
  't.is_scheduled',
  't.schedule',
  't.timezone',
  't.missed_runs',
  't.overlap',
  't.created_at',
  't.updated_at',
] as const

export function findTransfer(tx: Tx, id: number): Promise<Transfer | undefined> {
  return tx.selectFrom('transfer.transfer as t').select(COLUMNS).where('t.id', '=', id).executeTakeFirst()
}

export interface TransferFilter extends PageRequest {
  groupId: number
  search: string | null
  sourceConnectionId: number | null
  targetConnectionId: number | null
  queueId: number | null
  sourceTypes: string[]
  targetTypes: string[]
  isScheduled: boolean | null
}

const endOf = (side: 'source_params' | 'target_params') => {
  const params = sql.ref(`t.${side}`)
  return sql`coalesce(${params} ->> 'table_name', ${params} ->> 'directory_path')`
}

/** What a list of transfers may be sorted by. */
export const TRANSFER_SORT = {
  id: sql.ref('t.id'),
  name: sql.ref('t.name'),
  description: sql.ref('t.description'),
  source: endOf('source_params'),
  target: endOf('target_params'),
  queue: sql`(select q.name from transfer.queue q where q.id = t.queue_id)`,
  is_scheduled: sql.ref('t.is_scheduled'),
  last_run: sql`(select max(r.created_at) from transfer.run r where r.transfer_id = t.id)`,
  created_at: sql.ref('t.created_at'),
  updated_at: sql.ref('t.updated_at'),
}

export async function listTransfers(
  tx: Tx,
  filter: TransferFilter,
): Promise<{ total: number; transfers: Transfer[] }> {
  let query = tx.selectFrom('transfer.transfer as t').where('t.group_id', '=', filter.groupId)
  const { sourceConnectionId, targetConnectionId, queueId, isScheduled } = filter
  if (sourceConnectionId !== null) query = query.where('t.source_connection_id', '=', sourceConnectionId)
  if (targetConnectionId !== null) query = query.where('t.target_connection_id', '=', targetConnectionId)
  if (queueId !== null) query = query.where('t.queue_id', '=', queueId)
  if (isScheduled !== null) query = query.where('t.is_scheduled', '=', isScheduled)
  // A transfer's params have their connection's type, so no join is needed.
  const ofType = (side: 'source_params' | 'target_params', types: string[]) =>
    sql<boolean>`${sql.ref(`t.${side}`)} ->> 'type' = any (${types}::text[])`
  if (filter.sourceTypes.length > 0) query = query.where(ofType('source_params', filter.sourceTypes))
  if (filter.targetTypes.length > 0) query = query.where(ofType('target_params', filter.targetTypes))
  const match = searchMatch(filter.search)
  if (match !== null) query = query.where(sql<boolean>`t.search_vector @@ (${match})`)
  const [{ total }, transfers] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(COLUMNS)
      .$call((found) =>
        sortTerms(filter.sort, TRANSFER_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .$if(match !== null, (found) => found.orderBy(sql`ts_rank(t.search_vector, ${match}) desc`))
      .orderBy('t.name')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, transfers }
}

export interface TransferToWrite {
  name: string
  description: string
  source_connection_id: number
  target_connection_id: number
  queue_id: number
  source_params: SourceParams
  target_params: TargetParams
  strategy_params: StrategyParams
  transformations: Transformations
  resources: Resources
  is_scheduled: boolean
  schedule: string
  timezone: string
  missed_runs: MissedRuns
  overlap: Overlap
}

function row(transfer: TransferToWrite) {
  return {
    ...transfer,
    source_params: JSON.stringify(transfer.source_params),
    target_params: JSON.stringify(transfer.target_params),
    strategy_params: JSON.stringify(transfer.strategy_params),
    transformations: JSON.stringify(transfer.transformations),
    resources: JSON.stringify(transfer.resources),
  }
}

export async function insertTransfer(tx: Tx, groupId: number, transfer: TransferToWrite): Promise<number> {
  const { id } = await tx
    .insertInto('transfer.transfer')
    .values({ group_id: groupId, ...row(transfer) })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function updateTransfer(tx: Tx, id: number, transfer: TransferToWrite): Promise<void> {
  await tx.updateTable('transfer.transfer').set(row(transfer)).where('id', '=', id).execute()
}

export async function deleteTransfer(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('transfer.transfer').where('id', '=', id).execute()
}

/** Of how many transfers a connection is an end. */
export async function countTransfersOf(
  tx: Tx,
  { id, group_id: groupId }: { id: number; group_id: number },
): Promise<number> {
  const { count } = await tx
    .selectFrom('transfer.transfer')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('group_id', '=', groupId)
    .where(({ or, eb }) => or([eb('source_connection_id', '=', id), eb('target_connection_id', '=', id)]))
    .executeTakeFirstOrThrow()
  return count
}

export interface LastRun {
  transfer_id: number
  id: number
  status: RunStatus
  started_at: Date | null
  ended_at: Date | null
}

/** The newest run of each transfer: one look into the index per transfer of a page. */
export async function lastRuns(tx: Tx, transfers: readonly Transfer[]): Promise<Map<number, LastRun>> {
  if (transfers.length === 0) return new Map()
  const { rows } = await sql<LastRun>`
    select r.transfer_id, r.id, r.status, r.started_at, r.ended_at
    from unnest(${transfers.map(({ group_id }) => group_id)}::bigint[],
                ${transfers.map(({ id }) => id)}::bigint[]) as t (group_id, id)
    cross join lateral (
      select transfer_id, id, status, started_at, ended_at from transfer.run r
      where r.group_id = t.group_id and r.transfer_id = t.id
      order by created_at desc, id desc limit 1
    ) r`.execute(tx)
  return new Map(rows.map((run) => [run.transfer_id, run]))
}

export interface Mark {
  name: string
  value: string
}

export function findMark(tx: Tx, transferId: number): Promise<Mark | undefined> {
  return tx
    .selectFrom('transfer.mark')
    .select(['name', 'value'])
    .where('transfer_id', '=', transferId)
    .executeTakeFirst()
}

export async function putMark(
  tx: Tx,
  mark: Mark & { transferId: number; groupId: number; runId: number },
): Promise<void> {
  const { name, value, runId } = mark
  await tx
    .insertInto('transfer.mark')
    .values({ transfer_id: mark.transferId, group_id: mark.groupId, name, value, run_id: runId })
    .onConflict((conflict) => conflict.column('transfer_id').doUpdateSet({ name, value, run_id: runId }))
    .execute()
}

export async function deleteMark(tx: Tx, transferId: number): Promise<void> {
  await tx.deleteFrom('transfer.mark').where('transfer_id', '=', transferId).execute()
}
