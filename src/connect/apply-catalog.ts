import { emit, type InTransaction } from '#event'
import { type CatalogDiff, diffCatalogs, hashOf } from './catalog.ts'
import { findNewestCatalog, insertCatalog } from './catalog.store.ts'
import type { Connection, Tx } from './connection.store.ts'
import { type Applied, type CatalogTable, CHANGES_KEPT } from './sync-kind.ts'

/** Keeps the tables as a new version when they are others than the newest. */
export async function applyCatalog(
  act: InTransaction & { tx: Tx },
  { connection, syncId }: { connection: Connection; syncId: number },
  tables: CatalogTable[],
): Promise<Applied> {
  const hash = hashOf(tables)
  const newest = await findNewestCatalog(act.tx, connection.id)
  if (newest?.hash === hash) {
    return {
      counts: { added: 0, updated: 0, deleted: 0, unchanged: tables.length },
      changes: [],
      summary: `${tablesOf(tables.length)}, as in version ${newest.version}.`,
    }
  }
  const { change, changes, ...counts } = diffCatalogs(newest?.catalog ?? [], tables)
  const version = (newest?.version ?? 0) + 1
  // The order of columns, or nothing that a diff names, cannot differ here: the hashes are over the same facts.
  const kind = newest === undefined ? 'first' : change === 'none' ? 'non_breaking' : change
  await insertCatalog(act.tx, {
    connection_id: connection.id,
    group_id: connection.group_id,
    version,
    sync_id: syncId,
    change: kind,
    hash,
    tables: tables.length,
    catalog: JSON.stringify(tables),
    diff: JSON.stringify(newest === undefined ? [] : changes.slice(0, CHANGES_KEPT)),
  })
  if (newest !== undefined) await tell(act, connection, { version, change, counts })
  return { counts, changes: changes.slice(0, CHANGES_KEPT), summary: summaryOf(version, kind, tables.length) }
}

async function tell(
  act: InTransaction,
  { id, name, provider, group_id: groupId }: Connection,
  {
    version,
    change,
    counts,
  }: { version: number; change: string; counts: Omit<CatalogDiff, 'change' | 'changes'> },
): Promise<void> {
  const payload = { connection_id: id, name, provider, version, change, ...counts }
  await emit(act, { groupId, kind: 'catalog.changed', key: `${id} ${version}`, payload })
}

function summaryOf(version: number, kind: string, count: number): string {
  if (kind === 'first') return `${tablesOf(count)}, kept as version 1.`
  return `${tablesOf(count)}, kept as version ${version}: ${kind === 'breaking' ? 'breaking' : 'no breaking'} changes.`
}

function tablesOf(count: number): string {
  return `${count} ${count === 1 ? 'table' : 'tables'}`
}
