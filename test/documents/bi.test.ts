/** The SQL of docs/how-to/read-the-hub-from-bi.md does what the page says. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'

const page = readFileSync(
  path.join(import.meta.dirname, '..', '..', 'docs', 'how-to', 'read-the-hub-from-bi.md'),
  'utf8',
)
const [login = '', oneGroup = ''] = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, block = '']) => block)
const VIEWS = ['user', 'group', 'user_group', 'connection', 'auth_data', 'queue', 'transfer', 'run']

let database: TestDatabase
let client: pg.Client
let groupId: number
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  for (const name of ['mine', 'theirs']) groupId = await fill(name)
  // Roles are of the whole server, which other tests share: this one is never committed.
  await client.query('begin')
  await client.query(login)
  await client.query('set local role bi')
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

/** A group with a row in each view. */
async function fill(name: string): Promise<number> {
  const rows = await client.query<{ id: number }>(`
    with owner as (insert into identity."user" (username) values ('${name}') returning id)
    insert into identity."group" (name, owner_id) select '${name}', id from owner returning id::int`)
  const id = rows.rows[0]?.id ?? 0
  await client.query(`
    with member as (insert into identity."user" (username) values ('${name}-member') returning id)
    insert into identity.user_group (user_id, group_id, role_id) select id, ${id}, 'guest' from member;
    insert into public.integration_connectors (company_id, provider, connector_type, created_by)
      select g.uuid, 'postgres', 'database', u.uuid from identity."group" g join identity."user" u on u.id = g.owner_id where g.id = ${id};
    insert into connect.auth_data (connection_id, group_id, value) select id, ${id}, 'sealed' from connect.connection where group_id = ${id};
    insert into transfer.queue (group_id, name, slug) values (${id}, 'q', '${id}-q');
    insert into transfer.transfer (group_id, name, source_connection_id, target_connection_id, queue_id, source_params, target_params)
      select ${id}, 't', c.id, c.id, q.id, '{}', '{}' from connect.connection c join transfer.queue q using (group_id) where group_id = ${id};
    insert into transfer.run (transfer_id, group_id) select id, ${id} from transfer.transfer where group_id = ${id}`)
  return id
}

const counts = async () => {
  const found: number[] = []
  for (const view of VIEWS) {
    const { rows } = await client.query<{ count: number }>(
      `select count(*)::int as count from syncmaster."${view}"`,
    )
    found.push(rows[0]?.count ?? 0)
  }
  return found
}
const refused = async (statement: string) => {
  await client.query('savepoint s')
  const said = await client.query(statement).then(
    () => 'done',
    (error: Error) => error.message,
  )
  await client.query('rollback to savepoint s')
  return said
}

test('the role reads every view, of every group', async () => {
  // Four who sign in, with a personal group each.
  expect(await counts()).toEqual([4, 6, 2, 2, 2, 2, 2, 2])
})

test('it writes nothing, and sees no secrets', async () => {
  for (const statement of [
    `update syncmaster.queue set name = 'x'`,
    `delete from transfer.run`,
    `insert into transfer.queue (group_id, name, slug) values (1, 'x', 'x')`,
    'select value from connect.auth_data',
    'select * from identity.password',
    'select * from identity.session',
  ]) {
    expect([statement, await refused(statement)]).toEqual([
      statement,
      expect.stringMatching(/permission denied|cannot/),
    ])
  }
  const { rows: roles } = await client.query(`select pg_has_role('bi', 'crosstie_app', 'member') as may`)
  expect(roles).toEqual([{ may: false }])
  const { rows } = await client.query('select distinct value from syncmaster.auth_data')
  expect(rows).toEqual([{ value: null }])
})

test('held to one group it reads that one', async () => {
  await client.query('reset role')
  await client.query(oneGroup.replaceAll('= 7', `= ${groupId}`))
  await client.query('set local role bi')
  expect(await counts()).toEqual([2, 1, 1, 1, 1, 1, 1, 1])
})

test('a caller of the hub sees the rows that are theirs', async () => {
  await client.query('reset role')
  const { rows } = await client.query<{ uuid: string; owner_id: number }>(
    'select uuid, owner_id::int from identity."group" where id = $1',
    [groupId],
  )
  await client.query('set local role crosstie_app')
  const see = async (claims: object) => {
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
    return counts()
  }
  const { uuid = '', owner_id: ownerId = 0 } = rows[0] ?? {}
  const guest = { user_id: 0, groups: { [groupId]: 1 }, companies: { [uuid]: 1 } }
  // Names of those who sign in are for everybody, credentials for developers and up.
  expect(await see(guest)).toEqual([4, 1, 1, 1, 0, 1, 1, 1])
  const owner = { user_id: ownerId, groups: { [groupId]: 4 }, companies: { [uuid]: 4 } }
  expect(await see(owner)).toEqual([4, 2, 1, 1, 1, 1, 1, 1])
  expect(await see({})).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
})
