/** A hub's database as a firm of a thousand teams has it, put in by SQL. */
import pg from 'pg'

export const SIZES = { groups: 1_000, connections: 100_000, transfers: 50_000, runs: 200_000 }
/** Of one transfer alone. */
const LONG_HISTORY = 10_000
/** The caller is an ordinary person: a developer in some of the groups. */
const MEMBER_OF = 20

export interface Seeded {
  groupId: number
  connectionIds: number[]
  /** One with a few runs, and the one with ten thousand. */
  transferId: number
  busyTransferId: number
}

/** Fills the database; the user `username` becomes a member of a score of its groups. */
export async function seed(adminUrl: string, username: string): Promise<Seeded> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query('begin')
    await fill(client)
    await client.query('commit')
    await client.query(
      `insert into identity.user_group (group_id, user_id, role_id)
       select g.id, u.id, 'developer' from (
         select id from identity."group" where name like 'Team %' order by id limit $1
       ) g, identity."user" u where u.username = $2`,
      [MEMBER_OF, username],
    )
    await client.query('vacuum analyze')
    return await find(client)
  } finally {
    await client.end()
  }
}

async function fill(client: pg.Client): Promise<void> {
  const { groups, connections, transfers, runs } = SIZES
  await client.query(
    `insert into identity."user" (username) select 'owner-' || n from generate_series(1, $1::int) n`,
    [groups],
  )
  await client.query(
    `insert into identity."group" (name, description, owner_id)
     select 'Team ' || lpad(substr(username, 7), 4, '0'), 'What they do', id
     from identity."user" where username like 'owner-%' order by id`,
  )
  await client.query(`create temporary table team on commit drop as
    select g.id, g.uuid, u.uuid as owner, row_number() over (order by g.id) - 1 as n
    from identity."group" g join identity."user" u on u.id = g.owner_id where g.name like 'Team %'`)
  await client.query(
    `insert into public.integration_connectors (company_id, provider, connector_type, status, config, created_by)
     select t.uuid, 'postgres', 'database', 'active',
       jsonb_build_object('host', 'db' || i || '.prod.example', 'port', 5432, 'database_name', 'd' || i), t.owner
     from generate_series(1, $1::int) i join team t on t.n = i % $2`,
    [connections, groups],
  )
  // Named as people name them, so that the search has something to rank.
  await client.query(
    `update connect.connection c set name = (array['orders', 'customers', 'billing', 'stock', 'visits'])[1 + c.id % 5]
       || ' ' || (array['archive', 'mirror', 'daily', 'live'])[1 + c.id % 4] || ' ' || c.id`,
  )
  await client.query(
    `update connect.connection c set auth_shown = '{"type": "basic", "user": "reader"}' where auth_shown is null`,
  )
  await client.query(
    `insert into transfer.queue (group_id, name, slug) select id, 'nightly', id || '-nightly' from team`,
  )
  await client.query(
    `insert into transfer.transfer (group_id, name, source_connection_id, target_connection_id, queue_id, source_params, target_params)
     select t.id, 'Copy orders ' || i, c.ids[1 + (i / $2) % 40], c.ids[41 + (i / $2) % 40], q.id,
       jsonb_build_object('type', 'postgres', 'table_name', 'shop.orders_' || i),
       jsonb_build_object('type', 'postgres', 'table_name', 'lake.orders_' || i)
     from generate_series(1, $1::int) i join team t on t.n = i % $2
     join (select group_id, array_agg(id order by id) as ids from connect.connection group by group_id) c on c.group_id = t.id
     join transfer.queue q on q.group_id = t.id`,
    [transfers, groups],
  )
  await client.query(
    `insert into transfer.run (transfer_id, group_id, status, type, started_at, ended_at, created_at, transfer_dump, queue_slug)
     select x.id, x.group_id, case r.n % 7 when 0 then 'FAILED' else 'FINISHED' end, 'MANUAL',
       made, made + interval '40 seconds', made, jsonb_build_object('id', x.id, 'name', x.name), x.group_id || '-nightly'
     from (select n, timestamptz '2026-01-01' + n * interval '97 seconds' as made,
         case when n <= $2 then 1 else 1 + n % $3 end as place from generate_series(1, $1::int) n) r
     join (select id, group_id, name, row_number() over (order by id) as place from transfer.transfer) x using (place)`,
    [runs, LONG_HISTORY, transfers],
  )
}

async function find(client: pg.Client): Promise<Seeded> {
  const one = async <T>(sql: string, values: unknown[] = []): Promise<T> => {
    const { rows } = await client.query(sql, values)
    return rows[0].found as T // the statement's own column
  }
  const busy = await one<string>('select id as found from transfer.transfer order by id limit 1')
  const groupId = await one<string>('select group_id as found from transfer.transfer where id = $1', [busy])
  return {
    groupId: Number(groupId),
    busyTransferId: Number(busy),
    transferId: Number(
      await one<string>(
        'select id as found from transfer.transfer where group_id = $1 and id <> $2 order by id limit 1',
        [groupId, busy],
      ),
    ),
    connectionIds: (
      await one<string[]>(
        'select array_agg(id order by id) as found from connect.connection where group_id = $1',
        [groupId],
      )
    ).map(Number),
  }
}
