import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, startTestHub, type TestHub } from '../harness/hub.ts'
import { CONNECT } from './connect.ts'
import { IDENTITY } from './identity.ts'
import { NOTIFY } from './notify.ts'
import { type Operations, type Question, type Role, ROLES, type World } from './operation.ts'
import { TRANSFER } from './transfer.ts'

const OPERATIONS: Operations = { ...IDENTITY, ...CONNECT, ...TRANSFER, ...NOTIFY }

let hub: TestHub
let world: World
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('superuser', { superuser: true })
  await hub.createUser('outsider')
  const group = await hub.createGroup('Shop', {
    owner: 'owner',
    members: { guest: 'guest', developer: 'developer', maintainer: 'maintainer', inactive: 'guest' },
  })
  await hub.sql(`update identity."user" set status = 'forbidden' where username = 'inactive'`)
  let count = 0
  world = { hub, group, next: () => ++count }
})
afterAll(() => hub.stop())

test('every operation of /openapi.json has its line in the table, and no line is left over', async () => {
  const { body } = await hub.anonymous.get('/openapi.json')
  const declared = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(Object.keys(OPERATIONS).toSorted()).toEqual(declared.toSorted())
})

describe('each role is answered as the table says:', () => {
  test.each(Object.entries(OPERATIONS))('%s', async (name, { ask, answers }) => {
    const method = name.split(' ')[0] ?? ''
    const found: Partial<Record<Role, number>> = {}
    for (const role of ROLES) {
      const question = await ask(world, role)
      found[role] = (await answerTo(clientOf(role), method, question)).status
      // An operation may end the token that asked.
      await hub.sql('update identity."user" set sessions_valid_from = null')
    }
    expect(found).toEqual(answers)
  })
})

const clientOf = (role: Role): Client => (role === 'anonymous' ? hub.anonymous : hub.as(role))

function answerTo(client: Client, method: string, { path, body, form }: Question) {
  // Each asks for what Fastify's own type calls one of the known methods.
  const known = method as 'GET' | 'POST' | 'PUT' | 'DELETE'
  if (form !== undefined) {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const payload = new URLSearchParams(form).toString()
    return client.request({ method: known, url: path, headers, payload })
  }
  return client.request({
    method: known,
    url: path,
    ...(body === undefined ? {} : { payload: body as object }), // JSON
  })
}
