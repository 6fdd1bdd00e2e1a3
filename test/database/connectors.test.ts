/** `public.integration_connectors` as its document promises it to a client of SQL that sets a role and claims. */
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'

let database: TestDatabase
let client: pg.Client
interface Company {
  id: number
  uuid: string
  owner: string
  connector: string
}
let mine: Company
let theirs: Company

beforeAll(async () => {
  database = await createTestDatabase()
  mine = await company('mine')
  theirs = await company('theirs')
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})
beforeEach(() => client.query('begin'))
afterEach(() => client.query('rollback'))

async function company(name: string): Promise<Company> {
  const [user] = await database.sql<{ id: number; uuid: string }>(
    `insert into identity."user" (username) values ($1) returning id::int, uuid`,
    [name],
  )
  const [group] = await database.sql<{ id: number; uuid: string }>(
    `insert into identity."group" (name, owner_id) values ($1, $2) returning id::int, uuid`,
    [name, user?.id],
  )
  const [row] = await database.sql<{ id: string }>(
    `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
     values ($1, 'dingtalk', 'webhook', $2) returning id`,
    [group?.uuid, user?.uuid],
  )
  return { id: group?.id ?? 0, uuid: group?.uuid ?? '', owner: user?.uuid ?? '', connector: row?.id ?? '' }
}

type Role = 'anon' | 'authenticated' | 'service_role' | 'crosstie_app'
const become = async (role: Role, claims: object) => {
  await client.query(`set local role ${role}`)
  await client.query(`select set_config('request.jwt.claims', $1, true)`, [JSON.stringify(claims)])
}
const admin = () => ({
  company_id: mine.uuid,
  sub: mine.owner,
  app_metadata: { role_keys: ['Vibot.admin'] },
})
const seen = async () =>
  (await client.query<{ id: string }>('select id from public.integration_connectors order by id')).rows.map(
    ({ id }) => id,
  )
const INSERT = `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
  values ($1, 'mysql', 'database', $2)`
const refused = async (sql: string, values: unknown[] = []): Promise<string> => {
  await client.query('savepoint before')
  const code = await client.query(sql, values).then(
    () => 'done',
    (error: pg.DatabaseError) => error.code ?? '',
  )
  await client.query('rollback to savepoint before')
  return code
}

test.each(['anon', 'authenticated'] as const)(
  '%s reads the company of its claims and no other',
  async (role) => {
    await become(role, { company_id: mine.uuid })
    expect(await seen()).toEqual([mine.connector])
    await become(role, {})
    expect(await seen()).toEqual([])
    await client.query('reset request.jwt.claims')
    expect(await seen()).toEqual([])
  },
)

test('one without the role key writes nothing', async () => {
  await become('authenticated', { ...admin(), app_metadata: { role_keys: ['Other'] } })
  expect(await refused(INSERT, [mine.uuid, mine.owner])).toBe('42501')
  const { rowCount } = await client.query(`update public.integration_connectors set status = 'x'`)
  const { rowCount: gone } = await client.query('delete from public.integration_connectors')
  expect([rowCount, gone]).toEqual([0, 0])
})

test('one with it writes in the own company alone', async () => {
  await become('authenticated', admin())
  expect(await refused(INSERT, [mine.uuid, mine.owner])).toBe('done')
  expect(await refused(INSERT, [theirs.uuid, theirs.owner])).toBe('42501')
  const { rowCount } = await client.query(`update public.integration_connectors set status = 'x'`)
  expect(rowCount).toBe(1)
  expect(await refused('update public.integration_connectors set company_id = $1', [theirs.uuid])).toBe(
    '23514',
  )
  expect(await refused('update public.integration_connectors set id = gen_random_uuid()')).toBe('23514')
})

test('whom a row names must be a user of the company: a stranger and nobody get one answer', async () => {
  await become('authenticated', admin())
  expect(await refused(INSERT, [mine.uuid, theirs.owner])).toBe('23503')
  expect(await refused(INSERT, [mine.uuid, '00000000-0000-4000-8000-000000000000'])).toBe('23503')
  expect(await refused('update public.integration_connectors set updated_by = $1', [theirs.owner])).toBe(
    '23503',
  )
  expect(await refused('update public.integration_connectors set updated_by = $1', [mine.owner])).toBe('done')
  // In a company that is not its own it learns nothing about who is a member there.
  expect(await refused(INSERT, [theirs.uuid, mine.owner])).toBe('42501')
})

test('the service sees every company, or the one that its claims name', async () => {
  await become('service_role', {})
  expect(await seen()).toEqual([mine.connector, theirs.connector].toSorted())
  await become('service_role', { company_id: theirs.uuid })
  expect(await seen()).toEqual([theirs.connector])
  expect(await refused(INSERT, [mine.uuid, mine.owner])).toBe('42501')
})

test.each(['anon', 'authenticated', 'service_role'] as const)('%s reaches nothing else', async (role) => {
  await become(role, { ...admin(), user_id: 1, superuser: true, groups: { [mine.id]: 4 } })
  const { rows } = await client.query<{ name: string }>(`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
      and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')`)
  expect(rows.map(({ name }) => name).toSorted()).toEqual([
    'public.integration_connectors',
    'realtime.change',
  ])
  expect(await refused('select * from identity."user"')).toBe('42501')
  expect(await refused('create table public.x ()')).toBe('42501')
  expect(
    await refused(
      `insert into realtime.change (company_id, schema_name, table_name, type) values ($1, 'a', 'b', 'DELETE')`,
      [mine.uuid],
    ),
  ).toBe('42501')
})

test('claims of /v1 mean nothing to Supabase’s roles, and the other way round', async () => {
  await become('authenticated', { superuser: true, companies: { [mine.uuid]: 4 } })
  expect(await seen()).toEqual([])
  await become('crosstie_app', admin())
  expect(await seen()).toEqual([])
})

test('the outbox shows to each role what it may read of the table, deletes included', async () => {
  await become('authenticated', admin())
  await client.query('delete from public.integration_connectors where id = $1', [mine.connector])
  const told = async () =>
    (await client.query('select type, old_record, table_name from realtime.change order by id')).rows
  expect((await told()).at(-1)).toEqual({
    type: 'DELETE',
    old_record: { id: mine.connector },
    table_name: 'integration_connectors',
  })
  await become('authenticated', { company_id: theirs.uuid })
  expect((await told()).map(({ type }) => type)).toEqual(['INSERT'])
  await become('authenticated', {})
  expect(await told()).toEqual([])
  await become('crosstie_app', { companies: { [theirs.uuid]: 1 } })
  expect((await told()).map(({ table_name }) => table_name)).toEqual(
    ['connections', 'integration_connectors'].toSorted(),
  )
})

test('a row that comes in has its companion, and both go together', async () => {
  await become('authenticated', admin())
  const { rows } = await client.query<{ id: string }>(`${INSERT} returning id`, [mine.uuid, mine.owner])
  await client.query('reset role')
  await client.query('set local role crosstie_owner')
  const companions = async () =>
    (
      await client.query('select group_id, name from connect.connection where connector_id = $1', [
        rows[0]?.id,
      ])
    ).rows
  expect(await companions()).toEqual([
    { group_id: String(mine.id), name: `mysql-${rows[0]?.id.slice(0, 8)}` },
  ])
  await client.query('delete from connect.connection where connector_id = $1', [rows[0]?.id])
  const left = await client.query('select from public.integration_connectors where id = $1', [rows[0]?.id])
  expect([await companions(), left.rowCount]).toEqual([[], 0])
})
