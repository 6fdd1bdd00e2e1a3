import type pg from 'pg'
import { Fault } from '#fault'
import type { CatalogTable, Reading } from '../sync-kind.ts'
import { joinName } from './postgres-name.ts'

interface ColumnRow {
  schema: string
  table: string
  relkind: string
  estimate: string
  name: string
  type: string
  nullable: boolean
  primary_key: boolean
}

/** Every table and view that the user may read, with its columns, in one question. */
export async function readPostgresCatalog(
  client: pg.Client,
  { limit, progress }: Reading,
): Promise<CatalogTable[]> {
  const { rows } = await client.query<ColumnRow>(
    `with tables as (
       select c.oid, n.nspname as schema, c.relname as table, c.relkind, c.reltuples as estimate
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
         and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
         and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
       order by 2, 3 limit $1
     )
     select t.schema, t.table, t.relkind, t.estimate, a.attname as name,
            format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
            exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary
                    and a.attnum = any (i.indkey)) as primary_key
     from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
     order by t.schema, t.table, a.attnum`,
    [limit + 1],
  )
  const tables = groupTables(rows)
  if (tables.length > limit) throw tooManyTables(limit)
  progress('reading', tables.length)
  return tables
}

function groupTables(rows: ColumnRow[]): CatalogTable[] {
  const tables = new Map<string, CatalogTable>()
  for (const { schema, table, relkind, estimate, name, type, nullable, primary_key } of rows) {
    const full = joinName(schema, table)
    const found: CatalogTable = tables.get(full) ?? {
      name: full,
      kind: relkind === 'v' || relkind === 'm' ? 'view' : 'table',
      columns: [],
      // -1: never analysed, so nothing is known.
      ...(relkind === 'v' || Number(estimate) < 0 ? {} : { rows: Math.round(Number(estimate)) }),
    }
    found.columns.push({ name, type, nullable, primary_key })
    tables.set(full, found)
  }
  return [...tables.values()]
}

export function tooManyTables(limit: number): Fault {
  return new Fault(
    'too_large',
    'connect.too_many_tables',
    `There are more than ${limit} tables. Use a user that sees fewer, or raise CROSSTIE_LIMIT_SYNC_ITEMS.`,
  )
}
