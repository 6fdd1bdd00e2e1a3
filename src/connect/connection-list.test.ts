import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
let group: TestGroup
const ids: Record<string, number> = {}

beforeAll(async () => {
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  group = await hub.createGroup('Shop', {
    owner: 'owner',
    members: { dev: 'developer', max: 'maintainer', guest: 'guest' },
  })
  for (const name of ['fine', 'limping', 'torn', 'unseen']) {
    const { body } = await hub.as('dev').post('/v1/connections', {
      group_id: group.id,
      name,
      description: '',
      type: 'webhook',
      connection_data: { scheme: 'hmac' },
      auth_data: { type: 'hmac', secret: 'a secret of theirs' },
    })
    ids[name] = body.id
  }
  const states = { fine: 'ok', limping: 'degraded', torn: 'broken' }
  for (const [name, state] of Object.entries(states)) {
    await hub.sql(`update connect.health set state = $1 where connection_id = $2`, [state, ids[name]])
  }
})
afterAll(() => hub.stop())

async function names(query: string): Promise<string[]> {
  const { status, body } = await hub.as('guest').get(`/v1/connections?group_id=${group.id}${query}`)
  expect(status).toBe(200)
  return body.items.map(({ name }: { name: string }) => name)
}

test('connections are listed by how they fare; nobody has looked yet at those unknown', async () => {
  expect(await names('&health=broken&health=degraded')).toEqual(['limping', 'torn'])
  expect(await names('&health=unknown')).toEqual(['unseen'])
  expect(await names('&health=ok')).toEqual(['fine'])
  expect(await names('&view=full')).toEqual(['fine', 'limping', 'torn', 'unseen'])
})

test('a client of SyncMaster sees the types that it knows, and total and pages are of those', async () => {
  const room = await hub.createGroup('Mixed', { owner: 'owner' })
  const make = (name: string, type: string, connection_data: object, auth_data: object) =>
    hub.as('owner').post('/v1/connections', {
      group_id: room.id,
      name,
      description: '',
      type,
      connection_data,
      auth_data,
    })
  const basic = { type: 'basic', user: 'u', password: 'p' }
  await make('a hook', 'webhook', { scheme: 'hmac' }, { type: 'hmac', secret: 'a secret of theirs' })
  await make('b sftp', 'sftp', { host: 'h', port: 22 }, basic)
  await make('c folder', 'local', { directory: '/' }, { type: 'none' })
  await make('d ftp', 'ftp', { host: 'h', port: 21 }, basic)
  // By SQL: a type that nobody knows.
  await hub.sql(
    `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
     values ($1, 'zz', 'database', $2)`,
    [room.uuid, hub.user('owner').uuid],
  )
  const list = async (more: string) => {
    const { body } = await hub.as('owner').get(`/v1/connections?group_id=${room.id}${more}`)
    return [body.items.map(({ type }: { type: string }) => type), body.meta.total, body.meta.pages]
  }
  expect(await list('&page_size=2')).toEqual([['sftp', 'ftp'], 2, 1])
  expect(await list('&page_size=2&page=2')).toEqual([[], 2, 1])
  expect(await list('&view=full')).toEqual([['webhook', 'sftp', 'local', 'ftp', 'zz'], 5, 1])
  expect(await list('&type=local&type=webhook')).toEqual([['webhook', 'local'], 2, 1])
  expect(await list('&health=unknown')).toEqual([['webhook', 'sftp', 'local', 'ftp', 'zz'], 5, 1])
  const { body: known } = await hub.as('owner').get('/v1/connections/known_types')
  expect(known).toHaveLength(14)
  expect(known).not.toContain('local')
})

test('the newest sync is told with a connection, in the full view alone', async () => {
  const read = async (view: string) =>
    (await hub.as('guest').get(`/v1/connections/${ids['fine']}${view}`)).body
  expect((await read('?view=full')).last_sync).toBeNull()
  for (const state of ['failed', 'succeeded']) {
    await hub.sql(
      `insert into connect.sync (connection_id, group_id, "trigger", state, ended_at)
       values ($1, $2, 'manual', $3, now())`,
      [ids['fine'], group.id, state],
    )
  }
  expect((await read('?view=full')).last_sync).toMatchObject({ state: 'succeeded' })
  expect(await read('')).not.toHaveProperty('last_sync')
})

test('the calls that a webhook took are read by its maintainers, newest first, and by nobody below', async () => {
  const { body: hook } = await hub.as('dev').get(`/v1/connections/${ids['fine']}?view=full`)
  for (const payload of ['{"type":"order.paid","n":1}', '{"n":2}']) {
    const mac = createHmac('sha256', 'a secret of theirs').update(payload).digest('hex')
    const { status } = await hub.anonymous.request({
      method: 'POST',
      url: `/hooks/${hook.uuid}`,
      headers: { 'content-type': 'application/json', 'x-signature': mac },
      payload,
    })
    expect(status).toBe(200)
  }
  const path = `/v1/connections/${ids['fine']}/hook_calls`
  const { body } = await hub.as('max').get(`${path}?page_size=1`)
  expect(body.meta).toMatchObject({ total: 2, pages: 2 })
  expect(body.items).toMatchObject([{ type: '', payload: { n: 2 } }])
  const { body: second } = await hub.as('max').get(`${path}?page_size=1&page=2`)
  expect(second.items).toMatchObject([{ type: 'order.paid', payload: { type: 'order.paid', n: 1 } }])
  expect((await hub.as('dev').get(path)).status).toBe(403)
  // Another connection's calls are its own.
  expect((await hub.as('max').get(`/v1/connections/${ids['torn']}/hook_calls`)).body.items).toEqual([])
})

test('what the other system refuses is not said as if one had to sign in here', async () => {
  const { hostname, port } = new URL(hub.adminUrl)
  const { body } = await hub.as('dev').post('/v1/connections', {
    group_id: group.id,
    name: 'wrong password',
    description: '',
    type: 'postgres',
    connection_data: { host: hostname, port: Number(port), database_name: 'postgres' },
    auth_data: { type: 'basic', user: 'nobody_at_all', password: 'not this one' },
  })
  for (const more of ['browse', 'columns?path=public.t']) {
    const answer = await hub.as('dev').get(`/v1/connections/${body.id}/${more}`)
    expect([answer.status, answer.body.error.message]).toEqual([
      400,
      expect.stringContaining('nobody_at_all'),
    ])
  }
})
