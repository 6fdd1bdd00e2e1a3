import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '#fault'

import { fetchExtension } from '../extension.ts'
import type { Job } from '../job.ts'
import { jobOf, leftovers, rowsOf, runHere, tableSource, tableTarget } from '../testing.ts'
import { duckRows, fileSource, fileTarget, JSON_LINES, PARQUET, testFolder } from './testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client
let extensions: string
const folder = testFolder()

beforeAll(async () => {
  extensions = await mkdtemp(path.join(tmpdir(), 'crosstie-real-'))
  await fetchExtension('postgres_scanner', extensions)
  server = await startTestPostgres()
  url = await server.createDatabase('real')
  client = await server.connect('real')
  await client.query(`create type mood as enum ('sad', 'ok');
    create table plain as select i as id, (i * 1.01)::numeric(12,2) as price, 'text ' || i as text, date '2020-01-01' + i % 1000 as day,
      timestamptz '2020-01-01 00:00:00+00' + i * interval '1.000001 s' as at, i % 3 = 0 as flag, i::float8 / 3 as ratio, md5(i::text)::uuid as key,
      decode(md5(i::text), 'hex') as bytes, 'c'::char(5) as padded, time '10:00' + i * interval '1 us' as time, case when i % 7 = 0 then null else i end as gaps
      from generate_series(1, 150000) i;
    create table odd (n numeric(10,2), wide numeric(60,2), free numeric, day date, list int[], texts text[], doc jsonb, mood mood, span interval, net inet, range int4range, text text);
    insert into odd values ('NaN', 12345678901234567890123456789012345678901234567890.12, 1.2345678901234567890123, 'infinity', '[0:1]={1,2}', '{"NULL",NULL}', '{"a": 1.10}', 'ok', '1 mon 1 us', '::1/64', '[1,2]', E'a"b\\n,'),
      (1.50, 2, 'NaN', '0044-03-15 BC', '{3}', '{}', null, null, null, null, null, ''), (null, null, null, null, null, null, null, null, null, null, null, null)`)
})
afterAll(async () => {
  await client.end()
  await server.stop()
  await rm(extensions, { recursive: true, force: true })
})

async function bothWays(make: (file: string) => Job, name: string): Promise<[string, string]> {
  const files: [string, string] = [folder.path(`scan-${name}`), folder.path(`copy-${name}`)]
  await runHere({ ...make(files[0]), extensionDirectories: [extensions] })
  await runHere(make(files[1]))
  return files
}

test.each(['plain', 'odd'])(
  'table %s gives the same file by the extension and by COPY, and comes back as it was',
  async (table) => {
    const [scan, copy] = await bothWays(
      (file) => jobOf(tableSource(url, table), fileTarget(file, PARQUET)),
      `${table}.parquet`,
    )
    expect(await duckRows(`describe select * from '${scan}'`)).toEqual(
      await duckRows(`describe select * from '${copy}'`),
    )
    expect(
      await duckRows(
        `(from '${scan}' except all from '${copy}') union all (from '${copy}' except all from '${scan}')`,
      ),
    ).toEqual([])
    await client.query(`create table back_${table} (like ${table})`)
    await runHere(jobOf(fileSource(scan, PARQUET), tableTarget(url, `back_${table}`)))
    expect(await rowsOf(client, `back_${table}`)).toEqual(await rowsOf(client, table))
    expect(await leftovers(client)).toEqual([])
  },
)

test('an increment with filters gives the same rows and mark both ways', async () => {
  const [scan, copy] = await bothWays(
    (file) =>
      jobOf(tableSource(url, 'plain'), fileTarget(file, JSON_LINES), {
        strategy: { type: 'incremental', column: 'id', after: '149000' },
        transformations: [
          { type: 'dataframe_rows_filter', filters: [{ type: 'equal', field: 'flag', value: 'true' }] },
        ],
      }),
    'increment.jsonl',
  )
  const lines = (file: string) => readFileSync(file, 'utf8').split('\n').toSorted()
  expect(lines(scan)).toEqual(lines(copy))
})

test('a password in the address is in no message', async () => {
  const source = tableSource(url, 'plain')
  const login = { ...source.login, password: "s3cret'pass word" }
  const job = jobOf({ ...source, login }, fileTarget(folder.path('never.parquet'), PARQUET), {
    extensionDirectories: [extensions],
  })
  const failure = await runHere(job).catch((error: unknown) => error)
  expect(JSON.stringify([String(failure), failure])).not.toContain('s3cret')
})

test('a stop while the extension reads leaves no session and no file', async () => {
  const stop = new AbortController()
  const job = jobOf(tableSource(url, 'plain'), fileTarget(folder.path('stopped.jsonl'), JSON_LINES), {
    extensionDirectories: [extensions],
  })
  const run = runHere(job, [], stop.signal)
  setTimeout(() => stop.abort(), 250)
  const began = Date.now()
  await run.then(
    (result) => expect(result.rows).toBe(150_000),
    (error: unknown) => expect(error).toMatchObject({ code: 'transfer.stopped' }),
  )
  expect(Date.now() - began).toBeLessThan(2_300)
  expect(await leftovers(client)).toEqual([])
})

test('sessions that are ended at any moment end the run, and not the process', async () => {
  for (let round = 0; round < 12; round++) {
    const job = jobOf(
      tableSource(url, 'plain'),
      fileTarget(folder.path(`killed${round}.jsonl`), JSON_LINES),
      { extensionDirectories: [extensions] },
    )
    const run = runHere(job).then(
      () => 'finished',
      (error: unknown) => (error instanceof Fault ? error.code : String(error)),
    )
    await sleep(20 + round * 20)
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name like $1',
      [`%${job.id}`],
    )
    expect(['finished', 'transfer.connection_lost']).toContain(await run)
  }
  expect(await leftovers(client)).toEqual([])
})
