import type { Insertable } from 'kysely'
import { offsetOf, type PageRequest } from '#http'
import type { Tx } from './connection.store.ts'
import type { CatalogTable, SyncChange } from './sync-kind.ts'
import type { CatalogVersionTable } from './tables.ts'

export interface CatalogVersion {
  version: number
  sync_id: number | null
  change: 'first' | 'non_breaking' | 'breaking'
  tables: number
  created_at: Date
}

export interface FullCatalog extends CatalogVersion {
  hash: string
  catalog: CatalogTable[]
  diff: SyncChange[]
}

const SHORT = ['version', 'sync_id', 'change', 'tables', 'created_at'] as const

export async function findNewestCatalog(tx: Tx, connectionId: number): Promise<FullCatalog | undefined> {
  const found = await tx
    .selectFrom('connect.catalog_version')
    .select([...SHORT, 'hash', 'catalog', 'diff'])
    .where('connection_id', '=', connectionId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return found as FullCatalog | undefined // written by `insertCatalog`, and by nobody else
}

export async function findCatalog(
  tx: Tx,
  connectionId: number,
  version: number,
): Promise<FullCatalog | undefined> {
  const found = await tx
    .selectFrom('connect.catalog_version')
    .select([...SHORT, 'hash', 'catalog', 'diff'])
    .where('connection_id', '=', connectionId)
    .where('version', '=', version)
    .executeTakeFirst()
  return found as FullCatalog | undefined // written by `insertCatalog`, and by nobody else
}

export async function listCatalogs(
  tx: Tx,
  filter: PageRequest & { connectionId: number },
): Promise<{ total: number; found: CatalogVersion[] }> {
  const query = tx.selectFrom('connect.catalog_version').where('connection_id', '=', filter.connectionId)
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query.select(SHORT).orderBy('version', 'desc').limit(filter.page_size).offset(offsetOf(filter)).execute(),
  ])
  return { total, found }
}

export async function insertCatalog(tx: Tx, row: Insertable<CatalogVersionTable>): Promise<void> {
  await tx.insertInto('connect.catalog_version').values(row).execute()
}
