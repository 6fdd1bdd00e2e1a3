import { sql } from 'kysely'
import { emit, type InTransaction } from '#event'
import type { Connection, Tx } from './connection.store.ts'
import { type Applied, CHANGES_KEPT, type FileEntry, type SyncChange, type SyncCounts } from './sync-kind.ts'

/**
 * Compares a listing with the kept one in one statement, and keeps the new one. A file counts as changed when its
 * size, its time (to the second, for FTP knows no better) or its etag differs.
 */
export async function applyListing(
  act: InTransaction & { tx: Tx },
  { connection, syncId }: { connection: Connection; syncId: number },
  listed: FileEntry[],
): Promise<Applied> {
  // A store that names a file twice has it once.
  const files = [...new Map(listed.map((file) => [file.path, file])).values()]
  const changes = await compare(act.tx, connection, files)
  const count = (kind: SyncChange['kind']) => changes.filter((change) => change.kind === kind).length
  const counts: SyncCounts = {
    added: count('added'),
    updated: count('updated'),
    deleted: count('deleted'),
    unchanged: 0,
  }
  counts.unchanged = files.length - counts.added - counts.updated
  if (changes.length > 0) {
    const { id, name, provider, group_id: groupId } = connection
    const { unchanged: _, ...changed } = counts
    const some = changes.slice(0, 100).map(({ kind, item }) => ({ kind, path: item }))
    const payload = { connection_id: id, name, provider, sync_id: syncId, ...changed, files: some }
    await emit(act, { groupId, kind: 'files.changed', key: `sync ${syncId}`, payload })
  }
  return {
    counts,
    changes: changes.slice(0, CHANGES_KEPT),
    summary: `${files.length} ${files.length === 1 ? 'file' : 'files'}.`,
  }
}

async function compare(
  tx: Tx,
  { id, group_id: groupId }: Connection,
  files: FileEntry[],
): Promise<SyncChange[]> {
  const seen = sql`unnest(
    ${files.map(({ path }) => path)}::text[], ${files.map(({ sizeBytes }) => sizeBytes)}::bigint[],
    ${files.map(({ modifiedAt }) => modifiedAt)}::timestamptz[], ${files.map(({ etag }) => etag)}::text[]
  ) as seen (path, size_bytes, modified_at, etag)`
  const { rows } = await sql<{ kind: SyncChange['kind']; item: string; note: string }>`
    with seen as materialized (select * from ${seen}),
    kept as materialized (select * from connect.file_entry where connection_id = ${id}),
    gone as (
      delete from connect.file_entry f where f.connection_id = ${id}
        and not exists (select from seen s where s.path = f.path) returning f.path
    ),
    changed as (
      update connect.file_entry f set size_bytes = s.size_bytes, modified_at = s.modified_at, etag = s.etag
      from seen s where f.connection_id = ${id} and md5(f.path) = md5(s.path) and f.path = s.path
        and (f.size_bytes, date_trunc('second', f.modified_at), f.etag)
          is distinct from (s.size_bytes, date_trunc('second', s.modified_at), s.etag)
      returning f.path, s.size_bytes
    ),
    came as (
      insert into connect.file_entry (connection_id, path, group_id, size_bytes, modified_at, etag)
      select ${id}, s.path, ${groupId}, s.size_bytes, s.modified_at, s.etag from seen s
      where not exists (select from kept k where k.path = s.path)
      returning path, size_bytes
    )
    select kind, item, note from (
      select 'added' as kind, path as item, size_bytes || ' bytes' as note from came
      union all select 'updated', c.path, k.size_bytes || ' → ' || c.size_bytes || ' bytes'
        from changed c join kept k on k.path = c.path
      union all select 'deleted', path, '' from gone
    ) changes order by item`.execute(tx)
  return rows
}
