import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from '../../test/transfer/sample-database.ts'
import { beginStory, type Story } from '../../test/transfer/story.ts'

let hub: TestHub
let sample: SampleDatabase
let story: Story
let other: Story
let connection: number
let foreign: number

beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('ada')
  sample = await createSampleDatabase(hub)
  await sample.sql(
    `create table orders as select n as id, 'note ' || n as note from generate_series(1, 30) n`,
  )
  story = await beginStory(hub, 'ada')
  other = await beginStory(hub, 'ada')
  connection = await story.connect('shop', sample)
  foreign = await other.connect('shop', sample)
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
})

let made = 0
const bodyOf = (more: object = {}) => {
  made += 1
  return {
    group_id: story.groupId,
    queue_id: story.queueId,
    name: `transfer ${made}`,
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.copies' },
    ...more,
  }
}
const post = (more: object = {}) => story.client.post('/v1/transfers', bodyOf(more))
const messageOf = ({ status, body }: { status: number; body: { error: { message: string } } }) => [
  status,
  body.error.message,
]

describe('a transfer', () => {
  it('is read back by exactly the fields that SyncMaster has, defaults filled in', async () => {
    const body = bodyOf({
      resources: { ram_bytes_per_task: '1GiB' },
      target_params: { type: 'postgres', table_name: 'public.copies', write: 'direct' },
    })
    const { body: answer } = await story.client.post('/v1/transfers', body)
    expect(answer).toEqual({
      ...body,
      id: answer.id,
      description: '',
      target_params: { type: 'postgres', table_name: 'public.copies' },
      strategy_params: { type: 'full' },
      transformations: [],
      resources: { max_parallel_tasks: 1, cpu_cores_per_task: 1, ram_bytes_per_task: 2 ** 30 },
      is_scheduled: false,
      schedule: '',
    })
    const full = await story.client.get(`/v1/transfers/${answer.id}?view=full`)
    expect(full.body).toMatchObject({
      target_params: { write: 'direct' },
      timezone: 'UTC',
      last_run: null,
      next_runs: [],
    })
  })

  it('has both ends and its queue in its own group, and params of the types of its connections', async () => {
    expect(messageOf(await post({ target_connection_id: foreign }))).toEqual([
      400,
      'Connections should belong to the transfer group',
    ])
    expect(messageOf(await post({ queue_id: other.queueId }))).toEqual([
      400,
      'Queue should belong to the transfer group',
    ])
    const hive = { type: 'hive', table_name: 'a.b' }
    expect(messageOf(await post({ source_params: hive }))).toEqual([
      400,
      'Source connection has type `postgres` but its params has `hive` type',
    ])
    expect(messageOf(await post({ source_connection_id: 999_999 }))).toEqual([404, 'Connection not found'])
    expect(messageOf(await post({ queue_id: 999_999 }))).toEqual([404, 'Queue not found'])
    const name = bodyOf()
    await story.client.post('/v1/transfers', name)
    expect(messageOf(await story.client.post('/v1/transfers', name))).toEqual([
      409,
      'The transfer name already exists in the target group, please specify a new one',
    ])
  })

  it('cannot be changed onto the things of another group', async () => {
    const { body } = await post()
    const all = {
      group_id: other.groupId,
      queue_id: other.queueId,
      source_connection_id: foreign,
      target_connection_id: foreign,
    }
    expect(messageOf(await story.client.put(`/v1/transfers/${body.id}`, bodyOf(all)))).toEqual([
      400,
      'Connections should belong to the transfer group',
    ])
  })

  it.each([
    [
      { source_params: { type: 'postgres', table_name: 'orders' } },
      ['body', 'source_params', 'postgres', 'table_name'],
      'Value error, Table name should be in format myschema.mytable',
    ],
    [
      { target_params: { type: 'local', directory_path: 'out', file_format: { type: 'parquet' } } },
      ['body', 'target_params', 'local', 'directory_path'],
      'Value error, Directory path must be absolute',
    ],
    [{ is_scheduled: true }, ['body'], 'Value error, If transfer must be scheduled then set schedule'],
    [
      { is_scheduled: true, schedule: 'at noon' },
      ['body', 'schedule'],
      "Value error, 'at noon' has 2 fields, but a cron line has five: minute, hour, day of the month, month, weekday",
    ],
    [
      { transformations: [{ type: 'sql', query: 'drop table x' }] },
      ['body', 'transformations', 0, 'sql', 'query'],
      "Value error, Query must be a SELECT statement, got 'drop table x'",
    ],
    [{ name: 'ab' }, ['body', 'name'], 'String should have at least 3 characters'],
    [
      { timezone: 'Mars/Base' },
      ['body', 'timezone'],
      "Value error, There is no time zone 'Mars/Base'; write one as Europe/Berlin, or UTC",
    ],
  ])('%j is refused at its place', async (more, location, message) => {
    const { status, body } = await post(more)
    expect(status).toBe(422)
    expect(body.error.details).toEqual([expect.objectContaining({ location, message })])
  })

  it('keeps its connections and its queue from being deleted', async () => {
    const queue = await story.client.post('/v1/queues', { group_id: story.groupId, name: 'another queue' })
    await post({ queue_id: queue.body.id })
    expect(messageOf(await story.client.delete(`/v1/queues/${queue.body.id}`))).toEqual([
      409,
      'The queue has an associated transfers(s). Number of the linked transfers: 1',
    ])
    expect(messageOf(await story.client.delete(`/v1/connections/${connection}`))[1]).toMatch(
      /^The connection has an associated transfers. Number of the connected transfers: \d+$/,
    )
  })

  it('is found by the words of its name and of its tables, and filtered', async () => {
    const { body } = await post({
      name: 'nightly.archive',
      source_params: { type: 'postgres', table_name: 'sales.receipts' },
    })
    const list = async (query: string) => {
      const answer = await story.client.get(`/v1/transfers?group_id=${story.groupId}&page_size=50&${query}`)
      return answer.body.items.map(({ id }: { id: number }) => id)
    }
    expect(await list('search_query=receipts')).toEqual([body.id])
    expect(await list('search_query=nightly')).toEqual([body.id])
    expect(await list('search_query=ightly')).toEqual([])
    expect(await list('source_connection_type=hive')).toEqual([])
    expect(await list(`source_connection_id=${connection}&is_scheduled=false`)).toContain(body.id)
  })

  it('is copied to another group with its connections, without their credentials', async () => {
    const { body } = await post()
    const copy = {
      new_group_id: other.groupId,
      new_queue_id: other.queueId,
      new_source_connection_name: 'copied shop',
    }
    const copied = await story.client.post(`/v1/transfers/${body.id}/copy_transfer`, copy)
    expect(copied).toMatchObject({ status: 200, body: { group_id: other.groupId, name: body.name } })
    expect(copied.body.source_connection_id).toBe(copied.body.target_connection_id)
    expect(messageOf(await story.client.post('/v1/runs', { transfer_id: copied.body.id }))).toEqual([
      404,
      `Credentials not found. Connection id = ${copied.body.source_connection_id}`,
    ])
  })
})

describe('an explanation', () => {
  it('says the way, the columns and the steps, and shows the first rows, saved or not', async () => {
    const { body } = await story.client.post('/v1/transfers/explain', bodyOf({ rows: 2 }))
    expect(body).toMatchObject({
      route: 'copy',
      columns: [
        { name: 'id', sourceType: 'integer' },
        { name: 'note', sourceType: 'text' },
      ],
      preview: {
        columns: ['id', 'note'],
        rows: [
          ['1', 'note 1'],
          ['2', 'note 2'],
        ],
      },
    })
    const saved = await post()
    const told = await story.client.get(`/v1/transfers/${saved.body.id}/explain`)
    expect(told.body.steps.length).toBeGreaterThan(0)
    expect(told.body.preview).toBeUndefined()
    expect(await sample.sql(`select 1 from pg_class where relname = 'copies'`)).toEqual([])
  })
})

describe('a run', () => {
  it('that fails says why in words, and keeps no secret anywhere', async () => {
    const { body } = await post({ source_params: { type: 'postgres', table_name: 'public.gone' } })
    const id = await story.run(body.id)
    const run = await story.ended(id)
    expect(run).toMatchObject({ status: 'FAILED', error: expect.stringContaining('public.gone') })
    expect(await story.log(id)).toContainEqual(run.error)
    const events = await hub.sql('select kind, payload from platform.event where key = $1', [`run ${id}`])
    expect(events).toMatchObject([{ kind: 'run.failed', payload: { run_id: id } }])
    const everything = await hub.sql(
      `select to_jsonb(r)::text as text from transfer.run r union all select to_jsonb(l)::text from transfer.run_log l
       union all select to_jsonb(e)::text from platform.event e union all select to_jsonb(a)::text from identity.audit a`,
    )
    expect(JSON.stringify([run, everything])).not.toContain(sample.authData.password)
  })

  it('carries a dump of all that it was told to do', async () => {
    const { body } = await post({
      transformations: [
        { type: 'dataframe_rows_filter', filters: [{ type: 'less_than', field: 'id', value: '4' }] },
      ],
    })
    const run = await story.ended(await story.run(body.id))
    expect(run).toMatchObject({
      status: 'FINISHED',
      progress: { rows: 3 },
      transfer_dump: {
        id: body.id,
        name: body.name,
        transformations: body.transformations,
        source_connection: { id: connection, type: 'postgres', auth_data: { type: 'basic' } },
      },
    })
  })

  it('of a type that is not carried yet fails with these words', async () => {
    const { body: hive } = await story.client.post('/v1/connections', {
      group_id: story.groupId,
      name: 'old cluster',
      description: '',
      type: 'hive',
      connection_data: { cluster: 'main' },
      auth_data: { type: 'basic', user: 'a', password: 'b' },
    })
    const { body } = await post({
      source_connection_id: hive.id,
      source_params: { type: 'hive', table_name: 'a.b' },
    })
    expect(await story.ended(await story.run(body.id))).toMatchObject({
      status: 'FAILED',
      error: "Connections to Hive are kept, but this release's engine does not carry them yet.",
    })
  })

  it('is listed of its transfer as SyncMaster does, and of its group', async () => {
    const { body } = await post()
    const id = await story.run(body.id)
    await story.ended(id)
    const { body: list } = await story.client.get(`/v1/runs?transfer_id=${body.id}&status=FINISHED`)
    expect(list.items).toEqual([
      {
        id,
        transfer_id: body.id,
        status: 'FINISHED',
        type: 'MANUAL',
        log_url: `${hub.url}/runs/${id}`,
        started_at: expect.any(String),
        ended_at: expect.any(String),
      },
    ])
    const group = await story.client.get(`/v1/runs?group_id=${story.groupId}&view=full`)
    expect(group.body.items[0]).toMatchObject({
      id,
      transfer_name: body.name,
      created_by: hub.user('ada').id,
    })
    expect((await story.client.get('/v1/runs')).body.error.details[0]).toMatchObject({
      location: ['query', 'transfer_id'],
      code: 'missing',
    })
  })
})

describe('a scheduled transfer', () => {
  it('runs when its time comes, once, and has its next time set', async () => {
    const { body } = await post({ is_scheduled: true, schedule: '0 3 * * *', timezone: 'Asia/Shanghai' })
    const full = await story.client.get(`/v1/transfers/${body.id}?view=full`)
    expect(full.body.next_runs).toHaveLength(3)
    // The night passes.
    await hub.sql(`update platform.timer set due_at = now() - interval '1 hour' where key = $1`, [
      String(body.id),
    ])
    hub.db.notify('platform.timer', '')
    for (const until = Date.now() + 10_000; Date.now() < until;) {
      const { body: runs } = await story.client.get(`/v1/runs?transfer_id=${body.id}`)
      if (runs.items[0]?.status === 'FINISHED') break
    }
    const { body: runs } = await story.client.get(`/v1/runs?transfer_id=${body.id}&view=full`)
    expect(runs.items).toMatchObject([{ type: 'SCHEDULED', status: 'FINISHED' }])
    const [timer] = await hub.sql<{ due_at: Date }>('select due_at from platform.timer where key = $1', [
      String(body.id),
    ])
    expect(timer?.due_at.toISOString()).toBe(full.body.next_runs[0])
    await story.client.put(`/v1/transfers/${body.id}`, bodyOf({ schedule: '0 3 * * *' }))
    expect(await hub.sql('select 1 from platform.timer where key = $1', [String(body.id)])).toEqual([])
  })
})
