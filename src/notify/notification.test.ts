import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
let shop: TestGroup
beforeAll(async () => {
  hub = await startTestHub()
  shop = await hub.createGroup('Shop', {
    owner: 'ada',
    members: { bob: 'guest', dave: 'developer', mia: 'maintainer' },
  })
  await hub.createUser('eve')
})
afterAll(() => hub.stop())

const ids = (...names: string[]) => names.map((name) => ({ user: hub.user(name).id }))
const send = (body: object, headers: Record<string, string> = {}) =>
  hub.as('dave').request({
    method: 'POST',
    url: '/v1/notifications',
    headers,
    payload: { group_id: shop.id, ...body },
  })
const inboxOf = async (name: string) => (await hub.as(name).get('/v1/inbox')).body.items
const isDone = (id: number) =>
  vi.waitFor(async () => expect((await hub.as('dave').get(`/v1/tasks/${id}`)).body.status).toBe('done'), {
    timeout: 5_000,
  })

test('a message to users is in their inboxes soon, and its tasks are done', async () => {
  const { status, body } = await send({ text: 'Hello **all**', title: 'Greeting', to: ids('ada', 'bob') })
  expect([status, body.tasks.length]).toEqual([202, 2])
  for (const { id } of body.tasks) await isDone(id)
  const [item] = await inboxOf('bob')
  expect(item).toMatchObject({ title: 'Greeting', text: 'Hello **all**', level: 'info', read_at: null })
  expect(await inboxOf('mia')).toEqual([])
  const { body: read } = await hub.as('bob').post(`/v1/inbox/${item.id}/read`)
  expect(read.read_at).not.toBeNull()
  expect((await hub.as('ada').post(`/v1/inbox/${item.id}/read`)).status).toBe(404)
  expect((await hub.as('bob').get('/v1/inbox?unread=true')).body.items).toEqual([])
})

test('a message to the members of a role reaches each of them once', async () => {
  const { body } = await send({
    text: 'For maintainers',
    to: [{ group: shop.id, role: 'maintainer' }, ...ids('mia')],
  })
  expect(body.tasks).toHaveLength(2)
  for (const { id } of body.tasks) await isDone(id)
  expect(
    (await inboxOf('mia')).filter((item: { text: string }) => item.text === 'For maintainers'),
  ).toHaveLength(1)
})

test('the same Idempotency-Key is answered by the same tasks, and another message under it is refused', async () => {
  const headers = { 'idempotency-key': 'order 17' }
  const asked = { text: 'Once', to: ids('bob') }
  const [first, second] = await Promise.all([send(asked, headers), send(asked, headers)])
  const third = await send(asked, headers)
  expect([first.status, second.status, third.status]).toEqual([202, 202, 202])
  expect(second.body.message_id).toBe(first.body.message_id)
  expect(third.body.tasks.map(({ id }: { id: number }) => id)).toEqual(
    first.body.tasks.map(({ id }: { id: number }) => id),
  )
  const other = await send({ ...asked, text: 'Twice' }, headers)
  expect([other.status, other.body.error.message]).toEqual([409, expect.stringContaining('Idempotency-Key')])
})

test('a template is rendered with its own values under those that are given', async () => {
  const made = await hub.as('dave').post('/v1/templates', {
    group_id: shop.id,
    name: 'order',
    title: 'Order ${id}',
    content: 'Order ${id} of ${who} is ready',
    arguments: { who: 'somebody' },
  })
  expect([made.status, made.body.syntax]).toEqual([200, 'foreseen'])
  const { body } = await send({ template: 'order', arguments: { id: 7 }, level: 'success', to: ids('bob') })
  await isDone(body.tasks[0].id)
  const [item] = await inboxOf('bob')
  expect(item).toMatchObject({ title: 'Order 7', text: 'Order 7 of somebody is ready', level: 'success' })
  const { body: task } = await hub.as('dave').get(`/v1/tasks/${body.tasks[0].id}`)
  expect(task).toMatchObject({ template_id: made.body.id, attempts: 1, message: { arguments: { id: 7 } } })
  const preview = await hub.as('bob').post(`/v1/templates/${made.body.id}/preview`, { arguments: { id: 1 } })
  expect(preview.body).toEqual({ title: 'Order 1', text: 'Order 1 of somebody is ready' })
})

test('a guest sees that something was sent, and not what; and sends nothing', async () => {
  const { body } = await send({ text: 'Your code is 1234', to: ids('ada') })
  const { body: task } = await hub.as('bob').get(`/v1/tasks/${body.tasks[0].id}`)
  expect([task.id, task.message]).toEqual([body.tasks[0].id, null])
  const { body: list } = await hub.as('bob').get(`/v1/tasks?group_id=${shop.id}`)
  expect(list.meta.total).toBeGreaterThan(0)
  expect(JSON.stringify(list)).not.toContain('1234')
  const refused = await hub
    .as('bob')
    .post('/v1/notifications', { group_id: shop.id, text: 'x', to: ids('ada') })
  expect(refused.status).toBe(403)
})

test('a message for a later time waits, can be cancelled, and can be replayed', async () => {
  const later = new Date(Date.now() + 3_600_000).toISOString()
  const { body } = await send({ text: 'Later', to: ids('bob'), send_at: later })
  const path = `/v1/tasks/${body.tasks[0].id}`
  expect((await hub.as('dave').get(path)).body).toMatchObject({ status: 'pending', next_try_at: later })
  const { body: cancelled } = await hub.as('dave').post(`${path}/cancel`)
  expect(cancelled).toMatchObject({
    status: 'failed',
    error: { code: 'notify.cancelled' },
    next_try_at: null,
  })
  expect((await hub.as('dave').post(`${path}/cancel`)).status).toBe(409)
  expect((await hub.as('dave').post(`${path}/replay`)).body.status).toBe('pending')
  await isDone(body.tasks[0].id)
})

test('whoever is not of the group is no recipient, and cannot be told from nobody', async () => {
  const stranger = await send({ text: 'x', to: ids('eve') })
  const nobody = await send({ text: 'x', to: [{ user: 999_999 }] })
  expect([stranger.status, nobody.status]).toEqual([404, 404])
  expect(stranger.body.error.code).toBe(nobody.body.error.code)
  const strange = { group_id: shop.id, user_id: hub.user('eve').id, connection_id: 1, account: 'x' }
  expect((await hub.as('dave').post('/v1/accounts', strange)).status).toBe(404)
})

test.each([
  [{ text: 'x', to: [] }],
  [{ to: [{ user: 1 }] }],
  [{ text: 'x', template: 'y', to: [{ user: 1 }] }],
  [{ text: 'x', to: [{ user: 1, account: 1 }] }],
  [{ text: 'x', to: [{ address: 'a@example.com' }] }],
  [{ text: 'x', to: [{ user: 1, role: 'owner' }] }],
])('%j is refused', async (body) => {
  expect((await send(body)).status).toBe(422)
})

test('other rooms send by an event, once for each, and a failed run reaches the maintainers', async () => {
  const emit = (kind: string, payload: object) =>
    hub.sql(`insert into platform.event (group_id, kind, payload) values ($1, $2, $3)`, [
      shop.id,
      kind,
      JSON.stringify(payload),
    ])
  await emit('message.requested', { text: 'Time for a pill', to: ids('bob') })
  await emit('run.failed', { run_id: 5, transfer_name: 'nightly', error: 'disk full' })
  await hub.sql(`select pg_notify('platform.event', '')`)
  const firstOf = async (name: string) => (await inboxOf(name))[0]
  await vi.waitFor(async () => expect((await firstOf('bob')).text).toBe('Time for a pill'), {
    timeout: 5_000,
  })
  await vi.waitFor(
    async () =>
      expect(await firstOf('mia')).toMatchObject({ title: 'A run of "nightly" failed', level: 'error' }),
    { timeout: 5_000 },
  )
  expect((await firstOf('mia')).text).toContain('disk full')
  expect((await firstOf('ada')).title).toBe('A run of "nightly" failed')
  expect((await firstOf('bob')).text).toBe('Time for a pill')
})

test('ten thousand recipients are ten thousand tasks of one request', async () => {
  await hub.sql(
    `insert into identity."user" (display_name, home_group_id) select 'person ' || n, $1 from generate_series(1, 10000) n`,
    [shop.id],
  )
  const people = await hub.sql<{ id: number }>(
    `select id::int from identity."user" where home_group_id = $1 and kind = 0`,
    [shop.id],
  )
  const { status, body } = await send({ text: 'All', to: people.map(({ id }) => ({ user: id })) })
  expect([status, body.tasks.length]).toEqual([202, 10_000])
  // None of them has an account yet: each says so.
  const { body: task } = await hub.as('dave').get(`/v1/tasks/${body.tasks[0].id}`)
  expect(task).toMatchObject({ status: 'failed', error: { code: 'notify.no_account', blame: 'account' } })
})
