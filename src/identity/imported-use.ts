/**
 * Whether what an import made has been changed or used since, so that undoing it would take along what people did. Told
 * from the catalogs, so that no room has to be asked: every row has its times, and every tenant's row its group.
 */
import { type RawBuilder, sql } from 'kysely'
import type { Import, ImportedKind } from './imported.ts'

export interface Use {
  /** `transfer "Orders" was changed`, `3 rows of identity.session`. */
  what: string
  count: number
}

const NAMED: readonly { kind: ImportedKind; table: string; name: string }[] = [
  { kind: 'user', table: 'identity.user', name: 'username' },
  { kind: 'group', table: 'identity.group', name: 'name' },
  { kind: 'connection', table: 'connect.connection', name: 'name' },
  { kind: 'queue', table: 'transfer.queue', name: 'name' },
  { kind: 'transfer', table: 'transfer.transfer', name: 'name' },
]
const KIND_OF = new Map<string, ImportedKind>([
  ...NAMED.map(({ kind, table }) => [table, kind] as const),
  ['identity.user_group', 'member'],
  ['transfer.run', 'run'],
])

/** What the hub writes by itself about what is there, with nobody using it. */
const OWN_DOING = new Set([
  'connect.health',
  'connect.sync_change',
  'platform.event',
  'realtime.change',
  'transfer.skipped',
])
/** The hub itself keeps their state and last sync; what people change of them shows on their companions, too. */
const KEPT_BY_HUB = new Set(['public.integration_connectors'])
const CHANGES_TOLD = 20

/** Nothing: the import can be undone without a loss. */
export async function usesSince(act: Import): Promise<Use[]> {
  const changed: Use[] = []
  for (const { kind, table, name } of NAMED) changed.push(...(await changesOf(act, kind, table, name)))
  const added: Use[] = []
  for (const place of await places(act)) added.push(...(await additionsIn(act, place)))
  return [...changed, ...added]
}

async function changesOf(
  { tx, source }: Import,
  kind: ImportedKind,
  table: string,
  name: string,
): Promise<Use[]> {
  const { rows } = await sql<{ name: string }>`
    select t.${sql.ref(name)} as name
    from identity.imported m join ${sql.table(table)} t on t.id = m.local_id
    where m.source = ${source} and m.kind = ${kind} and m.made and t.updated_at <> m.row_updated_at
    order by 1 limit ${CHANGES_TOLD}`.execute(tx)
  return rows.map((row) => ({ what: `${kind} "${row.name}" was changed`, count: 1 }))
}

/** A column that says whose a row is, by the id or the uuid of a user or group. */
interface Place {
  table: string
  column: string
  of: 'user' | 'group'
  by: 'id' | 'uuid'
}

async function places({ tx }: Import): Promise<Place[]> {
  const { rows } = await sql<Place>`
    select distinct n.nspname || '.' || c.relname as table, a.attname as column,
      coalesce(f.of, 'group') as of, coalesce(f.by, case a.attname when 'company_id' then 'uuid' else 'id' end) as by
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and not a.attisdropped and a.attnum > 0
    left join lateral (
      select case k.confrelid when 'identity."user"'::regclass then 'user' else 'group' end as of, b.attname as by
      from pg_constraint k join pg_attribute b on b.attrelid = k.confrelid and b.attnum = k.confkey[1]
      where k.contype = 'f' and k.conrelid = c.oid and k.conkey = array[a.attnum]
        and k.confrelid in ('identity."user"'::regclass, 'identity."group"'::regclass)
      limit 1
    ) f on true
    where c.relkind = 'r' and c.relowner = 'crosstie_owner'::regrole and n.nspname not like 'pg\\_%'
      and (f.of is not null or a.attname in ('group_id', 'company_id'))
      and exists (select from pg_attribute u where u.attrelid = c.oid and u.attname = 'updated_at' and not u.attisdropped)
    order by 1, 2`.execute(tx)
  return rows.filter(({ table }) => !OWN_DOING.has(table))
}

/** Rows that came or changed after the import, in what it made. What triggers made with it has its very times. */
async function additionsIn({ tx, source }: Import, { table, column, of, by }: Place): Promise<Use[]> {
  const kind = KIND_OF.get(table)
  const untouched =
    kind === undefined
      ? sql`false`
      : sql`exists (
          select from identity.imported o where o.source = ${source} and o.kind = ${kind} and o.local_id = r.id and o.made
            and (o.row_updated_at = r.updated_at or o.row_updated_at is null))`
  const touched = KEPT_BY_HUB.has(table) ? sql`r.created_at` : sql`r.updated_at`
  const { rows } = await sql<{ count: number }>`
    with time as materialized (select distinct created_at as at from identity.imported where source = ${source}),
    mine as materialized (${madeOf(source, of, by)})
    select count(*) as count from ${sql.table(table)} r
    where r.${sql.ref(column)} in (select key from mine)
      and greatest(r.created_at, ${touched}) > (select min(at) from time)
      and ${touched} not in (select at from time) and not ${untouched}`.execute(tx)
  const count = rows[0]?.count ?? 0
  return count === 0
    ? []
    : [{ what: `${count} ${count === 1 ? 'row' : 'rows'} of ${table} by ${column}`, count }]
}

/** The users that the import made; the groups it made, and the personal groups of its users. */
function madeOf(source: string, of: 'user' | 'group', by: 'id' | 'uuid'): RawBuilder<unknown> {
  const users = sql`
    select u.id, u.uuid from identity."user" u join identity.imported m
      on m.source = ${source} and m.kind = 'user' and m.made and m.local_id = u.id`
  if (of === 'user') return sql`select x.${sql.ref(by)} as key from (${users}) x`
  return sql`
    select g.${sql.ref(by)} as key from identity."group" g
    where (g.personal and g.owner_id in (select id from (${users}) x))
       or g.id in (select local_id from identity.imported where source = ${source} and kind = 'group' and made)`
}
