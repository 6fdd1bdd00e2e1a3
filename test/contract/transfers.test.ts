/** SyncMaster's rules of transfers and runs, and what we do better. No worker: runs stay as they were put. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let group: number
let other: number
let source: number
let target: number
let queue: number
let foreign: { connection: number; queue: number }

beforeAll(async () => {
  hub = await startTestHub({ settings: { parts: 'server' } })
  group = (
    await hub.createGroup('Team', {
      owner: 'ada',
      members: { gus: 'guest', dev: 'developer', mia: 'maintainer' },
    })
  ).id
  other = (await hub.createGroup('Other', { owner: 'bob', members: { ada: 'developer', mia: 'developer' } }))
    .id
  await hub.createUser('eve')
  source = await connect(group, 'source')
  target = await connect(group, 'target', 's3')
  queue = await aQueue(group, 'ada')
  foreign = { connection: await connect(other, 'foreign'), queue: await aQueue(other, 'bob') }
})
afterAll(() => hub.stop())

async function connect(
  group_id: number,
  name: string,
  type: 'postgres' | 's3' = 'postgres',
): Promise<number> {
  const data = {
    postgres: [
      { host: 'db', database_name: 'shop' },
      { type: 'basic', user: 'u', password: 'hush-hush' },
    ],
    s3: [
      { host: 's3', bucket: 'b', region: 'r' },
      { type: 's3', access_key: 'k', secret_key: 'hush-hush' },
    ],
  }
  const [connection_data, auth_data] = data[type]
  const body = { group_id, name, description: '', type, connection_data, auth_data }
  return (await hub.as('ada').post('/v1/connections', body)).body.id
}
async function aQueue(group_id: number, as: string): Promise<number> {
  return (await hub.as(as).post('/v1/queues', { group_id, name: 'main' })).body.id
}

let made = 0
const bodyOf = (more: object = {}) => ({
  group_id: group,
  queue_id: queue,
  name: `transfer ${(made += 1)}`,
  source_connection_id: source,
  target_connection_id: target,
  source_params: { type: 'postgres', table_name: 'public.orders' },
  target_params: { type: 's3', directory_path: '/out', file_format: { type: 'csv' } },
  ...more,
})
const post = (more: object = {}, as = 'ada') => hub.as(as).post('/v1/transfers', bodyOf(more))
const create = async (more: object = {}): Promise<number> => (await post(more)).body.id
const told = (answer: { status: number; body: { error?: { message: string } } | null }) => [
  answer.status,
  answer.body?.error?.message,
]

describe('a transfer', () => {
  test('is read back whole, with SyncMaster’s defaults', async () => {
    const body = bodyOf()
    const answer = await hub.as('ada').post('/v1/transfers', body)
    expect(answer.body).toEqual({
      ...body,
      id: answer.body.id,
      description: '',
      target_params: {
        type: 's3',
        directory_path: '/out',
        file_format: {
          type: 'csv',
          delimiter: ',',
          encoding: 'utf-8',
          quote: '"',
          escape: '\\',
          include_header: false,
          line_sep: '\n',
          compression: 'gzip',
        },
        file_name_template: '{run_created_at}-{index}.{extension}',
        options: {},
      },
      strategy_params: { type: 'full' },
      transformations: [],
      resources: { max_parallel_tasks: 1, cpu_cores_per_task: 1, ram_bytes_per_task: 2 ** 30 },
      is_scheduled: false,
      schedule: '',
    })
  })

  test.each([
    [
      'connections of another group',
      () => ({ source_connection_id: foreign.connection }),
      400,
      'Connections should belong to the transfer group',
    ],
    [
      'a queue of another group',
      () => ({ queue_id: foreign.queue }),
      400,
      'Queue should belong to the transfer group',
    ],
    ['a connection that is not there', () => ({ target_connection_id: -1 }), 404, 'Connection not found'],
    ['a queue that is not there', () => ({ queue_id: 987654 }), 404, 'Queue not found'],
    [
      'params of another type at the source',
      () => ({ source_params: { type: 'mysql', table_name: 'a.b' } }),
      400,
      'Source connection has type `postgres` but its params has `mysql` type',
    ],
    [
      'params of another type at the target',
      () => ({ target_params: { type: 'oracle', table_name: 'a.b' } }),
      400,
      'Target connection has type `s3` but its params has `oracle` type',
    ],
    [
      'a group of others',
      () => ({ group_id: hub.user('eve').personalGroupId }),
      403,
      'You have no power here',
    ],
    ['a group that is not there', () => ({ group_id: 987654 }), 403, 'You have no power here'],
  ] as const)('is refused with %s', async (_what, more, status, message) => {
    expect(told(await post(more()))).toEqual([status, message])
  })

  test('has a name of its own in its group', async () => {
    const taken = [409, 'The transfer name already exists in the target group, please specify a new one']
    await create({ name: 'nightly' })
    expect(told(await post({ name: 'nightly' }))).toEqual(taken)
    const id = await create()
    expect(told(await hub.as('ada').put(`/v1/transfers/${id}`, bodyOf({ name: 'nightly' })))).toEqual(taken)
  })

  test('is replaced whole by a change, and keeps the text of a schedule that is off', async () => {
    const id = await create({ description: 'first', is_scheduled: true, schedule: '0 3 * * *' })
    const off = await hub.as('ada').put(`/v1/transfers/${id}`, bodyOf({ schedule: '0 3 * * *' }))
    expect(off.body).toMatchObject({ description: '', is_scheduled: false, schedule: '0 3 * * *' })
    const none = await hub.as('ada').put(`/v1/transfers/${id}`, bodyOf({ schedule: null }))
    expect(none.body.schedule).toBe('')
  })

  test('does not go over to another group by a change, whose things it would use', async () => {
    const id = await create()
    const body = bodyOf({
      group_id: other,
      queue_id: foreign.queue,
      source_connection_id: foreign.connection,
      target_connection_id: foreign.connection,
      target_params: { type: 'postgres', table_name: 'public.copies' },
    })
    expect(told(await hub.as('ada').put(`/v1/transfers/${id}`, body))[0]).toBe(400)
    expect((await hub.as('ada').get(`/v1/transfers/${id}`)).body).toMatchObject({
      group_id: group,
      source_connection_id: source,
    })
  })
})

describe('a copy of a transfer', () => {
  const copy = (id: number, as: string, more: object = {}) =>
    hub.as(as).post(`/v1/transfers/${id}/copy_transfer`, {
      new_group_id: other,
      new_queue_id: foreign.queue,
      new_name: `copy ${(made += 1)}`,
      new_source_connection_name: `source ${made}`,
      new_target_connection_name: `target ${made}`,
      ...more,
    })

  test('takes both connections along, without credentials, and the schedule as it is', async () => {
    const id = await create({ is_scheduled: true, schedule: '0 3 * * *' })
    const { body } = await copy(id, 'ada')
    expect(body).toMatchObject({
      group_id: other,
      queue_id: foreign.queue,
      is_scheduled: true,
      schedule: '0 3 * * *',
    })
    for (const end of [body.source_connection_id, body.target_connection_id]) {
      expect((await hub.as('bob').get(`/v1/connections/${end}`)).body).toMatchObject({
        group_id: other,
        auth_data: null,
      })
    }
    expect((await hub.as('ada').get(`/v1/connections/${source}`)).body.auth_data).toEqual({
      type: 'basic',
      user: 'u',
    })
    expect(told(await hub.as('bob').post('/v1/runs', { transfer_id: body.id }))).toEqual([
      404,
      `Credentials not found. Connection id = ${body.source_connection_id}`,
    ])
  })

  test('copies a connection that is both ends once', async () => {
    const both = { target_connection_id: source, target_params: { type: 'postgres', table_name: 'public.b' } }
    const { body } = await copy(await create(both), 'ada')
    expect(body.source_connection_id).toBe(body.target_connection_id)
  })

  test('needs writing where it goes, and deleting where it leaves nothing behind', async () => {
    const id = await create()
    expect(told(await copy(id, 'eve'))).toEqual([404, 'Transfer not found'])
    expect(told(await copy(id, 'dev'))).toEqual([403, 'You have no power here'])
    expect(told(await copy(id, 'ada', { new_queue_id: queue }))).toEqual([
      400,
      'Queue should belong to the transfer group',
    ])
    const own = hub.user('dev').personalGroupId
    const toOwn = { new_group_id: own, new_queue_id: await aQueue(own, 'dev'), remove_source: true }
    expect(told(await copy(id, 'dev', toOwn))).toEqual([403, 'You have no power here'])
    expect((await copy(id, 'mia', { remove_source: true })).status).toBe(200)
    expect(told(await hub.as('ada').get(`/v1/transfers/${id}`))).toEqual([404, 'Transfer not found'])
    expect((await hub.as('ada').get(`/v1/connections/${source}`)).status).toBe(200)
  })

  test('leaves nothing behind when a name in it is taken', async () => {
    const id = await create()
    const before = (await hub.as('bob').get(`/v1/connections?group_id=${other}`)).body.meta.total
    const taken = await copy(id, 'ada', { new_target_connection_name: 'foreign' })
    expect(taken.status).toBe(409)
    expect((await hub.as('bob').get(`/v1/connections?group_id=${other}`)).body.meta.total).toBe(before)
  })
})

describe('a run', () => {
  let transfer: number
  const transformations = [
    { type: 'dataframe_rows_filter', filters: [{ type: 'equal', field: 'a', value: '1' }] },
    { type: 'sql', query: 'select 1', dialect: 'spark' },
  ]
  beforeEach(async () => {
    transfer = await create({ transformations, resources: { cpu_cores_per_task: 2 } })
  })
  const start = (as = 'ada') => hub.as(as).post('/v1/runs', { transfer_id: transfer })

  test('stays CREATED while there is no worker, and holds all that it is to do, and no secret', async () => {
    const { status, body } = await start()
    expect(status).toBe(200)
    const end = (id: number, type: string) => ({
      id,
      group_id: group,
      description: '',
      type,
      name: expect.any(String),
    })
    expect(body).toEqual({
      id: body.id,
      transfer_id: transfer,
      started_at: null,
      ended_at: null,
      status: 'CREATED',
      type: 'MANUAL',
      log_url: null,
      transfer_dump: {
        ...(await hub.as('ada').get(`/v1/transfers/${transfer}`)).body,
        source_connection: {
          ...end(source, 'postgres'),
          data: { host: 'db', port: 5432, database_name: 'shop', additional_params: {} },
          auth_data: { type: 'basic', user: 'u' },
        },
        target_connection: {
          ...end(target, 's3'),
          data: expect.objectContaining({ bucket: 'b' }),
          auth_data: { type: 's3', access_key: 'k' },
        },
      },
    })
    expect(JSON.stringify(body)).not.toContain('hush-hush')
    const { transfer_dump: _dump, ...short } = body
    expect((await hub.as('gus').get(`/v1/runs?transfer_id=${transfer}`)).body.items).toEqual([short])
    expect((await hub.as('gus').get(`/v1/runs/${body.id}`)).body).toEqual(body)
  })

  test('is stopped from CREATED and STARTED, and from nowhere else', async () => {
    const { body } = await start()
    const stop = (as = 'ada') => hub.as(as).post(`/v1/runs/${body.id}/stop`)
    expect(told(await stop('gus'))).toEqual([403, 'You have no power here'])
    expect((await stop()).body).toMatchObject({ id: body.id, status: 'SEND_STOP_SIGNAL' })
    for (const status of ['SEND_STOP_SIGNAL', 'STOPPED', 'FINISHED', 'FAILED']) {
      await hub.sql('update transfer.run set status = $1 where id = $2', [status, body.id])
      expect(told(await stop())).toEqual([400, `Cannot stop run ${body.id}. Current status is ${status}`])
    }
    await hub.sql(`update transfer.run set status = 'STARTED' where id = $1`, [body.id])
    expect((await stop()).body).toMatchObject({ status: 'SEND_STOP_SIGNAL' })
  })

  test('of another group is told as SyncMaster tells it: its transfer is what is not found', async () => {
    const { body } = await start()
    for (const path of ['', '/log', '/events']) {
      expect(told(await hub.as('eve').get(`/v1/runs/${body.id}${path}`))).toEqual([404, 'Transfer not found'])
      expect(told(await hub.as('eve').get(`/v1/runs/987654${path}`))).toEqual([404, 'Run not found'])
    }
    expect(told(await hub.as('eve').post(`/v1/runs/${body.id}/stop`))).toEqual([404, 'Transfer not found'])
    expect(told(await hub.as('eve').get(`/v1/runs?transfer_id=${transfer}`))).toEqual([
      404,
      'Transfer not found',
    ])
    expect(told(await start('eve'))).toEqual([404, 'Transfer not found'])
    expect(told(await start('gus'))).toEqual([403, 'You have no power here'])
  })

  test('is listed newest first, by state and by when it started, to both bounds', async () => {
    const ids = [(await start()).body.id, (await start()).body.id, (await start()).body.id]
    const at = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z']
    for (const [index, id] of ids.entries()) {
      await hub.sql(`update transfer.run set started_at = $1, status = $2 where id = $3`, [
        at[index],
        ['FINISHED', 'FAILED', 'STARTED'][index],
        id,
      ])
    }
    const list = async (query: string) => {
      const { body } = await hub.as('gus').get(`/v1/runs?transfer_id=${transfer}&${query}`)
      return body.items.map((run: { id: number }) => ids.indexOf(run.id))
    }
    expect(await list('')).toEqual([2, 1, 0])
    expect(await list('status=FAILED&status=FINISHED')).toEqual([1, 0])
    expect(await list(`started_at_since=${at[1]}`)).toEqual([2, 1])
    expect(await list(`started_at_until=${at[1]}`)).toEqual([1, 0])
    expect(await list(`started_at_since=${at[1]}&started_at_until=2026-01-02`)).toEqual([1])
    expect(await list(`started_at_until=${Date.parse(at[0] ?? '') / 1000}`)).toEqual([0])
    expect((await hub.as('gus').get(`/v1/runs?transfer_id=${transfer}&status=LOST`)).status).toBe(422)
  })

  test('goes with its transfer', async () => {
    const { body } = await start()
    expect(told(await hub.as('dev').delete(`/v1/transfers/${transfer}`))[0]).toBe(403)
    expect((await hub.as('mia').delete(`/v1/transfers/${transfer}`)).status).toBe(204)
    expect(told(await hub.as('ada').get(`/v1/runs/${body.id}`))).toEqual([404, 'Run not found'])
  })
})
