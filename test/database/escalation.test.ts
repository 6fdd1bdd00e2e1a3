/** A SQL client that is let in as the document's roles, and tries to become more by what a session may set. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let mine: TestGroup
let theirs: TestGroup
const login = `client_${Math.random().toString(36).slice(2, 10)}`
beforeAll(async () => {
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  mine = await hub.createGroup('Mine', { owner: 'ada' })
  theirs = await hub.createGroup('Theirs', { owner: 'eve' })
  for (const [group, owner] of [
    [mine, 'ada'],
    [theirs, 'eve'],
  ] as const) {
    await hub.sql(
      `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
       values ($1, 'mysql', 'database', $2)`,
      [group.uuid, hub.user(owner).uuid],
    )
  }
  // As an operator gives one to a team: in the two roles, and no more than that.
  await hub.sql(`create role ${login} login noinherit password 'of the test'`)
  await hub.sql(`grant anon, authenticated to ${login}`)
})
afterAll(async () => {
  await hub.sql(`drop role ${login}`)
  await hub.stop()
})

async function asClient<T>(role: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(hub.adminUrl)
  const [{ name } = { name: '' }] = await hub.sql<{ name: string }>('select current_database() as name')
  const client = new pg.Client({
    host: url.hostname,
    port: Number(url.port),
    database: name,
    user: login,
    password: 'of the test',
  })
  await client.connect()
  try {
    await client.query(`set role ${role}`)
    const claims = { company_id: mine.uuid, app_metadata: { role_keys: ['Vibot.admin'] } }
    await client.query(`select set_config('request.jwt.claims', $1, false)`, [JSON.stringify(claims)])
    return await work(client)
  } finally {
    await client.end()
  }
}
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: pg.DatabaseError) => error.code ?? String(error),
  )

describe.each(['anon', 'authenticated'])('%s', (role) => {
  test.each([
    'service_role',
    'crosstie_app',
    'crosstie_auth',
    'crosstie_worker',
    'crosstie_owner',
    'pg_read_all_data',
    'postgres',
  ])('does not become %s by set_config, set role or set session authorization', async (target) => {
    const [exists] = await hub.sql('select from pg_roles where rolname = $1', [target])
    if (exists === undefined) return
    await asClient(role, async (client) => {
      expect([
        await codeOf(client.query(`select set_config('role', $1, true)`, [target])),
        await codeOf(client.query(`select set_config('role', $1, false)`, [target])),
        await codeOf(client.query(`set role "${target}"`)),
        await codeOf(client.query(`select set_config('session_authorization', $1, false)`, [target])),
        await codeOf(client.query(`set session authorization "${target}"`)),
      ]).toEqual(['42501', '42501', '42501', '42501', '42501'])
      const { rows } = await client.query('select company_id from public.integration_connectors')
      expect(rows).toEqual([{ company_id: mine.uuid }])
    })
  })

  test('gets an error, and no row, with row security switched off; triggers stay on', async () => {
    await asClient(role, async (client) => {
      await client.query(`select set_config('row_security', 'off', false)`)
      expect(await codeOf(client.query('select * from public.integration_connectors'))).toBe('42501')
      expect(
        await codeOf(client.query(`select set_config('session_replication_role', 'replica', false)`)),
      ).toBe('42501')
    })
  })

  test('does not put helpers of its own in the policies’ place', async () => {
    await asClient(role, async (client) => {
      await codeOf(
        client.query(`create function pg_temp.current_company_id() returns uuid language sql as
          $$ select '${theirs.uuid}'::uuid $$`),
      )
      await client.query(`select set_config('search_path', 'pg_temp, public', false)`)
      const { rows } = await client.query('select company_id from public.integration_connectors')
      expect(rows).toEqual([{ company_id: mine.uuid }])
      for (const schema of ['public', 'platform', 'connect', 'identity']) {
        const made = client.query(
          `create function ${schema}.claims() returns jsonb language sql as $$ select '{}'::jsonb $$`,
        )
        expect(await codeOf(made)).toBe('42501')
      }
    })
  })

  test('calls none of the functions that act with their owner’s rights', async () => {
    await asClient(role, async (client) => {
      expect(await codeOf(client.query(`select connect.secret_in('mysql', '{"password": "x"}')`))).toBe(
        '42501',
      )
      expect(await codeOf(client.query('select connect.caller_companies(1)'))).toBe('42501')
    })
  })
})

test('over REST there is no function to call, and a filter is a value', async () => {
  const { body } = await hub.as('ada').post('/v1/auth/supabase', { group_id: mine.id })
  const client = hub.withAuthorization(`Bearer ${body.access_token}`)
  const called = await client.post('/rest/v1/rpc/set_config', {
    setting_name: 'role',
    new_value: 'service_role',
  })
  expect([404, 405]).toContain(called.status)
  for (const query of [
    `select=set_config('role','service_role',true)`,
    `company_id=eq.${theirs.uuid}`,
    `provider=eq.x'%20or%20set_config('role','service_role',true)='x`,
  ]) {
    const answer = await client.get(`/rest/v1/integration_connectors?${query}`)
    if (answer.status === 200) expect(answer.body).toEqual([])
    else expect(answer.status).toBe(400)
  }
})
