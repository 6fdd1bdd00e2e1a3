import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type Provider, type Said, startProvider } from '../../test/fakes/provider.ts'
import { startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'

const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3'
let hub: TestHub
let shop: TestGroup
let receiver: Provider
let connection: number
beforeAll(async () => {
  receiver = await startProvider()
  hub = await startTestHub({ settings: { allow: '127.0.0.0/8', limit_send_tries: '3' } })
  shop = await hub.createGroup('Shop', { owner: 'ada' })
  connection = await connect(
    'hook',
    'webhook_out',
    { url: receiver.url, type: 'x' },
    { type: 'webhook_out', secret: SECRET },
  )
})
beforeEach(() => {
  receiver.calls.splice(0)
  receiver.says({})
})
afterAll(async () => {
  await hub.stop()
  await receiver.stop()
})

async function connect(name: string, type: string, data: object, auth: object): Promise<number> {
  const body = { group_id: shop.id, name, description: '', type, connection_data: data, auth_data: auth }
  const made = await hub.as('ada').post('/v1/connections', body)
  expect([made.status, made.body]).toMatchObject([200, {}])
  return made.body.id
}

const send = async (to: object[], more: object = {}) => {
  const answer = await hub.as('ada').post('/v1/notifications', { group_id: shop.id, text: 'Hi', to, ...more })
  expect(answer.status).toBe(202)
  return answer.body.tasks.map(({ id }: { id: number }) => id) as number[]
}
const read = async (id: number) => (await hub.as('ada').get(`/v1/tasks/${id}`)).body
const becomes = (id: number, shape: object) =>
  vi.waitFor(async () => expect(await read(id)).toMatchObject(shape), { timeout: 8_000, interval: 30 })
/** What rests is due now. */
const hurry = async () => {
  await hub.sql(
    'update notify.task set due_at = now(), paced_at = null where due_at is not null and lease_owner is null',
  )
  await hub.sql(`select pg_notify('notify.task', '')`)
}
const once = (first: Said, then: Said): ((call: unknown) => Said) => {
  let count = 0
  return () => (count++ === 0 ? first : then)
}

test('a message over a connection arrives, signed, and its task tells what the receiver said', async () => {
  receiver.says({ status: 202, body: 'thanks' })
  const [id = 0] = await send([{ connection }])
  await becomes(id, {
    status: 'done',
    attempts: 1,
    answer: 'HTTP 202 thanks',
    error: null,
    next_try_at: null,
  })
  expect(receiver.calls).toHaveLength(1)
  expect(receiver.calls[0]?.headers['webhook-signature']).toMatch(/^v1,/)
  const { body: health } = await hub.as('ada').get(`/v1/connections/${connection}/health`)
  expect(health.state).toBe('ok')
})

test('what fails for now is tried again under the same id, and says meanwhile why', async () => {
  receiver.says(once({ status: 503, body: 'soon' }, {}))
  const [id = 0] = await send([{ connection }])
  await becomes(id, { status: 'pending', attempts: 1, error: { code: 'notify.busy', blame: 'provider' } })
  await hurry()
  await becomes(id, { status: 'done', attempts: 2, error: null })
  const marks = receiver.calls.map(({ headers }) => headers['webhook-id'])
  expect(marks).toEqual([marks[0], marks[0]])
})

test('after its last try a task has failed, and a replay sends it again', async () => {
  receiver.says({ status: 500 })
  const [id = 0] = await send([{ connection }])
  for (const attempts of [1, 2]) {
    await becomes(id, { status: 'pending', attempts })
    await hurry()
  }
  await becomes(id, { status: 'failed', attempts: 3, next_try_at: null })
  receiver.says({})
  await hub.as('ada').post(`/v1/tasks/${id}/replay`)
  await becomes(id, { status: 'done', attempts: 1 })
})

test('the receiver’s own wait is kept', async () => {
  receiver.says({ status: 429, headers: { 'retry-after': '600' } })
  const [id = 0] = await send([{ connection }])
  await becomes(id, { status: 'pending', attempts: 1 })
  const waitMs = Date.parse((await read(id)).next_try_at) - Date.now()
  expect(waitMs).toBeGreaterThan(590_000)
  expect(waitMs).toBeLessThan(610_000)
  await hub.as('ada').post(`/v1/tasks/${id}/cancel`)
  await hub.sql('delete from notify.pace')
})

test('a refusal of the connection fails at once, breaks the connection, and is told once', async () => {
  const other = await connect('gone', 'webhook_out', { url: receiver.url, type: 'x' }, { type: 'none' })
  receiver.says({ status: 410 })
  const tasks = await send([{ connection: other }, { connection: other, address: 'second' }])
  for (const id of tasks) await becomes(id, { status: 'failed', attempts: 1, error: { blame: 'connection' } })
  const { body: health } = await hub.as('ada').get(`/v1/connections/${other}/health`)
  expect(health).toMatchObject({ state: 'broken', code: 'connect.auth_refused' })
  const told = await hub.sql(
    `select 1 from platform.event where kind = 'connection.unhealthy' and payload ->> 'connection_id' = $1`,
    [String(other)],
  )
  expect(told).toHaveLength(1)
})

test('what a receiver says back of the secrets is not kept', async () => {
  receiver.says({ status: 400, body: `no, ${SECRET}` })
  const [id = 0] = await send([{ connection }])
  await becomes(id, { status: 'failed', answer: 'HTTP 400 no, ***' })
})

test('an address that is not open is refused by name', async () => {
  const inside = await connect(
    'inside',
    'webhook_out',
    { url: 'http://10.1.2.3/', type: 'x' },
    { type: 'none' },
  )
  const [id = 0] = await send([{ connection: inside }])
  await becomes(id, { status: 'failed', error: { code: 'connect.host_refused', blame: 'connection' } })
})

test('nothing is sent over a connection that is switched off, and it goes out when it is on again', async () => {
  await hub.as('ada').put(`/v1/connections/${connection}/status`, { status: 'inactive' })
  const [id = 0] = await send([{ connection }])
  await vi.waitFor(async () =>
    expect(Date.parse((await read(id)).next_try_at)).toBeGreaterThan(Date.now() + 30_000),
  )
  expect(await read(id)).toMatchObject({ status: 'pending', attempts: 0 })
  expect(receiver.calls).toEqual([])
  await hub.as('ada').put(`/v1/connections/${connection}/status`, { status: 'active' })
  await hurry()
  await becomes(id, { status: 'done' })
})

test('a connection that holds data sends no message, and says so', async () => {
  const database = await connect(
    'database',
    'postgres',
    { host: '127.0.0.1', port: 1, database_name: 'x' },
    { type: 'basic', user: 'x', password: 'y' },
  )
  const [id = 0] = await send([{ connection: database }])
  await becomes(id, { status: 'failed', error: { code: 'notify.no_channel' } })
})

test('a user is reached at each account; one that is broken is told and left out from then on', async () => {
  await hub.createUser('bob')
  await hub.sql(`insert into identity.user_group (user_id, group_id, role_id) values ($1, $2, 'guest')`, [
    hub.user('bob').id,
    shop.id,
  ])
  const account = await hub.as('ada').post('/v1/accounts', {
    group_id: shop.id,
    user_id: hub.user('bob').id,
    connection_id: connection,
    account: 'bob',
  })
  expect(account.status).toBe(200)
  const tasks = await send([{ user: hub.user('bob').id }])
  expect(tasks).toHaveLength(2)
  for (const id of tasks) await becomes(id, { status: 'done' })
  await hub.sql(`update notify.account set status = 'broken' where id = $1`, [account.body.id])
  expect(await send([{ user: hub.user('bob').id }])).toHaveLength(1)
  const [id = 0] = await send([{ account: account.body.id }])
  await becomes(id, { status: 'failed', error: { code: 'notify.account_broken' } })
})

test('a receiver who is refused for good breaks the account, and that is told', async () => {
  const chat = await connect(
    'chat',
    'telegram',
    { base_url: receiver.url },
    { type: 'telegram', token: '1:abcdef' },
  )
  const account = await hub.as('ada').post('/v1/accounts', {
    group_id: shop.id,
    user_id: hub.user('ada').id,
    connection_id: chat,
    account: '42',
  })
  const description = 'Forbidden: bot was blocked by the user'
  receiver.says({ status: 403, body: { ok: false, error_code: 403, description } })
  const [id = 0] = await send([{ account: account.body.id }])
  await becomes(id, { status: 'failed', attempts: 1, error: { blame: 'account' } })
  const { body: after } = await hub.as('ada').get(`/v1/accounts/${account.body.id}`)
  expect([after.status, after.error]).toEqual(['broken', expect.stringContaining('blocked')])
  const told = await hub.sql(`select payload from platform.event where kind = 'account.broken'`)
  expect(told).toMatchObject([{ payload: { account_id: account.body.id, task_id: id } }])
  const { body: health } = await hub.as('ada').get(`/v1/connections/${chat}/health`)
  expect(health.state).not.toBe('broken')

  // Another address is another try.
  receiver.says({ body: { ok: true, result: { message_id: 7 } } })
  await hub.as('ada').put(`/v1/accounts/${account.body.id}`, { account: '43' })
  await hub.as('ada').post(`/v1/tasks/${id}/replay`)
  await becomes(id, { status: 'done', receipt: '7' })
})

test('five hundred messages go out, each once', async () => {
  const tasks = await send(Array.from({ length: 500 }, (_, nth) => ({ connection, address: `to ${nth}` })))
  await vi.waitFor(
    async () => {
      const [row] = await hub.sql<{ open: number }>(
        'select count(*)::int as open from notify.task where status < 2',
      )
      expect(row?.open).toBe(0)
    },
    { timeout: 20_000, interval: 50 },
  )
  expect(new Set(receiver.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(500)
  expect(receiver.calls).toHaveLength(500)
  expect((await read(tasks[0] ?? 0)).status).toBe('done')
})

test('the text of a message is nobody’s but its group’s', async () => {
  await hub.createUser('eve')
  const [id = 0] = await send([{ connection }], { text: 'between us' })
  expect((await hub.as('eve').get(`/v1/tasks/${id}`)).status).toBe(404)
  expect((await hub.as('eve').get(`/v1/tasks?group_id=${shop.id}`)).status).toBe(404)
})
