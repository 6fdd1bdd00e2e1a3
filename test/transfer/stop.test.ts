import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from './sample-database.ts'
import { beginStory, type Story } from './story.ts'

let hub: TestHub
let sample: SampleDatabase
let story: Story
let transfer: number
/** Another one into the same table: runs of one transfer go one after the other. */
let other: number

beforeAll(async () => {
  hub = await startTestHub({ settings: { runs: '2' } })
  await hub.createUser('ada')
  sample = await createSampleDatabase(hub)
  await sample.sql('create table orders as select n as id from generate_series(1, 500) n')
  await sample.sql('create table target (id int)')
  await sample.sql('insert into target values (-1)')
  story = await beginStory(hub, 'ada')
  const connection = await story.connect('shop', sample)
  const ends = {
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.target' },
  }
  transfer = await story.transfer('copy orders', ends)
  other = await story.transfer('copy orders too', ends)
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
})

const statusOf = async (run: number): Promise<string> =>
  (await story.client.get(`/v1/runs/${run}`)).body.status

async function until(check: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 15_000; !(await check()); await sleep(30)) {
    if (Date.now() > end) throw new Error('it did not happen within 15 s')
  }
}

const stages = (): Promise<{ relname: string }[]> =>
  sample.sql("select relname from pg_class where relname ~ '^crosstie_'")

it('a run that waits for a lock at the server is over two seconds after stop, and the target is as it was', async () => {
  const unlock = await sample.lock('target')
  const run = await story.run(transfer)
  await until(async () => (await statusOf(run)) === 'STARTED')
  await sleep(500)
  const asked = Date.now()
  const answer = await story.client.post(`/v1/runs/${run}/stop`)
  expect(answer).toMatchObject({ status: 200, body: { id: run, status: 'SEND_STOP_SIGNAL' } })
  const ended = await story.ended(run)
  expect(ended.status).toBe('STOPPED')
  expect(Date.now() - asked).toBeLessThan(2_500)
  expect(
    await hub.sql(
      `select pid from pg_stat_activity where datname = $1 and application_name like 'crosstie run%'`,
      [sample.connectionData.database_name],
    ),
  ).toEqual([])
  await unlock()
  expect(await sample.sql('select id from target')).toEqual([{ id: -1 }])
  expect(await stages()).toEqual([])
  expect(await story.log(run)).toContainEqual('Stopped on request. The target is as it was.')
})

it('a run that is over cannot be stopped, but tried again', async () => {
  const run = await story.run(transfer)
  await story.ended(run)
  expect(await story.client.post(`/v1/runs/${run}/stop`)).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: `Cannot stop run ${run}. Current status is FINISHED` } },
  })
  const again = await story.client.post(`/v1/runs/${run}/retry`)
  expect(again).toMatchObject({ status: 200, body: { transfer_id: transfer, type: 'MANUAL' } })
  expect(again.body.id).not.toBe(run)
  expect(await story.ended(again.body.id)).toMatchObject({ status: 'FINISHED' })
})

it('a run that is stopped before a worker has it is never begun', async () => {
  const unlock = await sample.lock('target')
  // Both places of the worker are taken.
  const first = [await story.run(transfer), await story.run(other)]
  await until(async () => (await statusOf(first[1] ?? 0)) === 'STARTED')
  const waiting = await story.run(transfer)
  expect(await story.client.post(`/v1/runs/${waiting}/retry`)).toMatchObject({ status: 409 })
  await story.client.post(`/v1/runs/${waiting}/stop`)
  for (const run of first) await story.client.post(`/v1/runs/${run}/stop`)
  expect(await story.ended(waiting)).toMatchObject({ status: 'STOPPED', started_at: null })
  for (const run of first) expect(await story.ended(run)).toMatchObject({ status: 'STOPPED' })
  await unlock()
})

it('two runs into one table at once both end, and its rows are those of one of them', async () => {
  const runs = [await story.run(transfer), await story.run(other)]
  const ended = await Promise.all(runs.map((run) => story.ended(run)))
  expect(ended.map(({ status }) => status)).toContain('FINISHED')
  expect(await sample.sql('select count(*)::int from target')).toEqual([{ count: 500 }])
  expect(await stages()).toEqual([])
})

it('follows a run as events: its states, its progress and its log, to the end', async () => {
  const unlock = await sample.lock('target')
  const run = await story.run(transfer)
  const { authorization } = story.client
  const answer = await fetch(`${hub.url}/v1/runs/${run}/events`, {
    headers: { authorization: authorization ?? '' },
  })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  setTimeout(() => void unlock(), 1_200)
  const text = await answer.text()
  const states = [...text.matchAll(/^event: run\ndata: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? '').status,
  )
  expect(states).toContain('STARTED')
  expect(states.at(-1)).toBe('FINISHED')
  const lines = [...text.matchAll(/^id: (\d+)\nevent: log\ndata: (.*)$/gm)].map(([, id]) => Number(id))
  expect(lines.length).toBeGreaterThan(1)
  expect(lines).toEqual(lines.toSorted((a, b) => a - b))
  // A client that was cut off goes on after the last line that it has.
  const again = await fetch(`${hub.url}/v1/runs/${run}/events`, {
    headers: { authorization: authorization ?? '', 'last-event-id': String(lines.at(-2)) },
  })
  const rest = [...(await again.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))
  expect(rest).toEqual(lines.slice(-1))
})
