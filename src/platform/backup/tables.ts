import pg from 'pg'
import { Fault, messageOf } from '#fault'

/** A table of ours, as the catalogs have it. `name` is for people and files, `sql` for statements. */
export interface Table {
  name: string
  sql: string
  /** Those with values of their own: what is generated is computed again. */
  columns: string[]
}

export interface Sequence {
  name: string
  /** As text: it may be beyond 2^53. */
  next_value: string
}

/**
 * A table belongs to a backup when it belongs to the hub: others in the database are somebody else's. What changed in
 * the last hour is news to those that listen, and means nothing to another server.
 */
const OURS = `
  c.relkind in ('r', 'p') and c.relpersistence = 'p' and c.relowner = 'crosstie_owner'::regrole
  and n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'realtime')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')`

const CONNECT_TIMEOUT_MS = 10_000

/** One connection that acts as `crosstie_owner`, whose rows and values look the same on every server. */
export async function withOwner<R>(url: string, work: (client: pg.Client) => Promise<R>): Promise<R> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'crosstie backup',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  let broken = false
  client.on('error', () => {
    broken = true
  })
  try {
    await client.connect()
  } catch (cause) {
    throw new Fault(
      'unavailable',
      'backup.no_database',
      `The database does not answer: ${messageOf(cause)}`,
      { cause },
    )
  }
  try {
    await client.query(
      `set role crosstie_owner; set datestyle to 'ISO, YMD'; set intervalstyle to postgres;
       set timezone to 'UTC'; set extra_float_digits to 1; set bytea_output to hex;
       set statement_timeout to 0; set idle_in_transaction_session_timeout to 0; set lock_timeout to '10s'`,
    )
    return await work(client)
  } catch (cause) {
    // What was expected has its words already; what is neither a Fault nor the database's is a bug of ours.
    if (cause instanceof Fault || !(broken || cause instanceof pg.DatabaseError)) throw cause
    const what = `The database ${broken ? 'broke off' : 'refused'}: ${messageOf(cause)}`
    throw new Fault('failed', 'backup.database_failed', what, { cause })
  } finally {
    await client.end()
  }
}

/** Every table of the hub, by name; partitions by themselves and not by their parents. */
export async function readTables(client: pg.Client): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `select n.nspname || '.' || c.relname as name, format('%I.%I', n.nspname, c.relname) as sql,
       array(select a.attname::text from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
             order by a.attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${OURS} and c.relkind = 'r'
     order by n.nspname collate "C", c.relname collate "C"`,
  )
  return rows
}

/**
 * Refuses when row-level security could hide rows from the owner: a backup that silently lacks them would be
 * found out at the restore. Each table must be open to the owner, unless its owner stands above its policies.
 */
export async function refuseHiddenRows(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${OURS} and c.relrowsecurity and c.relforcerowsecurity
       and (exists (select from pg_policy p where p.polrelid = c.oid and not p.polpermissive
                      and p.polroles && array[0::oid, c.relowner])
         or not exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive
                      and p.polroles && array[0::oid, c.relowner] and p.polcmd in ('*', 'r')
                      and pg_get_expr(p.polqual, p.polrelid) = 'true'))
     order by 1`,
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => name).join(', ')
  throw new Fault(
    'failed',
    'backup.rows_hidden',
    `Row-level security may hide rows of ${names} from crosstie_owner, so a backup could lack them. ` +
      'Each table needs a policy `to crosstie_owner using (true)`.',
  )
}

/** Each sequence and the value that it gives next. */
export async function readSequences(client: pg.Client): Promise<Sequence[]> {
  const { rows: found } = await client.query<{ name: string; sql: string; step: string }>(
    `select n.nspname || '.' || c.relname as name, format('%I.%I', n.nspname, c.relname) as sql,
       s.seqincrement as step
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_sequence s on s.seqrelid = c.oid
     where c.relowner = 'crosstie_owner'::regrole and n.nspname <> 'realtime'
     order by n.nspname collate "C", c.relname collate "C"`,
  )
  if (found.length === 0) return []
  const nextOf = ({ name, sql, step }: { name: string; sql: string; step: string }) =>
    `select ${pg.escapeLiteral(name)} as name,
       (last_value + case when is_called then ${step} else 0 end)::text as next_value
     from ${sql}`
  const { rows } = await client.query<Sequence>(found.map(nextOf).join(' union all '))
  return rows
}

/** `schema.table` as SQL; names of ours hold no dots. */
export function quoted(name: string): string {
  return name.split('.').map(pg.escapeIdentifier).join('.')
}
