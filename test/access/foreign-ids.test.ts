/** Every write around a connection, with ids of another group, by somebody who is its owner at home: nothing crosses. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let theirs: TestGroup
let connection: { id: number; uuid: string }
let sync = 0

beforeAll(async () => {
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  await hub.createGroup('Mine', { owner: 'ada' })
  theirs = await hub.createGroup('Theirs', { owner: 'eve' })
  const { body } = await hub.as('eve').post('/v1/connections?view=full', {
    group_id: theirs.id,
    name: 'office',
    description: '',
    type: 'http',
    connection_data: { base_url: 'https://office.example' },
    auth_data: {
      type: 'oauth2',
      token_url: 'https://office.example/token',
      authorization_url: 'https://office.example/auth',
      client_id: 'c',
      client_secret: 's',
      refresh_token: '',
    },
  })
  connection = body
  const [row] = await hub.sql<{ id: number }>(
    `insert into connect.sync (connection_id, group_id, "trigger", state, lease_owner, lease_until)
     values ($1, $2, 'manual', 'running', gen_random_uuid(), now() + interval '1 day') returning id::int`,
    [body.id, theirs.id],
  )
  sync = row?.id ?? 0
})
afterAll(() => hub.stop())

/** All that these operations may change. */
const state = () =>
  hub.sql(
    `select to_jsonb(i) as connector, to_jsonb(c) as connection, to_jsonb(h) as health, to_jsonb(a) as auth,
       (select jsonb_agg(s order by s.id) from connect.sync s where s.group_id = c.group_id) as syncs,
       (select jsonb_agg(t) from platform.timer t where t.key = c.id::text) as timers,
       (select count(*) from platform.event) as events, (select count(*) from identity.audit) as audited
     from connect.connection c join public.integration_connectors i on i.id = c.connector_id
     left join connect.health h on h.connection_id = c.id left join connect.auth_data a on a.connection_id = c.id
     where c.id = $1`,
    [connection.id],
  )

test('sync, stop, schedule, status, test, sign-in, change, copy and delete answer 404 and change nothing', async () => {
  const before = await state()
  const ada = hub.as('ada')
  const at = `/v1/connections/${connection.id}`
  const { body: full } = await hub.as('eve').get(at)
  const [home] = (await ada.get('/v1/groups')).body.items
  const answers = [
    await ada.post(`${at}/sync`),
    await ada.post(`${at}/sync?force=true`),
    await ada.post(`/v1/syncs/${sync}/stop`),
    await ada.put(`${at}/schedule`, { type: 'interval', every: 'PT5M' }),
    await ada.put(`${at}/status`, { status: 'inactive' }),
    await ada.post(`${at}/test`),
    await ada.post(`${at}/oauth/authorize`),
    await ada.put(at, { ...full, auth_data: { ...full.auth_data, client_secret: 'x', refresh_token: 'y' } }),
    await ada.post(`${at}/copy_connection`, { new_group_id: home.data.id, remove_source: true }),
    await ada.delete(at),
    // Home's own connection is not made with their secrets either.
    await ada.post('/v1/connections/test', {
      connection_id: connection.id,
      type: 'http',
      connection_data: { base_url: 'https://attacker.example' },
      auth_data: { type: 'oauth2', token_url: 'https://attacker.example/token', client_id: 'c' },
    }),
  ]
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404))
  expect(await state()).toEqual(before)
})

test('an inbound call without their signature changes nothing, whoever sends it', async () => {
  const before = await state()
  for (const client of [hub.as('ada'), hub.anonymous]) {
    const { status } = await client.post(`/hooks/${connection.uuid}`, { EventType: 'user_add_org' })
    expect([401, 404]).toContain(status)
  }
  expect(await state()).toEqual(before)
})
