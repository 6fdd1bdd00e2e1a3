import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
let shop: TestGroup
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true })
  const members = { max: 'maintainer', dev: 'developer', guest: 'guest' } as const
  shop = await hub.createGroup('Shop', { owner: 'ada', members })
  await hub.createUser('eve')
})
afterAll(() => hub.stop())

const make = async (username: string, body: object) =>
  (await hub.as(username).post('/v1/applications', { name: 'robot', type: 'all', ...body })).body

test('an application’s secret is shown once and signs in as bearer, or as Basic under any name', async () => {
  const made = await make('ada', {})
  expect(made.secret).toMatch(new RegExp(`^xt_${made.id}_[\\w-]{43}$`))
  const read = await hub.as('ada').get(`/v1/applications/${made.id}`)
  expect(read.body).toMatchObject({ name: 'robot', user_id: hub.user('ada').id, group_id: null })
  expect(JSON.stringify(read.body)).not.toContain('secret')
  const basic = Buffer.from(`anything:${made.secret}`).toString('base64')
  for (const header of [`Bearer ${made.secret}`, `Basic ${basic}`]) {
    expect((await hub.withAuthorization(header).get('/v1/users/me')).body.username).toBe('ada')
  }
  const used = await hub.as('ada').get(`/v1/applications/${made.id}`)
  expect(Date.parse(used.body.used_at)).toBeGreaterThan(Date.now() - 60_000)
})

test('a read-only application reads and writes nothing; one that publishes writes nothing outside the registry', async () => {
  for (const type of ['read_only', 'publish']) {
    const client = hub.withAuthorization(`Bearer ${(await make('ada', { type })).secret}`)
    expect((await client.get('/v1/groups')).status).toBe(200)
    expect((await client.post('/v1/groups', { name: 'Mine', description: '' })).status).toBe(403)
  }
})

test('a new secret ends the old one; a disabled, expired or deleted application is refused at once', async () => {
  const { id, secret } = await make('ada', {})
  const ask = (text: string) => hub.withAuthorization(`Bearer ${text}`).get('/v1/users/me')
  const rotated = await hub.as('ada').post(`/v1/applications/${id}/rotate`)
  expect((await ask(secret)).status).toBe(401)
  expect((await ask(rotated.body.secret)).status).toBe(200)
  const put = (body: object) => hub.as('ada').put(`/v1/applications/${id}`, body)
  for (const [change, status] of [
    [{ status: 'disabled' }, 401],
    [{ status: 'enabled' }, 200],
    [{ expires_at: new Date(Date.now() - 1000).toISOString() }, 401],
    [{ expires_at: null }, 200],
  ] as const) {
    expect((await put(change)).status).toBe(200)
    expect((await ask(rotated.body.secret)).status).toBe(status)
  }
  expect((await hub.as('ada').delete(`/v1/applications/${id}`)).status).toBe(204)
  expect((await ask(rotated.body.secret)).status).toBe(401)
})

test('a group’s application acts as the group’s system user, in that group alone', async () => {
  const other = await hub.createGroup('Other', { owner: 'ada' })
  const made = await make('max', { group_id: shop.id })
  const robot = hub.withAuthorization(`Bearer ${made.secret}`)
  expect((await robot.get('/v1/users/me')).body.username).toBe('system of shop')
  expect((await robot.get(`/v1/groups/${shop.id}`)).body.role).toBe('Maintainer')
  expect((await robot.get(`/v1/groups/${other.id}`)).status).toBe(404)
})

test('maintainers administer a group’s applications; others are told no, outsiders nothing', async () => {
  const body = { name: 'robot', type: 'all', group_id: shop.id }
  const statuses = await Promise.all(
    ['guest', 'dev', 'max', 'ada', 'root', 'eve'].map(async (name) => [
      (await hub.as(name).post('/v1/applications', body)).status,
      (await hub.as(name).get(`/v1/applications?group_id=${shop.id}`)).status,
    ]),
  )
  expect(statuses).toEqual([
    [403, 403],
    [403, 403],
    [200, 200],
    [200, 200],
    [200, 200],
    [404, 404],
  ])
})

test('nobody sees another user’s application but superusers', async () => {
  const { id } = await make('ada', {})
  expect((await hub.as('eve').get(`/v1/applications/${id}`)).status).toBe(404)
  expect((await hub.as('eve').delete(`/v1/applications/${id}`)).status).toBe(404)
  expect((await hub.as('root').delete(`/v1/applications/${id}`)).status).toBe(204)
})

test('an application cannot make applications, nor change its user’s password', async () => {
  const robot = hub.withAuthorization(`Bearer ${(await make('ada', {})).secret}`)
  expect((await robot.post('/v1/applications', { name: 'robot', type: 'all' })).status).toBe(403)
  const change = { current_password: 'x', new_password: 'long enough' }
  expect((await robot.put('/v1/users/me/password', change)).status).toBe(403)
})

test('an application belongs to oneself or to a group, and has one of three types', async () => {
  const both = await hub.as('ada').post('/v1/applications', {
    name: 'robot',
    type: 'all',
    user: true,
    group_id: shop.id,
  })
  expect([both.status, both.body.error.details[0].code]).toEqual([422, 'value_error'])
  const typed = await hub.as('ada').post('/v1/applications', { name: 'robot', type: 'root' })
  expect(typed.body.error.details[0].location).toEqual(['body', 'type'])
})
