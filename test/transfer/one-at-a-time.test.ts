import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from './sample-database.ts'
import { beginStory, type Story } from './story.ts'

let hub: TestHub
let sample: SampleDatabase
let story: Story
let connection: number

beforeAll(async () => {
  hub = await startTestHub({ settings: { runs: '3' } })
  await hub.createUser('ada')
  sample = await createSampleDatabase(hub)
  await sample.sql('create table orders as select n as id from generate_series(1, 50) n')
  await sample.sql('create table target (id int)')
  story = await beginStory(hub, 'ada')
  connection = await story.connect('shop', sample)
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
})

const transfer = (name: string, table: string, more: object = {}) =>
  story.transfer(name, {
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: `public.${table}` },
    ...more,
  })

const statusOf = async (run: number) => (await story.client.get(`/v1/runs/${run}`)).body.status

async function begun(run: number): Promise<void> {
  for (const end = Date.now() + 15_000; (await statusOf(run)) !== 'STARTED'; await sleep(30)) {
    if (Date.now() > end) throw new Error(`run ${run} did not begin within 15 s`)
  }
}

it('runs of one transfer go one after the other, and do not hold up those of another', async () => {
  const id = await transfer('copy orders', 'target')
  const unlock = await sample.lock('target')
  const runs = [await story.run(id), await story.run(id), await story.run(id)]
  await begun(runs[0] ?? 0)
  const free = await transfer('copy elsewhere', 'elsewhere')
  expect(await story.ended(await story.run(free))).toMatchObject({ status: 'FINISHED' })
  expect(await Promise.all(runs.map(statusOf))).toEqual(['STARTED', 'CREATED', 'CREATED'])
  const waits = async (run: number | undefined) =>
    (await story.client.get(`/v1/runs/${run}?view=full`)).body.waits_for
  expect(await Promise.all(runs.map(waits))).toEqual([null, { run_id: runs[0] }, { run_id: runs[1] }])
  const { items } = (await story.client.get(`/v1/runs?transfer_id=${id}&view=full`)).body
  expect(items[0]).toMatchObject({ id: runs[2], waits_for: { run_id: runs[1] } })
  expect((await story.client.get(`/v1/runs/${runs[2]}`)).body).not.toHaveProperty('waits_for')
  // One that waits can be stopped, and whoever is behind it does not wait for it.
  await story.client.post(`/v1/runs/${runs[1]}/stop`)
  expect(await story.ended(runs[1] ?? 0)).toMatchObject({ status: 'STOPPED', started_at: null })
  expect(await waits(runs[2])).toEqual({ run_id: runs[0] })
  await unlock()
  const [first, , third] = await Promise.all(runs.map((run) => story.ended(run)))
  expect(first).toMatchObject({ status: 'FINISHED', attempts: 1 })
  expect(third).toMatchObject({ status: 'FINISHED', attempts: 1 })
  expect(Date.parse(String(third?.started_at))).toBeGreaterThanOrEqual(Date.parse(String(first?.ended_at)))
})

it('incremental runs that are started at once carry each row once', async () => {
  const strategy = { type: 'incremental', increment_by: 'id' }
  const id = await transfer('only what is new', 'grown', { strategy_params: strategy })
  await story.ended(await story.run(id))
  await sample.sql('insert into orders select n from generate_series(51, 80) n')
  const runs = [await story.run(id), await story.run(id), await story.run(id)]
  for (const run of runs) expect(await story.ended(run)).toMatchObject({ status: 'FINISHED' })
  expect(await sample.sql('select count(*)::int, count(distinct id)::int as ids from grown')).toEqual([
    { count: 80, ids: 80 },
  ])
})

it('a run that was claimed in the same moment as another of its transfer, from another queue, waits for its end', async () => {
  const id = await transfer('two queues', 'slow')
  const done = await story.run(id)
  await story.ended(done)
  const admin = new pg.Client({ connectionString: hub.adminUrl })
  await admin.connect()
  // The worker has claimed it and is about to begin …
  await admin.query('begin')
  await admin.query('select from transfer.transfer where id = $1 for no key update', [id])
  const run = await story.run(id)
  await sleep(500)
  expect((await story.client.get(`/v1/runs/${run}?view=full`)).body).toMatchObject({
    status: 'CREATED',
    attempts: 1,
  })
  // … when the worker of the other queue does.
  await admin.query(
    `update transfer.run set status = 'STARTED', queue_slug = 'elsewhere', lease_until = now() + interval '1 min' where id = $1`,
    [done],
  )
  await admin.query('commit')
  await sleep(500)
  expect(await statusOf(run)).toBe('CREATED')
  await admin.query(`update transfer.run set status = 'FINISHED' where id = $1`, [done])
  await admin.end()
  expect(await story.ended(run)).toMatchObject({ status: 'FINISHED', attempts: 1 })
})
