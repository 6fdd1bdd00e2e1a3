import { startTestPostgres, type TestPostgres } from '../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import type { EngineEvent, Job } from './job.ts'
import { spawnJob } from './spawn.ts'
import { jobOf, leftovers, rowsOf, runHere, tableSource, tableTarget } from './testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('faults')
  client = await server.connect('faults')
  await client.query(`create table big (id bigint primary key, pad text);
    insert into big select i, repeat(md5(i::text), 8) from generate_series(1, 200000) i`)
})
beforeEach(() =>
  client.query(
    "drop table if exists target; create table target (id bigint, pad text); insert into target values (-1, 'kept')",
  ),
)
afterEach(async () => {
  expect(await rowsOf(client, 'target')).toEqual(['(-1,kept)'])
  expect(await leftovers(client)).toEqual([])
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

const writes = ['stage', 'direct'] as const
const big = (write: 'stage' | 'direct' = 'stage') =>
  jobOf(tableSource(url, 'big'), tableTarget(url, 'target', { write }))

/** Resolves with the fault of a run that has to fail. */
async function faultOf(run: Promise<unknown>): Promise<unknown> {
  return await run.then(
    () => expect.fail('the run should have failed'),
    (error: unknown) => error,
  )
}

test('a wrong password on either side is told as that side’s', async () => {
  const wrong = new URL(url)
  wrong.password = 'hunter2'
  const from = await faultOf(runHere(jobOf(tableSource(wrong.href, 'big'), tableTarget(url, 'target'))))
  const to = await faultOf(runHere(jobOf(tableSource(url, 'big'), tableTarget(wrong.href, 'target'))))
  for (const fault of [from, to]) {
    expect(fault).toMatchObject({ kind: 'unauthorized', code: 'transfer.wrong_password' })
    expect(JSON.stringify([fault, String(fault)])).not.toContain('hunter2')
  }
})

test('a missing table is named with its place', async () => {
  expect(
    await faultOf(runHere(jobOf(tableSource(url, 'gone.away'), tableTarget(url, 'target')))),
  ).toMatchObject({
    kind: 'not_found',
    code: 'transfer.table_missing',
    message: expect.stringContaining('gone.away'),
  })
})

test('a column that vanished is named, in a filter as in the increment', async () => {
  const job: Partial<Job> = {
    transformations: [
      { type: 'dataframe_columns_filter', filters: [{ type: 'include', field: 'vanished' }] },
    ],
  }
  const vanished = {
    code: 'transfer.column_missing',
    message: expect.stringMatching(/public\.big.*"vanished"/),
  }
  expect(await faultOf(runHere({ ...big(), ...job }))).toMatchObject(vanished)
  expect(
    await faultOf(runHere({ ...big(), strategy: { type: 'incremental', column: 'vanished' } })),
  ).toMatchObject(vanished)
})

test.each(writes)('a value that the target refuses is told with row and column, %s', async (write) => {
  await client.query(
    'create domain small as bigint check (value < 150000); alter table target alter id type small',
  )
  const fault = await faultOf(runHere(big(write)))
  await client.query('alter table target alter id type bigint; drop domain small')
  expect(fault).toMatchObject({
    kind: 'invalid',
    code: 'transfer.value_refused',
    message: expect.stringMatching(/public\.target.*row 150000, column "id"/),
  })
})

test.each(writes)('a broken constraint is named, %s', async (write) => {
  await client.query('alter table target add constraint few check (id < 150000)')
  expect(await faultOf(runHere(big(write)))).toMatchObject({
    kind: 'invalid',
    message: expect.stringContaining('few'),
  })
})

test.each(writes)('a row that is there already is told by its key, %s', async (write) => {
  await client.query(
    "create unique index target_id on target (id); insert into target values (77, 'here'); delete from target where id = 77",
  )
  await client.query(
    "insert into big values (200001, 'x'); alter table big drop constraint big_pkey; insert into big values (77, 'twice')",
  )
  const fault = await faultOf(runHere(big(write)))
  await client.query(
    'delete from big where id = 200001 or (id = 77 and length(pad) < 9); alter table big add primary key (id)',
  )
  expect(fault).toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(/target_id.*\(id\)=\(77\)/s),
  })
})

for (const [which, pattern] of [
  ['source', 'COPY (select%'],
  ['target', 'COPY "public"%from stdin%'],
] as const) {
  test(`a killed ${which} session midway ends the run and changes nothing`, async () => {
    await client.query('create table locked (id bigint)')
    // A trigger that sleeps keeps the copy going long enough to be hit.
    await client.query(`create function drag() returns trigger language plpgsql as
        $$ begin if new.id % 20000 = 0 then perform pg_sleep(0.2); end if; return new; end $$;
      create trigger drag before insert on target for each row execute function drag()`)
    const run = faultOf(runHere(big('direct')))
    await expect
      .poll(
        async () =>
          (
            await client.query(
              'select pg_terminate_backend(pid) from pg_stat_activity where query ilike $1 and pid <> pg_backend_pid()',
              [pattern],
            )
          ).rowCount,
        { timeout: 5_000, interval: 5 },
      )
      .toBe(1)
    expect(await run).toMatchObject({ kind: 'unavailable', code: 'transfer.connection_lost' })
    await client.query('drop table locked; drop trigger drag on target; drop function drag')
  })
}

test('a stop ends a run within two seconds, also while it waits for a lock in the server', async () => {
  const blocker = await server.connect('faults')
  for (const lock of ['lock table target', 'lock table big']) {
    await blocker.query(`begin; ${lock} in access exclusive mode`)
    const stop = new AbortController()
    const job = big('direct')
    const run = faultOf(spawnJob(job, { onEvent: () => {}, signal: stop.signal }))
    await expect
      .poll(
        async () =>
          (
            await client.query(
              "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name ~ $1",
              [job.id],
            )
          ).rowCount,
      )
      .toBe(1)
    const began = performance.now()
    stop.abort()
    expect(await run).toMatchObject({ code: 'transfer.stopped' })
    expect(performance.now() - began).toBeLessThan(2_000)
    // The lock is still held, and yet no session of the job is left.
    expect(await leftovers(client)).toEqual([])
    await blocker.query('rollback')
  }
  await blocker.end()
})

test('a stop midway ends a run within two seconds and leaves the target as it was', async () => {
  for (const write of writes) {
    const stop = new AbortController()
    const began: number[] = []
    const onEvent = (event: EngineEvent) => {
      if (event.type !== 'progress' || event.progress.phase !== 'writing' || began.length > 0) return
      began.push(performance.now())
      stop.abort()
    }
    expect(await faultOf(spawnJob(big(write), { onEvent, signal: stop.signal }))).toMatchObject({
      code: 'transfer.stopped',
    })
    expect(performance.now() - (began[0] ?? 0)).toBeLessThan(2_000)
  }
})

test('a listener that cannot keep what was prepared stops the commit', async () => {
  const onEvent = (event: EngineEvent) => {
    if (event.type === 'prepared') throw new Error('the hub is gone')
  }
  const job = big()
  const fault = await faultOf(spawnJob(job, { onEvent, signal: new AbortController().signal }))
  expect(fault).toMatchObject({
    code: 'transfer.process_died',
    message: expect.stringContaining('the hub is gone'),
  })
})
