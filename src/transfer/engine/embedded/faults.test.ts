import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'

import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { EngineEvent, Job } from '../job.ts'
import { CSV, jobOf, leftovers, rowsOf, runHere, tableSource, tableTarget } from '../testing.ts'
import { duckRows, fileSource, fileTarget, JSON_LINES, PARQUET, testFolder } from './testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client
const folder = testFolder()

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('faults')
  client = await server.connect('faults')
  await client.query(
    `create table kept (id int primary key, note varchar(10)); insert into kept values (1, 'old')`,
  )
  await client.query(
    `create table many as select i as id, repeat('x', 200) as text, '{}'::jsonb as doc from generate_series(1, 200000) i`,
  )
  await duckRows(
    `copy (select i::int as id, 'n' || i as note from range(500000) t(i)) to '${folder.path('many.parquet')}'`,
  )
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

async function refused(job: Job, sentence: RegExp): Promise<void> {
  await expect(runHere(job)).rejects.toMatchObject({
    name: 'Fault',
    message: expect.stringMatching(sentence),
  })
  expect(await rowsOf(client, 'kept')).toEqual(['(1,old)'])
  expect(await leftovers(client)).toEqual([])
  expect(readdirSync(path.dirname(folder.path('x'))).filter((name) => name.includes('crosstie'))).toEqual([])
}

test('what the table cannot take is told with its column, and the table is as it was', async () => {
  const make = async (name: string, columns: string) => {
    await duckRows(`copy (select ${columns}) to '${folder.path(name)}'`)
    return jobOf(fileSource(folder.path(name), PARQUET), tableTarget(url, 'kept'))
  }
  await refused(
    await make('long.parquet', "1 as id, 'far too long a note' as note"),
    /public\.kept at .* cannot hold .*varying\(10\)/,
  )
  await refused(await make('twice.parquet', "unnest([7, 7]) as id, 'x' as note"), /duplicate key/)
  await refused(await make('null.parquet', "null::int as id, 'x' as note"), /null value in column "id"/)
  await refused(await make('wide.parquet', "3000000000 as id, 'x' as note"), /3000000000/)
  await refused(await make('nul.parquet', "1 as id, 'a' || chr(0) as note"), /0x00/)
  await refused(await make('extra.parquet', "1 as id, 'x' as note, 2 as more"), /column "more"/)
  const text = folder.write('text.csv', 'id,note\n1,a\nx,b\n')
  const filtered = jobOf(fileSource(text, CSV), tableTarget(url, 'kept'), {
    transformations: [{ type: 'dataframe_rows_filter', filters: [{ type: 'is_not_null', field: 'id' }] }],
  })
  await refused(filtered, /row 2, column "id".*"x"/)
})

test('a stop in the middle leaves nothing behind, into a table and into a file', async () => {
  for (const job of [
    jobOf(fileSource(folder.path('many.parquet'), PARQUET), tableTarget(url, 'kept', { write: 'direct' })),
    jobOf(tableSource(url, 'many'), fileTarget(folder.path('stopped.jsonl'), JSON_LINES)),
  ]) {
    const stop = new AbortController()
    const run = runHere(job, [], stop.signal)
    setTimeout(() => stop.abort(), 150)
    const began = Date.now()
    await expect(run).rejects.toMatchObject({ code: 'transfer.stopped' })
    expect(Date.now() - began).toBeLessThan(2_150)
    await expect(rowsOf(client, 'kept')).resolves.toEqual(['(1,old)'])
    expect(await leftovers(client)).toEqual([])
    expect(() => folder.read('stopped.jsonl')).toThrow(/ENOENT/)
  }
})

test('a stop reaches a run that waits for a lock on the server', async () => {
  const other = await server.connect('faults')
  await other.query('begin; lock table kept in access exclusive mode')
  const stop = new AbortController()
  const run = runHere(
    jobOf(fileSource(folder.path('many.parquet'), PARQUET), tableTarget(url, 'kept')),
    [],
    stop.signal,
  )
  setTimeout(() => stop.abort(), 400)
  const began = Date.now()
  await expect(run).rejects.toMatchObject({ code: 'transfer.stopped' })
  expect(Date.now() - began).toBeLessThan(2_400)
  await other.query('rollback')
  await other.end()
  expect(await leftovers(client)).toEqual([])
})

test('a server that ends the session midway is told, and no file appears', async () => {
  const job = jobOf(tableSource(url, 'many'), fileTarget(folder.path('killed.jsonl'), JSON_LINES))
  const run = runHere(job)
  const killing = setInterval(() => {
    client
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%${job.id}' and query ~* '^copy'`,
      )
      .catch(() => {})
  }, 5)
  await expect(run).rejects.toMatchObject({ code: 'transfer.connection_lost' })
  clearInterval(killing)
  expect(() => folder.read('killed.jsonl')).toThrow(/ENOENT/)
})

/** One job in a process of its own, which prints what became of it. */
const ALONE = `const { runEmbedded } = await import(process.argv[1])
  await runEmbedded(JSON.parse(process.argv[2]), () => {}, new AbortController().signal)
    .then(() => console.log('finished'), (error) => console.log(error.message))`

test('a disk that is full ends the run with a sentence, and no file appears', () => {
  const targets = [
    fileTarget(folder.path('limited.parquet'), { ...PARQUET, compression: 'none' }),
    fileTarget(folder.path('limited.csv'), CSV),
    fileTarget(folder.path('limited.csv.zlib'), { ...CSV, compression: 'zlib' }),
  ]
  for (const target of targets) {
    const job = JSON.stringify(jobOf(fileSource(folder.path('many.parquet'), PARQUET), target))
    const program = [process.execPath, '--conditions=source', '--input-type=module', '-e', ALONE]
    const parameters = [...program, new URL('./index.ts', import.meta.url).href, job]
    const ended = spawnSync('sh', ['-c', 'ulimit -f 100; exec "$@"', 'sh', ...parameters], {
      encoding: 'utf8',
    })
    expect(ended.stdout).toMatch(/limited\..* could not be written: it would grow past the largest file/)
    expect(readdirSync(path.dirname(folder.path('x'))).filter((name) => name.includes('limited.'))).toEqual(
      [],
    )
  }
})

test('rows are counted while they go, and the mark of an increment is the greatest value carried', async () => {
  const events: EngineEvent[] = []
  const target = tableTarget(url, 'counted')
  const result = await runHere(
    jobOf(fileSource(folder.path('many.parquet'), PARQUET), target, {
      strategy: { type: 'incremental', column: 'id' },
    }),
    events,
  )
  expect(result).toMatchObject({ route: 'embedded', rows: 500_000, mark: '499999' })
  expect(events.find((event) => event.type === 'prepared')).toMatchObject({
    rows: 500_000,
    mark: '499999',
    witness: true,
  })
  await duckRows(
    `copy (select i::int as id, 'n' || i as note from range(500003) t(i)) to '${folder.path('more.parquet')}'`,
  )
  const next = await runHere(
    jobOf(fileSource(folder.path('more.parquet'), PARQUET), target, {
      strategy: { type: 'incremental', column: 'id', after: result.mark },
    }),
  )
  expect(next).toMatchObject({ rows: 3, mark: '500002' })
  const none = await runHere(
    jobOf(fileSource(folder.path('more.parquet'), PARQUET), target, {
      strategy: { type: 'incremental', column: 'id', after: next.mark },
    }),
  )
  expect(none).toMatchObject({ rows: 0, mark: '500002' })
  const { rows } = await client.query('select count(*)::int as n, count(distinct id)::int as d from counted')
  expect(rows).toEqual([{ n: 500_003, d: 500_003 }])
})

test('a table comes into a file by an increment, filtered, through SQL', async () => {
  const job = jobOf(tableSource(url, 'many'), fileTarget(folder.path('sql.jsonl'), JSON_LINES), {
    strategy: { type: 'incremental', column: 'id', after: '199990' },
    transformations: [
      { type: 'dataframe_rows_filter', filters: [{ type: 'less_or_equal', field: 'id', value: '199995' }] },
      { type: 'sql', query: 'select count(*) as n, max(id) as last from source' },
    ],
  })
  expect(await runHere(job)).toMatchObject({ rows: 1, mark: '200000' })
  expect(folder.read('sql.jsonl')).toBe('{"n":5,"last":199995}\n')
  expect(execFileSync('ls', [job.limits.temporaryDirectory], { encoding: 'utf8' })).not.toContain('.pipe')
})
