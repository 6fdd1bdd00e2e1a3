import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
let shop: TestGroup
let bank: TestGroup
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true })
  shop = await hub.createGroup('Shop', { owner: 'ada', members: { max: 'maintainer', dev: 'developer' } })
  bank = await hub.createGroup('Bank', { owner: 'bob' })
  await hub.createUser('eve')
  for (const [owner, group] of [
    ['ada', shop],
    ['bob', bank],
  ] as const) {
    await hub.as(owner).post(`/v1/groups/${group.id}/users/${hub.user('eve').id}`, { role: 'Guest' })
  }
})
afterAll(() => hub.stop())

const audit = async (as: string, query = '') => (await hub.as(as).get(`/v1/audit${query}`)).body

test('an entry says who did what, to what, when, from where and by which request', async () => {
  const [entry] = (await audit('ada', `?group_id=${shop.id}`)).items
  expect(entry).toMatchObject({
    group_id: shop.id,
    actor_id: hub.user('ada').id,
    actor_name: 'ada',
    action: 'member.add',
    object_id: String(hub.user('eve').id),
    details: { role: 'guest' },
    address: '127.0.0.1',
  })
  expect(entry.request_id).toMatch(/^[0-9a-f]{32}$/)
  expect(Date.parse(entry.created_at)).toBeGreaterThan(Date.now() - 60_000)
})

test('maintainers see their groups’ entries, superusers all, others none', async () => {
  const groupsSeenBy = async (name: string) => [
    ...new Set((await audit(name)).items.map((entry: { group_id: number }) => entry.group_id)),
  ]
  expect(await groupsSeenBy('max')).toEqual([shop.id])
  expect(await groupsSeenBy('bob')).toEqual([bank.id])
  expect(await groupsSeenBy('dev')).toEqual([])
  expect(await groupsSeenBy('root')).toEqual([bank.id, shop.id])
  const status = async (name: string) => (await hub.as(name).get(`/v1/audit?group_id=${shop.id}`)).status
  expect(await Promise.all(['max', 'dev', 'bob', 'root'].map(status))).toEqual([200, 403, 404, 200])
})

test('entries are found by action, actor and time', async () => {
  const total = async (query: string) => (await audit('root', query)).meta.total
  expect(await total('?action=member.add')).toBe(2)
  expect(await total('?action=member')).toBe(2)
  expect(await total('?action=mem')).toBe(0)
  expect(await total(`?actor_id=${hub.user('bob').id}`)).toBe(1)
  expect(await total(`?since=${new Date(Date.now() + 60_000).toISOString()}`)).toBe(0)
  expect(await total(`?until=${new Date(Date.now() + 60_000).toISOString()}`)).toBe(2)
  expect((await hub.as('root').get('/v1/audit?since=yesterday')).status).toBe(422)
})

test('nobody changes what was written down', async () => {
  const caller = { databaseRole: 'crosstie_app', claims: { user_id: 1, superuser: true } } as const
  for (const statement of ['delete from identity.audit', `update identity.audit set actor_name = 'x'`]) {
    const attempt = hub.db.withConnection(caller, (client) => client.query(statement))
    await expect(attempt).rejects.toThrow(/permission denied/)
  }
})
