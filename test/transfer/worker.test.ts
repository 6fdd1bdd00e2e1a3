import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from './sample-database.ts'
import { beginStory, type Story } from './story.ts'

/** The data folder lies inside the folder that connections may use, as it should not: it is hidden all the same. */
let files: string
let hub: TestHub
let sample: SampleDatabase
let story: Story

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'crosstie-worker-'))
  hub = await startTestHub({
    settings: { files, data_dir: path.join(files, 'data'), queues: '1-served,2-served', runs: '1' },
  })
  await hub.createUser('ada')
  sample = await createSampleDatabase(hub)
  await sample.sql('create table orders as select n as id from generate_series(1, 5) n')
  story = await beginStory(hub, 'ada')
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
  await rm(files, { recursive: true, force: true })
})

const jsonline = { type: 'jsonline', compression: 'none' }

async function inQueue(slug: string): Promise<void> {
  await hub.sql('update transfer.queue set slug = $1 where id = $2', [slug, story.queueId])
}

async function fromFile(name: string, file: string): Promise<number> {
  const folder = await story.folder(`folder ${name}`)
  return story.transfer(name, {
    source_connection_id: folder,
    target_connection_id: await story.connect(`shop ${name}`, sample),
    source_params: { type: 'local', directory_path: '/in', file_name: file, file_format: jsonline },
    target_params: { type: 'postgres', table_name: 'public.stolen' },
  })
}

it('runs of queues that this worker does not serve wait', async () => {
  const connection = await story.connect('shop', sample)
  const id = await story.transfer('copy', {
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.copies' },
  })
  await inQueue('1-not_served')
  const waiting = await story.run(id)
  await inQueue('1-served')
  expect(await story.ended(await story.run(id))).toMatchObject({ status: 'FINISHED' })
  await sleep(200)
  expect((await story.client.get(`/v1/runs/${waiting}`)).body).toMatchObject({
    status: 'CREATED',
    started_at: null,
  })
})

it('a link out of the folder, or into the data folder, is not followed', async () => {
  await mkdir(path.join(files, 'in'))
  const outside = await mkdtemp(path.join(tmpdir(), 'crosstie-outside-'))
  await writeFile(path.join(outside, 'secret.jsonl'), '{"id": 1}\n')
  await symlink(path.join(outside, 'secret.jsonl'), path.join(files, 'in', 'out.jsonl'))
  await symlink(path.join(files, 'data', 'secrets.json'), path.join(files, 'in', 'keys.jsonl'))
  for (const name of ['out.jsonl', 'keys.jsonl']) {
    const run = await story.ended(await story.run(await fromFile(`steal ${name}`, name)))
    expect(run).toMatchObject({ status: 'FAILED', error: `There is no file or folder in/${name} here.` })
  }
  const folder = await story.folder('all of it')
  const { body } = await story.client.get(`/v1/connections/${folder}/browse?path=/`)
  expect(body.items.map(({ name }: { name: string }) => name)).not.toContain('data')
  expect((await story.client.get(`/v1/connections/${folder}/browse?path=/data`)).status).toBe(404)
  await rm(outside, { recursive: true })
})

it('leaves no temporary folder behind', async () => {
  expect(await readdir(path.join(files, 'data', 'tmp'))).toEqual([])
})

it('a run whose workers died three times is given up, and says so', async () => {
  const id = await story.transfer('deadly', {
    source_connection_id: await story.connect('shop deadly', sample),
    target_connection_id: await story.connect('shop deadly too', sample),
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.copies' },
  })
  const [run] = await hub.sql<{ id: number }>(
    `insert into transfer.run (transfer_id, group_id, status, started_at, attempts, queue_slug, queued_at, transfer_dump)
     values ($1, $2, 'STARTED', now(), 3, '1-served', now(), '{"name": "deadly"}') returning id::int`,
    [id, story.groupId],
  )
  hub.db.notify('transfer.run', '')
  expect(await story.ended(run?.id ?? 0)).toMatchObject({
    status: 'FAILED',
    error: 'Given up: the worker of this run was lost 3 times.',
  })
})

async function foundDead(prepared: object | null): Promise<Record<string, unknown>> {
  const { body } = await story.client.get(`/v1/transfers?group_id=${story.groupId}&search_query=copy`)
  const done = await story.ended(await story.run(body.items[0].id))
  const [run] = await hub.sql<{ id: number }>(
    `insert into transfer.run (transfer_id, group_id, status, started_at, attempts, queue_slug, queued_at, transfer_dump,
                               engine, prepared)
     select transfer_id, group_id, 'STARTED', now(), 1, queue_slug, now(), transfer_dump, engine, $2::jsonb
     from transfer.run where id = $1 returning id::int`,
    [done.id, prepared === null ? null : JSON.stringify(prepared)],
  )
  hub.db.notify('transfer.run', '')
  return story.ended(run?.id ?? 0)
}

it('a run whose worker died after the target had taken the rows is finished by its witness, not done again', async () => {
  // The staging table of this run is not there: that is what it leaves once it has committed.
  const run = await foundDead({ rows: 5, witness: true })
  expect(run).toMatchObject({ status: 'FINISHED', attempts: 2, progress: { rows: 5, phase: 'finished' } })
  expect(await story.log(Number(run.id))).toEqual([
    'The worker was lost just after the target had taken the rows: 5 rows carried.',
  ])
})

it('a run whose commit nobody can tell has failed, and is not repeated', async () => {
  expect(await foundDead({ rows: 5, witness: false })).toMatchObject({
    status: 'FAILED',
    attempts: 2,
    error: expect.stringContaining('whether its rows are there cannot be told'),
  })
})

it('a run whose worker died before it had prepared anything is begun anew', async () => {
  const run = await foundDead(null)
  expect(run).toMatchObject({ status: 'FINISHED', attempts: 2, progress: { rows: 5 } })
  expect(await sample.sql('select count(*)::int from copies')).toEqual([{ count: 5 }])
})
