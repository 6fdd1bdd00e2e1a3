import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrateUp, readMigrations } from '#migrate'
import { startTestPostgres, type TestPostgres } from './testing/postgres.ts'

const KILLS = 50
const HUBS = 4
const CHORES = 6_000

let postgres: TestPostgres
let client: pg.Client

beforeAll(async () => {
  postgres = await startTestPostgres()
  await migrateUp(postgres.url, await readMigrations('src'), 'test')
  client = await postgres.connect()
  await client.query(`
    set role crosstie_owner;
    create table platform.chore (
      id bigint generated always as identity primary key, done_by uuid, times_done integer not null default 0,
      lease_owner uuid, lease_until timestamptz, attempts integer not null default 0);
    create table platform.clash (id bigint);
    grant select, update on platform.chore to crosstie_worker;
    grant insert on platform.clash to crosstie_worker;
    insert into platform.chore (attempts) select 0 from generate_series(1, ${CHORES})`)
})

afterAll(async () => {
  await client?.end()
  await postgres?.stop()
})

/**
 * A hub that holds an advisory lock of the database while it works a row: if it cannot have it, another is at
 * work on the same row, and that is written down.
 */
const HUB = `
  import pg from 'pg'
  import { openDatabase } from '#database'
  import { serveLeases } from '#lease'
  const quiet = () => {}
  const url = process.env.TEST_URL
  // One session, so that its locks are all this hub's.
  const options = '-c role=crosstie_worker'
  const client = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0, options })
  serveLeases({
    db: openDatabase(url), log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    table: 'platform.chore', ready: 'done_by is null', order: 'id', channel: 'chore',
    concurrency: 8, maxAttempts: 1000, leaseMs: 1200, sweepMs: 300,
    work: async ({ id, owner }, signal) => {
      const { rows } = await client.query('select pg_try_advisory_lock(77, $1::int) as mine', [id])
      if (!rows[0].mine) await client.query('insert into platform.clash values ($1)', [id])
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
      if (!signal.aborted) {
        await client.query(
          'update platform.chore set done_by = $2, times_done = times_done + 1 where id = $1 and lease_owner = $2',
          [id, owner],
        )
      }
      await client.query('select pg_advisory_unlock(77, $1::int)', [id])
    },
    onExhausted: async () => {},
  })
  process.stdout.write('up')`

function startHub(): ChildProcess {
  const args = [
    '--conditions=source',
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    HUB,
  ]
  return spawn(process.execPath, args, {
    env: { ...process.env, TEST_URL: postgres.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

describe('leases of hubs that are killed at random', () => {
  it(`do every row once and never two at a time, through ${KILLS} kills`, async () => {
    const hubs = Array.from({ length: HUBS }, startHub)
    for (let kill = 0; kill < KILLS; kill += 1) {
      await sleep(50 + Math.random() * 400)
      const victim = kill % HUBS
      hubs[victim]?.kill('SIGKILL')
      const next = startHub()
      hubs[victim] = next
      if (next.stdout !== null) await once(next.stdout, 'data')
    }
    for (;;) {
      const { rows } = await client.query('select from platform.chore where done_by is null limit 1')
      if (rows.length === 0) break
      await sleep(100)
    }
    for (const hub of hubs) hub.kill('SIGKILL')
    const { rows } = await client.query<{ least: number; most: number; tried: number }>(
      'select min(times_done) as least, max(times_done) as most, max(attempts) as tried from platform.chore',
    )
    expect(rows[0]).toMatchObject({ least: 1, most: 1 })
    // The kills did hit work.
    expect(rows[0]?.tried).toBeGreaterThan(1)
    const { rows: clashes } = await client.query('select * from platform.clash')
    expect(clashes).toEqual([])
  })
})
