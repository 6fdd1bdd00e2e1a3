import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from './sample-database.ts'
import { beginStory, type Story } from './story.ts'

let hub: TestHub
let sample: SampleDatabase
let story: Story
let files: string

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'crosstie-files-'))
  hub = await startTestHub({ settings: { files } })
  await hub.createUser('ada')
  sample = await createSampleDatabase(hub)
  await sample.sql('create table orders (id int primary key, total numeric, note text)')
  await sample.sql(
    `insert into orders select n, n * 1.5, 'order ' || n from generate_series(1, 1000) n; analyze orders`,
  )
  story = await beginStory(hub, 'ada')
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
  await rm(files, { recursive: true, force: true })
})

const table = (name: string) => ({ type: 'postgres', table_name: `public.${name}` })

describe('a transfer from table to table', () => {
  it('runs to its end, and the rows are in the target', async () => {
    const connection = await story.connect('shop', sample)
    const id = await story.transfer('copy orders', {
      source_connection_id: connection,
      target_connection_id: connection,
      source_params: table('orders'),
      target_params: table('orders_copy'),
    })
    const run = await story.ended(await story.run(id))
    expect(run).toMatchObject({
      status: 'FINISHED',
      engine: 'copy',
      error: null,
      attempts: 1,
      progress: { rows: 1000, phase: 'finished' },
      log_url: `${hub.url}/runs/${Number(run.id)}`,
    })
    expect(await sample.sql('select count(*)::int, sum(total)::text from orders_copy')).toEqual([
      { count: 1000, sum: '750750.0' },
    ])
    expect(await story.log(Number(run.id))).toContainEqual(expect.stringContaining('1000 rows carried'))
  })

  it('incremental runs carry what is new, from the mark that the last one kept', async () => {
    const connection = await story.connect('incremental', sample)
    const id = await story.transfer('new orders', {
      source_connection_id: connection,
      target_connection_id: connection,
      source_params: table('orders'),
      target_params: table('orders_new'),
      strategy_params: { type: 'incremental', increment_by: 'id' },
    })
    expect(await story.ended(await story.run(id))).toMatchObject({
      status: 'FINISHED',
      progress: { rows: 1000 },
    })
    await sample.sql(`insert into orders values (1001, 1, 'late')`)
    expect(await story.ended(await story.run(id))).toMatchObject({
      status: 'FINISHED',
      progress: { rows: 1 },
    })
    expect(await sample.sql('select count(*)::int from orders_new')).toEqual([{ count: 1001 }])
    await sample.sql('delete from orders where id = 1001')
  })
})

describe('a transfer to and from files', () => {
  it('writes a file named by the template, and reads it back', async () => {
    await mkdir(path.join(files, 'team'))
    const connection = await story.connect('files source', sample)
    const folder = await story.folder('files', '/team')
    const csv = { type: 'csv', include_header: true, compression: 'none', escape: '"' }
    const out = await story.transfer('orders to csv', {
      source_connection_id: connection,
      target_connection_id: folder,
      source_params: table('orders'),
      target_params: {
        type: 'local',
        directory_path: '/out/daily',
        file_format: csv,
        file_name_template: 'orders-{run_id}.{extension}',
      },
    })
    const run = await story.ended(await story.run(out))
    expect(run).toMatchObject({ status: 'FINISHED', error: null })
    const name = `orders-${Number(run.id)}.csv`
    expect(await readdir(path.join(files, 'team', 'out', 'daily'))).toEqual([name])
    const text = await readFile(path.join(files, 'team', 'out', 'daily', name), 'utf8')
    expect(text.split('\n').slice(0, 2)).toEqual(['id,total,note', '1,1.5,order 1'])

    const back = await story.transfer('orders from csv', {
      source_connection_id: folder,
      target_connection_id: connection,
      source_params: {
        type: 'local',
        directory_path: '/out/daily',
        file_name: 'orders-*.csv',
        file_format: csv,
      },
      target_params: table('orders_back'),
    })
    expect(await story.ended(await story.run(back))).toMatchObject({ status: 'FINISHED', error: null })
    expect(await sample.sql('select count(*)::int, sum(total)::text from orders_back')).toEqual([
      { count: 1000, sum: '750750.0' },
    ])
  })

  it('carries a file once when it is incremental by modification time', async () => {
    const connection = await story.connect('drop target', sample)
    const folder = await story.folder('drop box', '/')
    await mkdir(path.join(files, 'drop'))
    await writeFile(path.join(files, 'drop', 'a.jsonl'), '{"id": 1}\n{"id": 2}\n')
    const id = await story.transfer('dropped files', {
      source_connection_id: folder,
      target_connection_id: connection,
      source_params: {
        type: 'local',
        directory_path: '/drop',
        file_format: { type: 'jsonline', compression: 'none' },
      },
      target_params: table('dropped'),
      strategy_params: { type: 'incremental', increment_by: 'file_modified_since' },
    })
    expect(await story.ended(await story.run(id))).toMatchObject({ status: 'FINISHED', error: null })
    expect(await story.ended(await story.run(id))).toMatchObject({ status: 'FINISHED', error: null })
    await writeFile(path.join(files, 'drop', 'b.jsonl'), '{"id": 3}\n')
    expect(await story.ended(await story.run(id))).toMatchObject({ status: 'FINISHED', error: null })
    expect(await sample.sql('select id::int from dropped order by id')).toEqual([
      { id: 1 },
      { id: 2 },
      { id: 3 },
    ])
  })
})
