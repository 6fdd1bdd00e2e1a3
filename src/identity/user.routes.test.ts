import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true })
  await hub.createUser('ada')
  await hub.createUser('adam')
  await hub.createUser('sleeper', { status: 'forbidden' })
})
afterAll(() => hub.stop())

const names = async (as: string, query = '') =>
  (await hub.as(as).get(`/v1/users${query}`)).body.items.map((user: { username: string }) => user.username)

test('users are listed by name with SyncMaster’s three fields; only superusers see inactive ones', async () => {
  expect(await names('ada')).toEqual(['ada', 'adam', 'root'])
  expect(await names('root')).toEqual(['ada', 'adam', 'root', 'sleeper'])
  const { body } = await hub.as('ada').get('/v1/users?page_size=1&page=2')
  expect(body.items).toEqual([{ id: hub.user('adam').id, username: 'adam', is_superuser: false }])
  expect(body.meta).toMatchObject({ total: 3, pages: 3, next_page: 3, previous_page: 1 })
})

test('a search finds names that are alike; an empty one finds all', async () => {
  expect(await names('ada', '?search_query=ada')).toEqual(['ada', 'adam'])
  expect(await names('ada', '?search_query=zzz')).toEqual([])
  expect(await names('ada', '?search_query=')).toEqual(['ada', 'adam', 'root'])
})

test('a user is read by anybody, inactive ones too; what is private only by oneself and superusers', async () => {
  const { id, username } = hub.user('sleeper')
  expect((await hub.as('ada').get(`/v1/users/${id}`)).body).toEqual({ id, username, is_superuser: false })
  const path = `/v1/users/${hub.user('ada').id}?view=full`
  expect((await hub.as('adam').get(path)).body).not.toHaveProperty('email')
  for (const name of ['ada', 'root'])
    expect((await hub.as(name).get(path)).body).toHaveProperty('email', null)
  for (const missing of ['-1', '0', '999999', '9007199254740991']) {
    expect((await hub.as('ada').get(`/v1/users/${missing}`)).status).toBe(404)
  }
  expect((await hub.as('ada').get('/v1/users/99999999999999999999')).status).toBe(422)
  expect((await hub.as('ada').get('/v1/users/ada')).body.error.details[0].code).toBe('int_parsing')
})

test('oneself in full has the personal group', async () => {
  const { body } = await hub.as('ada').get('/v1/users/me?view=full')
  expect(body).toMatchObject({ username: 'ada', uuid: hub.user('ada').uuid, status: 'active' })
  expect(body.personal_group_id).toBe(hub.user('ada').personalGroupId)
})

test('a superuser makes users, with personal groups, and nobody else does', async () => {
  const made = await hub.as('root').post('/v1/users?view=full', {
    username: '王小明',
    email: 'wang@example.com',
    password: 'long enough',
  })
  expect(made.body).toMatchObject({ username: '王小明', email: 'wang@example.com', status: 'active' })
  const [group] = await hub.sql('select slug from identity."group" where owner_id = $1', [made.body.id])
  expect(group?.slug).toMatch(/^g-\d+$/)
  const again = await hub.as('root').post('/v1/users', { username: '王小明' })
  expect([again.status, again.body.error.message]).toEqual([409, 'User name already taken'])
  expect((await hub.as('ada').post('/v1/users', { username: 'mine' })).status).toBe(403)
})

test('a name with blanks or a slash, a short password, a broken address are refused at their place', async () => {
  const { body } = await hub.as('root').post('/v1/users', { username: 'a b', password: 'hush', email: 'x' })
  const details: { location: string[]; input: unknown }[] = body.error.details
  expect(details.map(({ location }) => location[1])).toEqual(['username', 'password', 'email'])
  expect(JSON.stringify(body)).not.toContain('hush')
})

test('one changes one’s own address and shown name, and nothing else', async () => {
  const answer = await hub.as('ada').put('/v1/users/me?view=full', {
    email: 'ada@example.com',
    display_name: 'Ada L.',
    is_superuser: true,
    status: 'pending',
  })
  expect(answer.body).toMatchObject({ email: 'ada@example.com', is_superuser: false, status: 'active' })
  const kept = await hub.as('ada').put('/v1/users/me?view=full', { display_name: 'Ada' })
  expect(kept.body).toMatchObject({ email: 'ada@example.com', display_name: 'Ada' })
})

test('a superuser forbids a user, who is out at once, and lets in again', async () => {
  await hub.createUser('mallory', { password: 'long enough' })
  const path = `/v1/users/${hub.user('mallory').id}`
  expect((await hub.as('root').put(path, { status: 'forbidden' })).status).toBe(200)
  expect((await hub.as('mallory').get('/v1/groups')).status).toBe(403)
  await hub.as('root').put(path, { status: 'active' })
  expect((await hub.as('mallory').get('/v1/groups')).status).toBe(200)
  expect((await hub.as('ada').put(path, { status: 'forbidden' })).status).toBe(403)
})

test('a superuser sets a password; the user is signed out everywhere', async () => {
  await hub.createUser('lost')
  const path = `/v1/users/${hub.user('lost').id}/password`
  expect((await hub.as('root').put(path, { new_password: 'found again' })).status).toBe(204)
  expect((await hub.as('lost').get('/v1/users/me')).status).toBe(401)
  const answer = await hub.anonymous.post('/v1/auth/session', { username: 'lost', password: 'found again' })
  expect(answer.status).toBe(200)
})

test('a closed user is forbidden, without name, address, password, memberships and applications', async () => {
  await hub.createUser('leaver', { password: 'long enough' })
  const { id } = hub.user('leaver')
  const shop = await hub.createGroup('Shop', { owner: 'ada', members: { leaver: 'developer' } })
  const app = await hub.as('leaver').post('/v1/applications', { name: 'robot', type: 'all' })
  expect((await hub.as('root').delete(`/v1/users/${id}`)).status).toBe(204)
  const { body } = await hub.as('root').get(`/v1/users/${id}?view=full`)
  expect(body).toMatchObject({
    username: `~closed-${id}`,
    status: 'forbidden',
    email: null,
    display_name: '',
  })
  expect((await hub.withAuthorization(`Bearer ${app.body.secret}`).get('/v1/groups')).status).toBe(401)
  expect((await hub.as('ada').get(`/v1/groups/${shop.id}/users`)).body.items).toEqual([])
  expect((await hub.as('leaver').get('/v1/groups')).status).toBe(401)
  const left = await hub.sql('select * from identity.password where user_id = $1', [id])
  expect(left).toEqual([])
})

test('who owns shared groups is not closed; the groups are named', async () => {
  const { id } = await hub.createUser('boss')
  const group = await hub.createGroup('Sales', { owner: 'boss' })
  const answer = await hub.as('root').delete(`/v1/users/${id}`)
  expect(answer.status).toBe(409)
  expect(answer.body.error.message).toBe('boss owns "Sales". Give them another owner first.')
  expect(answer.body.error.details).toEqual({ groups: [{ id: group.id, name: 'Sales' }] })
})

test('the last superuser stays one, also when two take the right from each other at once', async () => {
  const path = `/v1/users/${hub.user('root').id}`
  for (const change of [{ is_superuser: false }, { status: 'forbidden' }]) {
    expect((await hub.as('root').put(path, change)).status).toBe(409)
  }
  expect((await hub.as('root').delete(path)).status).toBe(409)
  const second = await hub.createUser('root2', { superuser: true })
  const statuses = await Promise.all([
    hub.as('root').put(`/v1/users/${second.id}`, { is_superuser: false }),
    hub.as('root2').put(path, { is_superuser: false }),
  ])
  const left = await hub.sql('select from identity."user" where is_superuser and is_active')
  expect(left.length).toBe(1)
  expect(statuses.map(({ status }) => status)).toContain(200)
  await hub.sql(`update identity."user" set is_superuser = true where username = 'root'`)
})

test('what superusers do with users is in the audit log, without secrets', async () => {
  const made = await hub.as('root').post('/v1/users', { username: 'seen', password: 'very secret' })
  await hub.as('root').put(`/v1/users/${made.body.id}`, { display_name: 'Seen' })
  const { body } = await hub.as('root').get('/v1/audit?action=user&page_size=2')
  expect(body.items.map((entry: { action: string }) => entry.action)).toEqual(['user.update', 'user.create'])
  expect(body.items[1]).toMatchObject({ actor_name: 'root', object_name: 'seen', address: '127.0.0.1' })
  expect(JSON.stringify(body)).not.toContain('very secret')
})
