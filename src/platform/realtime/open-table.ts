/** What may be followed: tables and views whose changes the outbox holds. */
import type { Claimant, Database, DatabaseRole } from '#database'

export interface OpenTable {
  schema: string
  table: string
  /** Who may follow it; whose rows one hears of is the outbox's policies' affair. */
  roles: readonly DatabaseRole[]
}

export interface Column {
  name: string
  /** As `pg_type` calls it: clients cast values by it. */
  type: string
}

export interface DescribedTable extends OpenTable {
  columns: Column[]
}

const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }
/** Of views the catalogs know no key; ours have this one. */
export const KEY = 'id'

/** The tables with their columns, read once: they change by migrations only, and those at a start. */
export function describeTables(db: Database, tables: readonly OpenTable[]): Promise<DescribedTable[]> {
  return db.withConnection(OWNER, async (client) => {
    const { rows } = await client.query<Column & { schema: string; table: string }>(
      `select n.nspname as schema, c.relname as table, a.attname as name, t.typname as type
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_type t on t.oid = a.atttypid
       where (n.nspname, c.relname) in (select * from unnest($1::text[], $2::text[]))
       order by c.oid, a.attnum`,
      [tables.map(({ schema }) => schema), tables.map(({ table }) => table)],
    )
    return tables.map((open) => ({
      ...open,
      columns: rows
        .filter(({ schema, table }) => schema === open.schema && table === open.table)
        .map(({ name, type }) => ({ name, type })),
    }))
  })
}
