import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true })
  await hub.createUser('ada')
  await hub.createUser('bob')
})
afterAll(() => hub.stop())

test('who makes a group owns it, and sees it with that role', async () => {
  const made = await hub.as('ada').post('/v1/groups', { name: 'Analysts', description: '' })
  expect(made.status).toBe(200)
  const owner_id = hub.user('ada').id
  expect(made.body).toEqual({ id: made.body.id, name: 'Analysts', description: '', owner_id })
  const read = await hub.as('ada').get(`/v1/groups/${made.body.id}?view=full`)
  expect(read.body).toMatchObject({ role: 'Owner', data: { slug: 'analysts', personal: false } })
})

test('a taken name and a taken slug are 409, a reserved or malformed slug 422', async () => {
  const make = (body: object) => hub.as('ada').post('/v1/groups', { description: '', ...body })
  await make({ name: 'First', slug: 'first-slug' })
  const taken = await make({ name: 'First' })
  expect([taken.status, taken.body.error.message]).toEqual([409, 'Group name already taken'])
  expect((await make({ name: 'Second', slug: 'first-slug' })).status).toBe(409)
  // A user's own name in paths is taken, too.
  expect((await make({ name: 'Third', slug: 'ada' })).status).toBe(409)
  const reserved = await make({ name: 'Fourth', slug: 'npm' })
  expect(reserved.body.error.details[0]).toMatchObject({ location: ['body', 'slug'], code: 'value_error' })
  expect((await make({ name: 'Fifth', slug: 'With Blank' })).status).toBe(422)
})

test('slugs that are derived step aside for each other and for reserved ones', async () => {
  const slugOf = async (name: string) =>
    (await hub.as('ada').post('/v1/groups?view=full', { name, description: '' })).body.slug
  expect(await slugOf('Data Team')).toBe('data-team')
  expect(await slugOf('Data  Team!')).toBe('data-team-2')
  expect(await slugOf('NPM')).toBe('npm-2')
  expect(await slugOf('数据组')).toMatch(/^g-\d+$/)
})

test('the list has one’s own groups first, leaves personal ones out unless asked, and finds by words', async () => {
  await hub.createUser('lister')
  await hub.createGroup('Aardvarks', { owner: 'bob', members: { lister: 'guest' } })
  await hub.createGroup('Zebra crossing', { owner: 'lister' })
  const names = async (query = '') =>
    (await hub.as('lister').get(`/v1/groups${query}`)).body.items.map(
      (item: { data: { name: string } }) => item.data.name,
    )
  expect(await names()).toEqual(['Zebra crossing', 'Aardvarks'])
  expect(await names('?personal=true')).toEqual(['Zebra crossing', 'lister', 'Aardvarks'])
  expect(await names('?search_query=cross')).toEqual(['Zebra crossing'])
  expect(await names('?search_query=...')).toEqual([])
  expect(await names('?role=Owner')).toEqual(['Zebra crossing'])
  expect((await hub.as('lister').get('/v1/groups?role=King')).status).toBe(422)
})

test('a new owner stops being a member, the old one becomes a guest', async () => {
  const group = await hub.createGroup('Handed on', { owner: 'ada', members: { bob: 'maintainer' } })
  const body = { name: 'Handed on', description: 'to bob', owner_id: hub.user('bob').id }
  expect((await hub.as('ada').put(`/v1/groups/${group.id}`, body)).status).toBe(200)
  expect((await hub.as('bob').get(`/v1/groups/${group.id}`)).body.role).toBe('Owner')
  expect((await hub.as('ada').get(`/v1/groups/${group.id}`)).body.role).toBe('Guest')
  const { body: members } = await hub.as('bob').get(`/v1/groups/${group.id}/users`)
  expect(members.items).toEqual([{ id: hub.user('ada').id, username: 'ada', role: 'Guest' }])
})

test('members are added, changed, removed, in SyncMaster’s words where they are not', async () => {
  const group = await hub.createGroup('Members', { owner: 'ada' })
  const path = `/v1/groups/${group.id}/users/${hub.user('bob').id}`
  const { post, put, delete: remove } = hub.as('ada')
  expect((await post(path, { role: 'Guest' })).status).toBe(204)
  expect((await post(path, { role: 'Guest' })).body.error.message).toBe('User already is group member')
  expect((await put(path, { role: 'Maintainer' })).body).toEqual({ role: 'Maintainer' })
  const own = `/v1/groups/${group.id}/users/${hub.user('ada').id}`
  expect((await post(own, { role: 'Guest' })).body.error.message).toBe('User already is group owner')
  expect((await post(path, { role: 'Owner' })).body.error.details[0]).toMatchObject({
    location: ['body'],
    message: 'Value error, Input should be one of: Maintainer, Developer, Guest',
    input: { role: 'Owner' },
  })
  expect((await hub.as('bob').delete(path)).status).toBe(204)
  expect((await remove(path)).body.error.message).toBe('User already is not group member')
  expect((await remove(own)).status).toBe(409)
})

test('a group that is deleted takes everything in it along; a personal one stays', async () => {
  const group = await hub.createGroup('Short-lived', { owner: 'ada', members: { bob: 'guest' } })
  expect((await hub.as('ada').delete(`/v1/groups/${group.id}`)).status).toBe(403)
  expect((await hub.as('root').delete(`/v1/groups/${group.id}`)).status).toBe(204)
  expect((await hub.as('ada').get(`/v1/groups/${group.id}`)).status).toBe(404)
  const personal = await hub.as('root').delete(`/v1/groups/${hub.user('ada').personalGroupId}`)
  expect(personal.status).toBe(409)
})

test('broken JSON is told before anything else, even without a token', async () => {
  const answer = await hub.anonymous.request({
    method: 'POST',
    url: '/v1/groups',
    headers: { 'content-type': 'application/json' },
    payload: '{"name": ',
  })
  expect([answer.status, answer.body.error.details[0].code]).toEqual([422, 'json_invalid'])
})
