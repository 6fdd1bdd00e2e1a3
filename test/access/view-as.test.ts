/** An administrator who looks at the hub as a lower role is answered as that role is, and changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { CONNECT } from './connect.ts'
import { IDENTITY } from './identity.ts'
import type { World } from './operation.ts'
import { TRANSFER } from './transfer.ts'

let hub: TestHub
let world: World
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('superuser', { superuser: true })
  const group = await hub.createGroup('Shop', {
    owner: 'owner',
    members: { guest: 'guest', developer: 'developer', maintainer: 'maintainer' },
  })
  let count = 0
  world = { hub, group, next: () => ++count }
})
afterAll(() => hub.stop())

const OPERATIONS = Object.entries({ ...IDENTITY, ...CONNECT, ...TRANSFER })
/** What is one's own whatever one's role is, and what has no caller. */
const GROUPS_OWN = OPERATIONS.filter(
  ([name, { answers }]) => answers.anonymous === 401 && !/\/v1\/(users|auth|applications)/.test(name),
)
const reads = GROUPS_OWN.filter(([name]) => name.startsWith('GET '))
const writes = GROUPS_OWN.filter(([name]) => !name.startsWith('GET '))

const LOWER = ['guest', 'developer', 'maintainer'] as const

function ask(as: string, method: string, path: string, view: string, body?: unknown) {
  return hub.as(as).request({
    method: method as 'GET', // one of the methods of the table
    url: path,
    headers: { 'x-crosstie-view-as': view },
    ...(body === undefined ? {} : { payload: body as object }), // JSON
  })
}

describe('what is read as a lower role is answered as that role is:', () => {
  test.each(reads)('%s', async (_name, { ask: question, answers }) => {
    const { path } = await question(world, 'owner')
    for (const role of LOWER) {
      const view = `${role}; group=${world.group.id}`
      for (const as of ['owner', 'superuser']) {
        expect([as, role, (await ask(as, 'GET', path, view)).status]).toEqual([as, role, answers[role]])
      }
    }
  })
})

describe('nothing is changed while one looks:', () => {
  test.each(writes)('%s', async (name, { ask: question }) => {
    const { path, body } = await question(world, 'owner')
    const answer = await ask('owner', name.split(' ')[0] ?? '', path, 'maintainer', body ?? {})
    expect([answer.status, answer.body.error.message]).toEqual([
      403,
      expect.stringContaining('only looked at'),
    ])
  })
})

test('the role that is seen is the one asked for, and a higher one is not given', async () => {
  const roleOf = async (as: string, view: string) =>
    (await ask(as, 'GET', `/v1/groups/${world.group.id}`, view)).body.role
  expect(await roleOf('owner', 'guest')).toBe('Guest')
  expect(await roleOf('owner', 'developer')).toBe('Developer')
  expect(await roleOf('guest', 'maintainer')).toBe('Guest')
  expect(await roleOf('superuser', `developer; group=${world.group.id}`)).toBe('Developer')
})

test('a superuser who looks as somebody else is no superuser, and sees only the group that is named', async () => {
  const other = await hub.createGroup('Bank', { owner: 'banker' })
  const view = `maintainer; group=${world.group.id}`
  expect((await ask('superuser', 'GET', `/v1/groups/${other.id}`, view)).status).toBe(404)
  expect((await ask('superuser', 'GET', '/v1/audit', view)).status).toBe(
    (await hub.as('maintainer').get('/v1/audit')).status,
  )
  expect((await ask('superuser', 'GET', `/v1/groups/${world.group.id}`, 'guest')).status).toBe(404)
})

test('a group that is named gives nothing to one who is no member of it', async () => {
  const shop = `/v1/groups/${world.group.id}`
  expect((await ask('banker', 'GET', shop, `guest; group=${world.group.id}`)).status).toBe(404)
})

test.each(['owner', 'superuser', 'Guest', '', 'guest; group=x', 'guest, developer'])(
  'the header "%s" is refused in words',
  async (view) => {
    const { status, body } = await ask('owner', 'GET', `/v1/groups/${world.group.id}`, view)
    expect([status, body.error.message]).toEqual([
      403,
      expect.stringContaining('guest, developer or maintainer'),
    ])
  },
)
