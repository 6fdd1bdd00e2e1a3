/** Attempts from inside a company with a valid token: nothing crosses, and what is taken away ends at once. */
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptSecrets } from '#config'
import { aWhile, CONNECTORS, listening, startStage, type Stage, until } from './stage.ts'

let stage: Stage
let secrets: Awaited<ReturnType<typeof keptSecrets>>
beforeAll(async () => {
  stage = await startStage()
  secrets = await keptSecrets(stage.hub.settings)
})
afterAll(() => stage.stop())

const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600
/** A token made elsewhere, with the hub's secret unless told otherwise. */
const sign = (payload: Record<string, unknown>, secret = secrets.supabase_jwt_secret, alg = 'HS256') =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))
const member = (username: string, more: Record<string, unknown> = {}) => ({
  role: 'authenticated',
  sub: stage.hub.user(username).uuid,
  company_id: stage.shop.uuid,
  exp: inAnHour(),
  ...more,
})
const rest = async (token: string, query = '?select=id,company_id') => {
  const headers = { authorization: `Bearer ${token}` }
  return stage.hub.anonymous.request({
    method: 'GET',
    url: `/rest/v1/integration_connectors${query}`,
    headers,
  })
}
const addGuest = async (username: string) => {
  const { id } = await stage.hub.createUser(username)
  await stage.hub.sql(
    `insert into identity.user_group (user_id, group_id, role_id) values ($1, $2, 'guest')`,
    [id, stage.shop.id],
  )
}
const removeMember = (username: string) =>
  stage.hub.sql('delete from identity.user_group where user_id = $1', [stage.hub.user(username).id])

describe('a token is refused', () => {
  test.each([
    ['of another secret', () => sign(member('gus'), 'another secret, long enough for it')],
    ['signed with the secret of /v1', () => sign(member('gus'), secrets.jwt_secret)],
    ['signed in another way', () => sign(member('gus'), undefined, 'HS512')],
    ['without an end', () => sign({ ...member('gus'), exp: undefined })],
    ['that has ended', () => sign(member('gus', { exp: inAnHour() - 7_200 }))],
    ['without a role', () => sign({ ...member('gus'), role: undefined })],
    ['of a role of the hub’s own', () => sign(member('gus', { role: 'crosstie_owner' }))],
    ['of a superuser of the database', () => sign(member('gus', { role: 'postgres' }))],
    ['whose user is no uuid', () => sign(member('gus', { sub: `x' or 1=1` }))],
    [
      'without a signature',
      async () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await sign(member('gus'))).split('.')[1]}.`,
    ],
    [
      'of a user that does not exist',
      () => sign(member('gus', { sub: '00000000-0000-4000-8000-000000000000' })),
    ],
  ])('%s', async (_what, make) => {
    const token = await make()
    expect((await rest(token)).status).toBe(401)
    const bare = await stage.socket(stage.anonKey)
    expect((await bare.join('realtime:x', listening(), token)).payload.status).toBe('error')
  })

  test('of /v1 by Supabase’s rules, and of Supabase by /v1', async () => {
    const supabase = await stage.tokenOf('ada', stage.shop)
    expect((await stage.hub.withAuthorization(`Bearer ${supabase}`).get('/v1/users/me')).status).toBe(401)
    const crossed = await sign({ user_id: stage.hub.user('ada').id, exp: inAnHour() })
    expect((await rest(crossed)).status).toBe(401)
    expect((await stage.hub.withAuthorization(`Bearer ${crossed}`).get('/v1/users/me')).status).toBe(401)
  })
})

describe('claims narrow and membership bounds', () => {
  test('a company that is not the user’s counts for nothing', async () => {
    await stage.insert(stage.shop)
    const token = await sign(member('eve'))
    expect((await rest(token)).body).toEqual([])
    const bare = await stage.socket(stage.anonKey)
    const { payload } = await bare.join('realtime:x', listening(), token)
    expect(payload.response.reason).toMatch(/no company/)
  })

  test('a company without a user counts for nothing, unless it is the service’s', async () => {
    await stage.insert(stage.shop)
    for (const role of ['anon', 'authenticated']) {
      expect((await rest(await sign({ role, company_id: stage.shop.uuid, exp: inAnHour() }))).body).toEqual(
        [],
      )
    }
    const theirs = await stage.insert(stage.rival)
    const service = await rest(
      await sign({ role: 'service_role', company_id: stage.rival.uuid, exp: inAnHour() }),
    )
    expect(service.body).toEqual([{ id: theirs, company_id: stage.rival.uuid }])
    const all = await rest(await sign({ role: 'service_role', exp: inAnHour() }))
    expect(new Set(all.body.map((row: { company_id: string }) => row.company_id)).size).toBe(2)
  })

  test('a role key that is not held counts for nothing', async () => {
    const id = await stage.insert(stage.shop)
    const patch = async (username: string) => {
      const token = await sign(member(username, { app_metadata: { role_keys: ['Vibot.admin', 'root'] } }))
      const answer = await stage.hub.anonymous.request({
        method: 'PATCH',
        url: `/rest/v1/integration_connectors?id=eq.${id}`,
        headers: { authorization: `Bearer ${token}`, prefer: 'return=representation' },
        payload: { status: username },
      })
      return answer.body.length
    }
    expect([await patch('gus'), await patch('dev'), await patch('max'), await patch('ada')]).toEqual([
      0, 0, 1, 1,
    ])
  })

  test('a superuser who asks for a token of a company gets one that works there', async () => {
    await stage.hub.createUser('root', { superuser: true })
    const id = await stage.insert(stage.rival)
    const { body } = await rest(await stage.tokenOf('root', stage.rival), `?id=eq.${id}`)
    expect(body).toHaveLength(1)
    expect((await stage.hub.as('eve').post('/v1/auth/supabase', { group_id: stage.shop.id })).status).toBe(
      404,
    )
  })
})

describe('what is taken away ends at once:', () => {
  test('membership', async () => {
    await addGuest('leaver')
    const bare = await stage.socket(stage.anonKey)
    await bare.join('realtime:x', listening(), await stage.tokenOf('leaver', stage.shop))
    await stage.insert(stage.shop)
    await until(() => bare.changes().length === 1, 'the change')
    await removeMember('leaver')
    await stage.insert(stage.shop)
    const closed = await bare.next(({ event }) => event === 'phx_close', 'the end')
    expect([closed.topic, bare.changes().length]).toEqual(['realtime:x', 1])
  })

  test('membership of one who listens with a token of /v1: the other groups go on', async () => {
    await addGuest('both')
    const own = await stage.hub.createGroup('Of both', { owner: 'both' })
    const bare = await stage.socket(stage.hub.as('both').authorization?.slice(7) ?? '')
    await bare.join('realtime:x', listening())
    await stage.insert(stage.shop)
    await until(() => bare.changes().length === 1, 'the change')
    await removeMember('both')
    await stage.insert(stage.shop)
    const mine = `insert into public.integration_connectors (company_id, provider, connector_type, created_by) values ($1, 'x', 'file', $2)`
    await stage.hub.sql(mine, [own.uuid, stage.hub.user('both').uuid])
    await until(() => bare.changes().length === 2, 'the own change')
    await aWhile()
    expect(bare.changes().map(({ payload }) => payload.data.record.company_id)).toEqual([
      stage.shop.uuid,
      own.uuid,
    ])
  })

  test.each([
    ['the user’s standing', `update identity."user" set status = 'forbidden' where username = $1`],
    [
      'every session of the user',
      `update identity."user" set sessions_valid_from = now() + interval '1 second' where username = $1`,
    ],
  ])('%s', async (what, sql) => {
    const username = what.replaceAll(/\W/g, '')
    await addGuest(username)
    const bare = await stage.socket(stage.anonKey)
    const token = await stage.tokenOf(username, stage.shop)
    await bare.join('realtime:x', listening(), token)
    await stage.hub.sql(sql, [username])
    await stage.insert(stage.shop)
    await bare.next(({ event }) => event === 'phx_close', 'the end')
    expect(bare.changes()).toEqual([])
    expect((await bare.join('realtime:x', listening(), token)).payload.status).toBe('error')
  })

  test('the right to speak: a broadcast of one who is no member any more reaches nobody', async () => {
    await addGuest('speaker')
    const [from, to] = [await stage.socket(stage.anonKey), await stage.socket(stage.anonKey)]
    await from.join('realtime:talk', {}, await stage.tokenOf('speaker', stage.shop))
    await to.join('realtime:talk', {}, await stage.tokenOf('gus', stage.shop))
    await removeMember('speaker')
    from.send('realtime:talk', 'broadcast', { type: 'broadcast', event: 'psst', payload: {} })
    await from.next(({ event }) => event === 'phx_close', 'the end')
    await aWhile()
    expect(to.heard.filter(({ event }) => event === 'broadcast')).toEqual([])
  })
})

test('a group that goes takes its channels’ company with it, and nobody else hears of that', async () => {
  await stage.hub.createUser('founder')
  const gone = await stage.hub.createGroup('Gone', { owner: 'founder' })
  const bare = await stage.socket(stage.anonKey)
  await bare.join('realtime:x', listening(), await stage.tokenOf('founder', gone))
  const other = await stage.socket(stage.anonKey)
  await other.join('realtime:x', listening(), await stage.tokenOf('eve', stage.rival))
  const mine = `insert into public.integration_connectors (company_id, provider, connector_type, created_by) values ($1, 'x', 'file', $2)`
  await stage.hub.sql(mine, [gone.uuid, stage.hub.user('founder').uuid])
  await until(() => bare.changes().length === 1, 'the change')
  await stage.hub.sql('delete from identity."group" where id = $1', [gone.id])
  await bare.next(({ event }) => event === 'phx_close', 'the end')
  await aWhile()
  expect(other.changes()).toEqual([])
})

test('a service key hears every company, and one that names a company hears that alone', async () => {
  const all = await stage.socket(await sign({ role: 'service_role', exp: inAnHour() }))
  const one = await stage.socket(
    await sign({ role: 'service_role', company_id: stage.rival.uuid, exp: inAnHour() }),
  )
  for (const bare of [all, one]) await bare.join('realtime:x', listening())
  await stage.insert(stage.shop)
  await stage.insert(stage.rival)
  await until(() => all.changes().length === 2 && one.changes().length === 1, 'three changes')
  const companies = (bare: typeof all) => bare.changes().map(({ payload }) => payload.data.record.company_id)
  expect([companies(all), companies(one)]).toEqual([[stage.shop.uuid, stage.rival.uuid], [stage.rival.uuid]])
})

test('the page’s lists go to members, with each its own group’s rows', async () => {
  const bearer = (username: string) => stage.hub.as(username).authorization?.slice(7) ?? ''
  const bindings = listening(
    { event: '*', schema: 'hub', table: 'connections' },
    { event: '*', schema: 'hub', table: 'runs' },
  )
  const [gus, eve] = [await stage.socket(bearer('gus')), await stage.socket(bearer('eve'))]
  for (const bare of [gus, eve])
    expect((await bare.join('realtime:page', bindings)).payload.status).toBe('ok')
  const id = await stage.insert(stage.shop)
  await stage.hub.sql(`update public.integration_connectors set status = 'active' where id = $1`, [id])
  const [connection] = await stage.hub.sql<{ id: number }>(
    'select id::int from connect.connection where connector_id = $1',
    [id],
  )
  const [queue] = await stage.hub.sql<{ id: number }>(
    `insert into transfer.queue (group_id, name, slug) values ($1, 'q', 'q') returning id::int`,
    [stage.shop.id],
  )
  const [transfer] = await stage.hub.sql<{ id: number }>(
    `insert into transfer.transfer (group_id, name, source_connection_id, target_connection_id, queue_id, source_params, target_params)
     values ($1, 'nightly', $2, $2, $3, '{}', '{}') returning id::int`,
    [stage.shop.id, connection?.id, queue?.id],
  )
  const [run] = await stage.hub.sql<{ id: number }>(
    'insert into transfer.run (group_id, transfer_id) values ($1, $2) returning id::int',
    [stage.shop.id, transfer?.id],
  )
  await stage.hub.sql(`update transfer.run set status = 'STARTED', progress = '{"rows": 5}' where id = $1`, [
    run?.id,
  ])
  await stage.hub.sql(`update transfer.run set lease_until = now() where id = $1`, [run?.id])
  await stage.hub.sql('delete from transfer.run where id = $1', [run?.id])
  await until(() => gus.changes().length === 5, 'five changes')
  await aWhile()
  const told = gus
    .changes()
    .map(({ payload: { data } }) => [data.table, data.type, data.record?.status ?? data.old_record.id])
  expect(told).toEqual([
    ['connections', 'INSERT', 'inactive'],
    ['connections', 'UPDATE', 'active'],
    ['runs', 'INSERT', 'CREATED'],
    ['runs', 'UPDATE', 'STARTED'],
    ['runs', 'DELETE', run?.id],
  ])
  expect(gus.changes()[3]?.payload.data.record).toMatchObject({
    transfer_name: 'nightly',
    progress: { rows: 5 },
  })
  expect(eve.changes()).toEqual([])
})

test('no secret is in what goes out, nor a value of unusual length', async () => {
  const bare = await stage.socket(stage.anonKey)
  await bare.join('realtime:x', listening(CONNECTORS), await stage.tokenOf('gus', stage.shop))
  const { body } = await stage.hub.as('max').post('/v1/connections', {
    group_id: stage.shop.id,
    name: 'Orders',
    description: '',
    type: 'postgres',
    connection_data: { host: 'db.example', port: 5432, database_name: 'orders' },
    auth_data: { type: 'basic', user: 'reader', password: 'hunter2-hunter2' },
  })
  expect(body.id).toBeGreaterThan(0)
  await until(() => bare.changes().length === 1, 'the change')
  const outbox = await stage.hub.sql<{ text: string }>(
    'select coalesce(record::text, old_record::text) as text from realtime.change',
  )
  expect(JSON.stringify([bare.heard, outbox])).not.toContain('hunter2')
  const id = await stage.insert(stage.shop)
  await stage.hub.sql(
    `update public.integration_connectors set config = jsonb_build_object('a', repeat('x', 1100000)) where id = $1`,
    [id],
  )
  await until(() => bare.changes().length === 3, 'the long one')
  const { data } = bare.changes()[2]?.payload ?? {}
  expect([data.errors, data.record.config, data.record.id]).toEqual([
    ['Error 413: Payload Too Large'],
    undefined,
    id,
  ])
})
