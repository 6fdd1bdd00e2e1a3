/** A row of a tenant in every table that has tenants, made of what the catalogs say: a new table needs no line here. */
import type { TestDatabase } from '../harness/database.ts'

export interface TenantTable {
  /** With its schema, quoted. */
  name: string
  column: 'group_id' | 'company_id'
}

interface Column {
  name: string
  type: string
  /** Table and column that a foreign key beside the tenant's column points at. */
  ref_table: string | null
  ref_column: string | null
  ref_tenant: string | null
  /** The first word that a check allows. */
  word: string | null
}

/** Tables with tenants that requests may read. */
export function tenantTables(sql: TestDatabase['sql']): Promise<TenantTable[]> {
  return sql<TenantTable>(`
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, a.attname as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname in ('group_id', 'company_id')
    where c.relkind = 'r' and n.nspname not like 'pg\\_%' and has_table_privilege('crosstie_app', c.oid, 'select')
    order by 1`)
}

/** Puts a row where the tenant has none; tables that others point at come first. */
export async function fillTables(
  sql: TestDatabase['sql'],
  tenant: { id: number; uuid: string },
): Promise<void> {
  let left = await tenantTables(sql)
  for (let before = Infinity; left.length < before;) {
    before = left.length
    const still: TenantTable[] = []
    for (const table of left) if (!(await fillTable(sql, table, tenant))) still.push(table)
    left = still
  }
}

async function fillTable(
  sql: TestDatabase['sql'],
  { name, column }: TenantTable,
  { id, uuid }: { id: number; uuid: string },
): Promise<boolean> {
  const tenant = column === 'group_id' ? String(id) : `'${uuid}'`
  const found = await sql(`select 1 from ${name} where ${column} = ${tenant} limit 1`)
  if (found.length > 0) return true
  const columns = await wantedColumns(sql, name)
  const names = columns.map((one) => `"${one.name}"`)
  const values = columns.map((one) => (one.name === column ? tenant : valueOf(one, id)))
  // What it points at is not there yet: its turn comes once more.
  const made = await sql(
    `insert into ${name} (${names.join(', ')}) select ${values.join(', ')} returning 1`,
  ).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === '23502') return []
    throw error
  })
  return made.length > 0
}

/** Columns that an insert must name, and the tenant's. */
function wantedColumns(sql: TestDatabase['sql'], table: string): Promise<Column[]> {
  return sql<Column>(
    `select a.attname as name, format_type(a.atttypid, null) as type, r.*,
            (select substring(pg_get_constraintdef(k.oid) from '''([^'']+)''')
             from pg_constraint k where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum]
             limit 1) as word
     from pg_attribute a
     left join lateral (
       select k.confrelid::regclass::text as ref_table,
              (select attname from pg_attribute where attrelid = k.confrelid and attnum = k.confkey[p.at]) as ref_column,
              (select attname from pg_attribute
               where attrelid = k.confrelid and attname in ('group_id', 'company_id') limit 1) as ref_tenant
       from pg_constraint k, generate_subscripts(k.conkey, 1) p (at)
       where k.conrelid = a.attrelid and k.contype = 'f' and k.conkey[p.at] = a.attnum
       limit 1
     ) r on true
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and a.attidentity = '' and (a.attname in ('group_id', 'company_id') or a.attnotnull and not a.atthasdef)`,
    [table],
  )
}

function valueOf(
  { type, ref_table: table, ref_column: column, ref_tenant: tenant, word }: Column,
  id: number,
) {
  if (table !== null) {
    const where = tenant === 'group_id' ? ` where group_id = ${id}` : ''
    return `(select ${column} from ${table}${where} limit 1)`
  }
  if (word !== null) return `'${word}'`
  switch (type) {
    case 'smallint':
    case 'integer':
    case 'bigint':
      return '1'
    case 'boolean':
      return 'false'
    case 'jsonb':
      return `'{}'::jsonb`
    case 'uuid':
      return 'gen_random_uuid()'
    case 'bytea':
      return `'\\x00'::bytea`
    case 'timestamp with time zone':
      return 'now()'
    default:
      return `'x'`
  }
}
