/**
 * What was taken over from another system, so that it is taken over once and can be undone: its ids and ours. Rooms
 * import their own things and remember them here, in the importer's one transaction, as the owner of the tables.
 */
import { type QueryExecutorProvider, sql } from 'kysely'

export type ImportedKind = 'user' | 'group' | 'member' | 'connection' | 'queue' | 'transfer' | 'run'

/** The transaction that takes over, and the name that the operator gave to where things come from. */
export interface Import {
  tx: QueryExecutorProvider
  source: string
}

/** Times are text as PostgreSQL writes them, to the microsecond. */
export interface Known {
  /** The id here; null when it has been deleted here since. */
  id: number | null
  foreignCreatedAt: string | null
}

export interface ToRemember {
  foreign_id: string
  foreign_created_at: string | null
  local_id: number
  /** False where it was here before: undoing leaves it. */
  made: boolean
  row_updated_at: string | null
}

/** Rows of one statement: a batch is a parameter of a few MiB at most. */
export const IMPORT_BATCH = 1_000

const TABLES: Record<ImportedKind, string> = {
  user: 'identity.user',
  group: 'identity.group',
  member: 'identity.user_group',
  connection: 'connect.connection',
  queue: 'transfer.queue',
  transfer: 'transfer.transfer',
  run: 'transfer.run',
}

/** What was taken over before, of one kind or of those ids of it. */
export async function knownImports(
  { tx, source }: Import,
  kind: ImportedKind,
  foreignIds?: readonly string[],
): Promise<Map<string, Known>> {
  const some = foreignIds === undefined ? sql`` : sql`and m.foreign_id = any (${foreignIds}::text[])`
  const { rows } = await sql<{ foreign_id: string; id: number | null; at: string | null }>`
    select m.foreign_id, t.id, m.foreign_created_at::text as at
    from identity.imported m left join ${sql.table(TABLES[kind])} t on t.id = m.local_id
    where m.source = ${source} and m.kind = ${kind} ${some}`.execute(tx)
  return new Map(rows.map(({ foreign_id, id, at }) => [foreign_id, { id, foreignCreatedAt: at }]))
}

export async function rememberImports(
  { tx, source }: Import,
  kind: ImportedKind,
  rows: readonly ToRemember[],
): Promise<void> {
  await sql`
    insert into identity.imported (source, kind, foreign_id, foreign_created_at, local_id, made, row_updated_at)
    select ${source}, ${kind}, r.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r (foreign_id text, foreign_created_at timestamptz, local_id bigint, made boolean, row_updated_at timestamptz)
  `.execute(tx)
}

/** Ids for rows that are about to be written, so that rows of the same statement can be told apart. */
export async function nextIds({ tx }: Import, kind: ImportedKind, count: number): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select nextval(pg_get_serial_sequence(${quotedTable(kind)}, 'id')) as id from generate_series(1, ${count})
  `.execute(tx)
  return rows.map(({ id }) => id)
}

/** Deletes the rows of a kind that the import made; how many there still were. */
export async function deleteImported({ tx, source }: Import, kind: ImportedKind): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ${sql.table(TABLES[kind])} t using identity.imported m
    where m.source = ${source} and m.kind = ${kind} and m.made and m.local_id = t.id`.execute(tx)
  return Number(numAffectedRows ?? 0n)
}

/** How many things of each kind the import made that are still here; null when nothing came from there. */
export async function countImported({ tx, source }: Import): Promise<Record<ImportedKind, number> | null> {
  const counts: Record<string, number> = {}
  let isKnown = false
  for (const [kind, table] of Object.entries(TABLES)) {
    const { rows } = await sql<{ known: number; made: number }>`
      select count(*) as known, count(t.id) filter (where m.made) as made
      from identity.imported m left join ${sql.table(table)} t on t.id = m.local_id
      where m.source = ${source} and m.kind = ${kind}`.execute(tx)
    counts[kind] = rows[0]?.made ?? 0
    if ((rows[0]?.known ?? 0) > 0) isKnown = true
  }
  return isKnown ? (counts as Record<ImportedKind, number>) : null // one for each kind of TABLES
}

/** Everything that was known of a source is forgotten, once it is undone. */
export async function forgetImports({ tx, source }: Import): Promise<void> {
  await sql`delete from identity.imported where source = ${source}`.execute(tx)
}

/** `schema."table"`, as `pg_get_serial_sequence` reads a name. */
function quotedTable(kind: ImportedKind): string {
  return TABLES[kind]
    .split('.')
    .map((part) => `"${part}"`)
    .join('.')
}
