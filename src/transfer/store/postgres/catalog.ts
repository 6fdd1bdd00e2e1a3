import type pg from 'pg'

import type { TableName } from '../../engine/job.ts'
import { quoteTable, quoteValue } from './quote.ts'

export interface ColumnInfo {
  name: string
  /** As DDL writes it, with schema for what is not built in: `numeric(10,2)`, `public.mood[]`. */
  type: string
  typeOid: number
  typmod: number
  /** `b` base, `c` composite, `d` domain, `e` enum, `p` pseudo, `r` range, `m` multirange. */
  typtype: string
  /** Of a domain, what it stands on; else the type itself. */
  baseType: string
  /** Every server has this type under this number, and its binary form is sent and read alike. */
  binary: boolean
  /** `A` array, `N` number, `S` text, `D` date and time … (pg_type.typcategory, of the base type). */
  category: string
  notNull: boolean
  hasDefault: boolean
  /** Computed from other columns, so never written. */
  generated: boolean
  identity: 'always' | 'by default' | null
}

export interface TableInfo {
  oid: number
  /** pg_class.relkind: `r` table, `p` partitioned, `v` view, `m` materialised view, `f` foreign. */
  kind: string
  columns: ColumnInfo[]
  primaryKey: string[]
  /** By the statistics; null when the table was never analysed and is not empty. */
  estimatedRows: number | null
  sizeBytes: number
}

/**
 * What a type is called and how it travels. The `reg*` types are excluded from binary: they send numbers
 * that mean another object elsewhere. Names are qualified here, for search_path is the login's own.
 */
const OF_TYPE = `t.oid::int8 as type_oid, a.typmod, t.typtype,
         case when n.nspname <> 'pg_catalog' and pg_type_is_visible(t.oid) then quote_ident(n.nspname) || '.' else '' end
           || format_type(t.oid, a.typmod) as type,
         case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as domain_of,
         coalesce(d.typcategory, t.typcategory) as category,
         t.oid < 16384 and n.nspname = 'pg_catalog' and t.typsend <> 0 and t.typreceive <> 0
           and t.typtype in ('b', 'r', 'm') and coalesce(e.typname, t.typname) !~ '^reg' as binary`

const JOIN_TYPE = `
  join pg_type t on t.oid = a.type_oid
  join pg_namespace n on n.oid = t.typnamespace
  left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  left join pg_type d on d.oid = t.typbasetype and t.typtype = 'd'`

const COLUMNS = `
  select a.name, ${OF_TYPE}, a.not_null, a.has_default, a.generated, a.identity
  from (select attname as name, atttypid as type_oid, atttypmod as typmod, attnum, attnotnull as not_null,
               atthasdef as has_default, attgenerated <> '' as generated,
               case attidentity when 'a' then 'always' when 'd' then 'by default' end as identity
        from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped) a
  ${JOIN_TYPE}
  order by a.attnum`

const RESULT_COLUMNS = `
  select a.name, ${OF_TYPE}, false as not_null, false as has_default, false as generated, null as identity
  from unnest($1::text[], $2::oid[], $3::int4[]) with ordinality as a(name, type_oid, typmod, place)
  ${JOIN_TYPE}
  order by a.place`

interface ColumnRow {
  name: string
  type_oid: string
  typmod: number
  typtype: string
  type: string
  domain_of: string | null
  category: string
  binary: boolean
  not_null: boolean
  has_default: boolean
  generated: boolean
  identity: 'always' | 'by default' | null
}

/** What the catalog says of a table (or view); null when there is none of that name. */
export async function readTable(client: pg.Client, table: TableName): Promise<TableInfo | null> {
  const found = await client.query<{
    oid: string
    kind: string
    estimated_rows: string | null
    size_bytes: string
    primary_key: string[]
  }>(
    `select c.oid::int8 as oid, c.relkind as kind,
            case when c.relkind not in ('r', 'p', 'm') or c.reltuples < 0 then null
                 else c.reltuples::int8 end as estimated_rows,
            case when c.relkind in ('r', 'm') then pg_table_size(c.oid) else 0 end as size_bytes,
            array(select a.attname::text from pg_index i
                  cross join lateral unnest(i.indkey) with ordinality as k(attnum, place)
                  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                  where i.indrelid = c.oid and i.indisprimary order by k.place) as primary_key
     from pg_class c where c.oid = to_regclass($1) and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [quoteTable(table)],
  )
  const row = found.rows[0]
  if (row === undefined) return null
  const columns = await client.query<ColumnRow>(COLUMNS, [row.oid])
  const sizeBytes = Number(row.size_bytes)
  return {
    oid: Number(row.oid),
    kind: row.kind,
    columns: columns.rows.map(readColumn),
    primaryKey: row.primary_key,
    estimatedRows:
      row.estimated_rows === null
        ? sizeBytes === 0 && row.kind === 'r'
          ? 0
          : null
        : Number(row.estimated_rows),
    sizeBytes,
  }
}

/** The columns that a query would give; it is planned and run for no rows. */
export async function describeQuery(client: pg.Client, query: string): Promise<ColumnInfo[]> {
  const { fields } = await client.query(`${query} limit 0`)
  const described = await client.query<ColumnRow>(RESULT_COLUMNS, [
    fields.map((field) => field.name),
    fields.map((field) => field.dataTypeID),
    fields.map((field) => field.dataTypeModifier),
  ])
  return described.rows.map(readColumn)
}

function readColumn(row: ColumnRow): ColumnInfo {
  return {
    name: row.name,
    type: row.type,
    typeOid: Number(row.type_oid),
    typmod: row.typmod,
    typtype: row.typtype,
    baseType: row.domain_of ?? row.type,
    binary: row.binary,
    category: row.category,
    notNull: row.not_null,
    hasDefault: row.has_default,
    generated: row.generated,
    identity: row.identity,
  }
}

/**
 * The type that the server knows under this text, as DDL writes it; null when there is none. The text must
 * already be one that cannot be anything but a type: it is compared, never run.
 */
export async function knownType(client: pg.Client, type: string): Promise<string | null> {
  const bare = type.replace(/\([^)]*\)/, '')
  const found = await client.query<{ known: boolean }>(
    `select to_regtype(${quoteValue(bare)}) is not null as known`,
  )
  return found.rows[0]?.known === true ? type : null
}
