/** SyncMaster's rules of connections and queues, and what we do better. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let group: number
let other: number
let queue: number
beforeAll(async () => {
  hub = await startTestHub({ settings: { parts: 'server' } })
  const members = { gus: 'guest', dev: 'developer', mia: 'maintainer' } as const
  group = (await hub.createGroup('Team', { owner: 'ada', members })).id
  other = (
    await hub.createGroup('Other', {
      owner: 'bob',
      members: { ada: 'developer', gus: 'guest', mia: 'developer' },
    })
  ).id
  await hub.createUser('eve')
  queue = (await hub.as('ada').post('/v1/queues', { group_id: group, name: 'main' })).body.id
})
afterAll(() => hub.stop())

let made = 0
const bodyOf = (more: object = {}) => ({
  group_id: group,
  name: `connection ${(made += 1)}`,
  description: '',
  type: 'postgres',
  connection_data: { host: 'db', database_name: 'shop' },
  auth_data: { type: 'basic', user: 'u', password: 'first secret' },
  ...more,
})
const create = async (more: object = {}): Promise<number> =>
  (await hub.as('ada').post('/v1/connections', bodyOf(more))).body.id
const use = async (connection: number): Promise<number> => {
  const { body } = await hub.as('ada').post('/v1/transfers', {
    group_id: group,
    queue_id: queue,
    name: `transfer ${(made += 1)}`,
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.a' },
    target_params: { type: 'postgres', table_name: 'public.b' },
  })
  return body.id
}
const told = (answer: { status: number; body: { error?: { message: string } } | null }) => [
  answer.status,
  answer.body?.error?.message,
]

describe('a change of a connection', () => {
  const put = (id: number, more: object) => hub.as('ada').put(`/v1/connections/${id}`, bodyOf(more))
  const S3 = {
    type: 's3',
    connection_data: { host: 's3', bucket: 'b', region: 'r' },
    auth_data: { type: 's3', access_key: 'k', secret_key: 's' },
  }

  test('leaves it in its group, whatever the body says', async () => {
    const id = await create()
    expect((await put(id, { group_id: other })).body).toMatchObject({ group_id: group })
  })

  test('may change its type while no transfer uses it', async () => {
    const id = await create()
    expect((await put(id, S3)).body).toMatchObject({ type: 's3', connection_data: { port: 443 } })
    const used = await create()
    await use(used)
    expect(told(await put(used, S3))).toEqual([
      409,
      'You cannot update the connection type of a connection already associated with a transfer.',
    ])
  })

  test('asks for a secret with another way to sign in, and takes a null for the one that is stored', async () => {
    const id = await create()
    const without = { ...S3, auth_data: { type: 's3', access_key: 'k', secret_key: null } }
    expect(told(await put(id, without))).toEqual([
      409,
      'You cannot update the connection auth type without providing a new secret value.',
    ])
    const kept = await put(id, { auth_data: { type: 'basic', user: 'v', password: null } })
    expect(kept.body.auth_data).toEqual({ type: 'basic', user: 'v' })
  })

  test('gives a copy the credentials that it came without', async () => {
    const copy = await hub
      .as('ada')
      .post(`/v1/connections/${await create()}/copy_connection`, { new_group_id: other })
    expect(copy.body.auth_data).toBeNull()
    const withoutSecret = { auth_data: { type: 'basic', user: 'u' } }
    expect(told(await put(copy.body.id, withoutSecret))).toEqual([
      404,
      `Credentials not found. Connection id = ${copy.body.id}`,
    ])
    expect((await put(copy.body.id, {})).body.auth_data).toEqual({ type: 'basic', user: 'u' })
  })

  test('cannot take a name that another has, nor can a new one or a copy', async () => {
    const name = 'a name of its own'
    const id = await create({ name })
    const taken = [409, 'The connection name already exists in the target group, please specify a new one']
    expect(told(await put(await create(), { name }))).toEqual(taken)
    expect(told(await hub.as('ada').post('/v1/connections', bodyOf({ name })))).toEqual(taken)
    const copy = { new_group_id: group }
    expect(told(await hub.as('ada').post(`/v1/connections/${id}/copy_connection`, copy))).toEqual(taken)
    const renamed = { ...copy, new_name: 'another name' }
    expect((await hub.as('ada').post(`/v1/connections/${id}/copy_connection`, renamed)).status).toBe(200)
  })
})

describe('a copy of a connection', () => {
  const copy = (id: number, as: string, more: object = {}) =>
    hub.as(as).post(`/v1/connections/${id}/copy_connection`, {
      new_group_id: other,
      new_name: `copy ${(made += 1)}`,
      ...more,
    })

  test('needs reading where it comes from and writing where it goes', async () => {
    const id = await create()
    for (const [who, status, message] of [
      ['ada', 200, undefined],
      ['mia', 200, undefined],
      ['gus', 403, 'You have no power here'],
      ['dev', 404, 'Group not found'],
      ['eve', 404, 'Connection not found'],
    ] as const) {
      expect([who, ...told(await copy(id, who))]).toEqual([who, status, message])
    }
  })

  test('that takes the source away needs deleting there, and a source that nothing uses', async () => {
    const id = await create()
    const move = { remove_source: true }
    expect(told(await copy(id, 'gus', move))).toEqual([403, 'You have no power here'])
    const toOwn = { ...move, new_group_id: hub.user('dev').personalGroupId }
    expect(told(await copy(id, 'dev', toOwn))).toEqual([403, 'You have no power here'])
    expect((await copy(id, 'mia', move)).status).toBe(200)
    expect((await hub.as('ada').get(`/v1/connections/${id}`)).status).toBe(404)

    const used = await create()
    const transfer = await use(used)
    expect(told(await copy(used, 'mia', move))).toEqual([
      409,
      'The connection has an associated transfers. Number of the connected transfers: 1',
    ])
    expect((await hub.as('ada').get(`/v1/transfers/${transfer}`)).status).toBe(200)
  })
})

test('a connection that is used is not deleted', async () => {
  const id = await create()
  await use(id)
  await use(id)
  expect(told(await hub.as('ada').delete(`/v1/connections/${id}`))).toEqual([
    409,
    'The connection has an associated transfers. Number of the connected transfers: 2',
  ])
})

describe('a queue', () => {
  const post = (name: string) => hub.as('mia').post('/v1/queues', { group_id: group, name })

  test('has a slug of its group and name, made once', async () => {
    const { body } = await post('New queue!')
    expect(body).toEqual({
      id: body.id,
      group_id: group,
      name: 'New queue!',
      description: '',
      slug: `${group}-new_queue`,
    })
    expect(told(await post('new-QUEUE'))).toEqual([
      409,
      'The queue name already exists in the target group, please specify a new one',
    ])
    const renamed = await hub.as('mia').put(`/v1/queues/${body.id}`, { name: 'main', description: 'd' })
    expect(renamed.body).toMatchObject({ name: 'main', description: 'd', slug: `${group}-new_queue` })
    expect((await post('???')).body.slug).toBe(`${group}-`)
  })

  test('is a maintainer’s to make, change and delete', async () => {
    const { body } = await post('of maintainers')
    const dev = hub.as('dev')
    expect(told(await dev.post('/v1/queues', { group_id: group, name: 'mine' }))[0]).toBe(403)
    expect(told(await dev.put(`/v1/queues/${body.id}`, { name: 'mine' }))[0]).toBe(403)
    expect(told(await dev.delete(`/v1/queues/${body.id}`))[0]).toBe(403)
    expect((await dev.get(`/v1/queues/${body.id}`)).status).toBe(200)
    expect(told(await hub.as('eve').delete(`/v1/queues/${body.id}`))).toEqual([404, 'Queue not found'])
    expect((await hub.as('mia').delete(`/v1/queues/${body.id}`)).status).toBe(204)
  })

  test('that transfers use stays', async () => {
    await use(await create())
    const [status, message] = told(await hub.as('mia').delete(`/v1/queues/${queue}`))
    expect(status).toBe(409)
    expect(message).toMatch(
      /^The queue has an associated transfers\(s\)\. Number of the linked transfers: \d+$/,
    )
  })
})
