import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from '../../test/transfer/sample-database.ts'

let hub: TestHub
let group: TestGroup
let sample: SampleDatabase
let developer: Client
let id: number

beforeAll(async () => {
  hub = await startTestHub()
  group = await hub.createGroup('Shop', { owner: 'owner', members: { guest: 'guest', dev: 'developer' } })
  developer = hub.as('dev')
  sample = await createSampleDatabase(hub)
  id = await connection('shop', sample.connectionData)
})
afterAll(async () => {
  await sample.drop()
  await hub.stop()
})

async function connection(name: string, connection_data: object): Promise<number> {
  const { body } = await developer.post('/v1/connections', {
    group_id: group.id,
    name,
    description: '',
    type: 'postgres',
    connection_data,
    auth_data: sample.authData,
  })
  return body.id
}

const health = async (of = id) => (await hub.as('guest').get(`/v1/connections/${of}/health`)).body

/** Lets the clock have come to the next check, and waits until it has been made. */
async function checked(of = id) {
  const before = (await health(of)).last_check_at
  await hub.sql(`update connect.health set due_at = now() where connection_id = $1`, [of])
  hub.db.notify('connect.health', '')
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(30)) {
    const now = await health(of)
    if (now.last_check_at !== before && Date.parse(now.next_check_at) > Date.now()) return now
  }
  throw new Error('it was not checked within 20 s')
}

const events = () =>
  hub.sql<{ kind: string; payload: { code: string; actor: string } }>(
    `select kind, payload from platform.event
     where kind in ('connection.unhealthy', 'connection.recovered') and payload ->> 'connection_id' = $1 order by id`,
    [String(id)],
  )

test('by the clock a connection is looked at; what fails is looked at again soon', async () => {
  const well = await checked()
  expect(well).toMatchObject({ state: 'ok', consecutive_failures: 0, actor: null })
  expect(Date.parse(well.next_check_at) - Date.now()).toBeGreaterThan(10 * 60_000)
  // Away, but its login is as it was: a refused sign-in would break it at once.
  await hub.sql(`alter database ${sample.connectionData.database_name} allow_connections false`)
  expect(await checked()).toMatchObject({ state: 'degraded', consecutive_failures: 1 })
  const second = await checked()
  expect(second).toMatchObject({ state: 'degraded', consecutive_failures: 2 })
  expect(Date.parse(second.next_check_at) - Date.now()).toBeLessThan(3 * 60_000)
  expect(await events()).toEqual([])
  expect(await checked()).toMatchObject({ state: 'broken', consecutive_failures: 3 })
  await checked()
  const { body } = await developer.get(`/v1/connections/${id}?view=full`)
  expect(body.status).toBe('error')
  expect((await events()).map(({ kind }) => kind)).toEqual(['connection.unhealthy'])
})

test('when it is well again that is told once, and its status is active', async () => {
  await sample.drop()
  sample = await createSampleDatabase(hub)
  const { body } = await developer.get(`/v1/connections/${id}`)
  const changed = await developer.put(`/v1/connections/${id}`, {
    ...body,
    connection_data: sample.connectionData,
    auth_data: sample.authData,
  })
  expect(changed.status).toBe(200)
  // What was changed is looked at by itself, at once.
  await expect.poll(async () => (await health()).state, { timeout: 20_000 }).toBe('ok')
  expect((await events()).map(({ kind }) => kind)).toEqual(['connection.unhealthy', 'connection.recovered'])
  expect((await developer.get(`/v1/connections/${id}?view=full`)).body.status).toBe('active')
})

test('an inactive connection is left alone', async () => {
  const idle = await connection('idle', { ...sample.connectionData, port: 1 })
  await developer.put(`/v1/connections/${idle}/status`, { status: 'inactive' })
  await hub.sql(`update connect.health set due_at = now() where connection_id = $1`, [idle])
  hub.db.notify('connect.health', '')
  await expect
    .poll(async () => Date.parse((await health(idle)).next_check_at) > Date.now(), { timeout: 20_000 })
    .toBe(true)
  expect(await health(idle)).toMatchObject({ state: 'unknown', last_check_at: null })
})

test('a run that fails has its connections looked at, and one that goes well says they are well', async () => {
  const wrong = await connection('wrong', { ...sample.connectionData, database_name: 'nowhere' })
  await sample.sql('create table orders as select 1 as id')
  const { body: queue } = await hub
    .as('owner')
    .post('/v1/queues', { group_id: group.id, name: 'main', description: '' })
  const params = (table_name: string) => ({ type: 'postgres', table_name })
  const run = async (name: string, source: number) => {
    const { body: transfer } = await developer.post('/v1/transfers', {
      group_id: group.id,
      queue_id: queue.id,
      name,
      source_connection_id: source,
      target_connection_id: id,
      source_params: params('public.orders'),
      target_params: params(`public.${name}`),
    })
    await developer.post('/v1/runs', { transfer_id: transfer.id })
  }
  await hub.sql(
    `update connect.health set state = 'degraded', last_check_at = null where connection_id = $1`,
    [id],
  )
  await run('well', id)
  await expect.poll(async () => (await health()).state, { timeout: 30_000 }).toBe('ok')
  await run('badly', wrong)
  await expect.poll(async () => (await health(wrong)).state, { timeout: 30_000 }).not.toBe('unknown')
}, 90_000)
