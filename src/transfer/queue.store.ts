import { type Kysely, type Selectable, sql } from 'kysely'
import { searchMatch, sortTerms } from '#database'
import { Fault } from '#fault'
import { offsetOf, type PageRequest } from '#http'
import type { QueueTable, TransferTables } from './tables.ts'

export type Tx = Kysely<TransferTables>
export type Queue = Omit<Selectable<QueueTable>, 'search_vector'>

const COLUMNS = ['id', 'group_id', 'name', 'slug', 'description', 'created_at', 'updated_at'] as const

export function findQueue(tx: Tx, id: number): Promise<Queue | undefined> {
  return tx.selectFrom('transfer.queue').select(COLUMNS).where('id', '=', id).executeTakeFirst()
}

/** What a list of queues may be sorted by. */
export const QUEUE_SORT = {
  id: sql.ref('id'),
  name: sql.ref('name'),
  slug: sql.ref('slug'),
  description: sql.ref('description'),
  created_at: sql.ref('created_at'),
}

export async function listQueues(
  tx: Tx,
  filter: PageRequest & { groupId: number; search: string | null },
): Promise<{ total: number; queues: Queue[] }> {
  let query = tx.selectFrom('transfer.queue').where('group_id', '=', filter.groupId)
  const match = searchMatch(filter.search)
  if (match !== null) query = query.where(sql<boolean>`search_vector @@ (${match})`)
  const [{ total }, queues] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(COLUMNS)
      .$call((found) =>
        sortTerms(filter.sort, QUEUE_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .$if(match !== null, (found) => found.orderBy(sql`ts_rank(search_vector, ${match}) desc`))
      .orderBy('id')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, queues }
}

export function insertQueue(
  tx: Tx,
  queue: { groupId: number; name: string; slug: string; description: string },
): Promise<Queue> {
  const { groupId, name, slug, description } = queue
  return tx
    .insertInto('transfer.queue')
    .values({ group_id: groupId, name, slug, description })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

export function updateQueue(
  tx: Tx,
  id: number,
  change: { name: string; description: string },
): Promise<Queue> {
  return tx
    .updateTable('transfer.queue')
    .set(change)
    .where('id', '=', id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

/** Until the transaction ends, no transfer begins to use it. */
export async function lockQueue(tx: Tx, id: number): Promise<void> {
  await tx.selectFrom('transfer.queue').select('id').where('id', '=', id).forUpdate().execute()
}

export async function deleteQueue(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('transfer.queue').where('id', '=', id).execute()
}

export async function countTransfersOfQueue(tx: Tx, { id, group_id: groupId }: Queue): Promise<number> {
  const { count } = await tx
    .selectFrom('transfer.transfer')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('group_id', '=', groupId)
    .where('queue_id', '=', id)
    .executeTakeFirstOrThrow()
  return count
}

/** Says in SyncMaster's words what the database's constraints refuse. */
export async function keepsItsPlace<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined
    const what =
      constraint === 'queue_slug_key'
        ? 'queue'
        : constraint === 'transfer_group_id_name_key'
          ? 'transfer'
          : undefined
    if (what === undefined) throw error
    throw new Fault(
      'conflict',
      `transfer.${what}_name_taken`,
      `The ${what} name already exists in the target group, please specify a new one`,
      { cause: error },
    )
  }
}
