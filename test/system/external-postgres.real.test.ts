/** Debian's PostgreSQL 15 as the hub's database: set up once, refused before, shared by two hubs. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { databaseSystemUser } from '../../src/platform/database/system-user.ts'
import { createSampleDatabase, type SampleDatabase } from '../transfer/sample-database.ts'
import {
  command,
  type Environment,
  freePort,
  type HubProcess,
  launchHub,
  makePlace,
  type Person,
  type Place,
  signUp,
  startHub,
} from './hub-process.ts'

const BIN = '/usr/lib/postgresql/15/bin'
const RUNS = 40
const FINAL = ['FINISHED', 'FAILED', 'STOPPED']

let place: Place
let secondPlace: Place
let server: ChildProcess
let adminUrl: string
let environment: Environment
let admin: pg.Pool
let sample: SampleDatabase
let first: HubProcess
let second: HubProcess
let ada: Person
let transfers: number[]

const started = new Set<HubProcess>()
const start = async (at: Place) => {
  const hub = await startHub(at, environment)
  started.add(hub)
  return hub
}

beforeAll(async () => {
  place = await makePlace()
  secondPlace = await makePlace()
  adminUrl = await startServer()
  admin = new pg.Pool({ connectionString: adminUrl, max: 4 })
  admin.on('error', () => {})
  environment = {
    CROSSTIE_VAULT_KEYS: `shared:${randomBytes(32).toString('base64url')}`,
    CROSSTIE_JWT_SECRET: randomBytes(32).toString('base64url'),
    CROSSTIE_RUNS: '2',
    CROSSTIE_LOG_LEVEL: 'warn',
  }
})

afterAll(async () => {
  for (const hub of started) await hub.stop()
  await admin.end()
  server.kill('SIGINT')
  await new Promise((resolve) => server.once('exit', resolve))
  await place.clear()
  await secondPlace.clear()
})

/** A cluster of Debian's server, with trust on its own loopback port. */
async function startServer(): Promise<string> {
  const user = await databaseSystemUser()
  const data = path.join(place.folder, 'debian')
  await mkdir(data, { mode: 0o700 })
  if (user !== null) await chown(data, user.uid, user.gid)
  const as = { ...user, cwd: data, env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } }
  await promisify(execFile)(path.join(BIN, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust'], as)
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${data}`,
    'fsync=off',
  ]
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
  server = spawn(path.join(BIN, 'postgres'), args, { ...as, stdio: 'ignore' })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  for (let tries = 0; tries < 300; tries++) {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => {})
    const isUp = await client.connect().then(
      () => true,
      () => false,
    )
    await client.end().catch(() => {})
    if (isUp) return url
    await sleep(100)
  }
  throw new Error('PostgreSQL 15 did not start')
}

const atServer = (user: string, database: string) => {
  const url = new URL(adminUrl)
  url.username = user
  url.pathname = `/${database}`
  return url.href
}

/** Starts a hub that is to be refused; answers what it said. */
async function refused(more: Environment = {}): Promise<string> {
  const hub = await launchHub(place, { ...environment, ...more })
  started.add(hub)
  expect(await hub.end).toEqual({ code: 1, signal: null })
  // One line in words, no stack.
  expect(hub.said()).not.toContain('    at ')
  return hub.said()
}

test('without its roles and its database the hub is refused, and the words say what to do', async () => {
  await admin.query('create role plain login')
  const said = await refused({ CROSSTIE_DATABASE_URL: atServer('plain', 'postgres') })
  expect(said).toMatch(/crosstie database setup --admin-url/)
  const doctor = await command(place, ['doctor', '--json'], {
    environment: { CROSSTIE_DATABASE_URL: atServer('plain', 'postgres') },
  })
  expect(doctor.out + doctor.err).toMatch(/crosstie database setup --admin-url/)
  expect(await refused({ CROSSTIE_DATABASE_URL: atServer('nobody', 'nowhere') })).toMatch(
    /does not let it in .*(nobody|nowhere).*CROSSTIE_DATABASE_URL/,
  )
})

test('`crosstie database setup` makes it ready, and the hub starts on it', async () => {
  const answer = await command(place, [
    'database',
    'setup',
    '--admin-url',
    atServer('postgres', 'hub'),
    '--json',
  ])
  expect(answer).toMatchObject({ code: 0, err: '' })
  const { database_url } = JSON.parse(answer.out) as { database_url: string } // the command's own answer
  environment.CROSSTIE_DATABASE_URL = database_url
  // Both tries at once on an empty database: each migration is applied by one of them.
  ;[first, second] = await Promise.all([start(place), start(secondPlace)])
  expect((await command(place, ['migrate', 'status', '--json'], { environment })).code).toBe(0)
  ada = await signUp(place, first.url, environment)
  expect(await ada.at(second.url).ask('GET', '/v1/users/me')).toMatchObject({ username: 'ada' })
})

test('the main path runs on it', async () => {
  const sql = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await admin.query<R>(text, values)).rows
  sample = await createSampleDatabase({ adminUrl, sql })
  await sample.sql(
    `create table orders as select n as id, 'order ' || n as note from generate_series(1, 500) n`,
  )
  const { id: group_id } = await ada.ask('POST', '/v1/groups', { name: 'Shared', description: '' })
  const { id: queue_id } = await ada.ask('POST', '/v1/queues', { group_id, name: 'shared', description: '' })
  const { id: connection } = await ada.ask('POST', '/v1/connections', {
    group_id,
    name: 'shop',
    description: '',
    type: 'postgres',
    connection_data: sample.connectionData,
    auth_data: sample.authData,
  })
  transfers = []
  for (let number = 1; number <= RUNS; number++) {
    const { id } = await ada.ask('POST', '/v1/transfers', {
      group_id,
      queue_id,
      name: `orders ${number}`,
      description: '',
      source_connection_id: connection,
      target_connection_id: connection,
      source_params: { type: 'postgres', table_name: 'public.orders' },
      target_params: { type: 'postgres', table_name: `public.orders_${number}` },
      // Appends: a run that was carried twice would show by its rows.
      strategy_params: { type: 'incremental', increment_by: 'id' },
    })
    transfers.push(id)
  }
  expect(await ended(await startRun(transfers[0] ?? 0))).toMatchObject({ status: 'FINISHED', error: null })
})

const startRun = async (transfer: number): Promise<number> =>
  (await ada.ask('POST', '/v1/runs', { transfer_id: transfer })).id

async function ended(run: number): Promise<Record<string, unknown>> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    const found = await ada.ask('GET', `/v1/runs/${run}?view=full`)
    if (FINAL.includes(found.status)) return found
  }
  throw new Error(`run ${run} was not over within 60 s`)
}

test(`two hubs share ${RUNS} runs, each carried once`, async () => {
  const workers = new Set<string>()
  let watching = true
  const watched = (async () => {
    const hub = new pg.Pool({ connectionString: atServer('postgres', 'hub'), max: 1 })
    hub.on('error', () => {})
    for (; watching; await sleep(20)) {
      const { rows } = await hub.query<{ owner: string }>(
        'select distinct lease_owner as owner from transfer.run where lease_owner is not null',
      )
      for (const { owner } of rows) workers.add(owner)
    }
    await hub.end()
  })()
  const runs = await Promise.all(transfers.slice(1).map(startRun))
  for (const run of runs) expect(await ended(run)).toMatchObject({ status: 'FINISHED', attempts: 1 })
  watching = false
  await watched
  expect(workers.size).toBe(2)
  for (let number = 2; number <= RUNS; number++) {
    const rows = await sample.sql(
      `select count(*)::int, count(distinct id)::int as different from orders_${number}`,
    )
    expect(rows).toEqual([{ count: 500, different: 500 }])
  }
}, 180_000)

test('when one hub is killed, the other ends its runs within 60 s', async () => {
  await sample.sql('insert into orders select n, $1 from generate_series(501, 1000) n', ['new'])
  const some = transfers.slice(1, 13)
  const runs = await Promise.all(some.map(startRun))
  await sleep(400)
  const killed = Date.now()
  await second.kill()
  for (const run of runs) expect(await ended(run)).toMatchObject({ status: 'FINISHED', error: null })
  expect(Date.now() - killed).toBeLessThan(60_000)
  for (const number of some.keys()) {
    const rows = await sample.sql(
      `select count(*)::int, count(distinct id)::int as different from orders_${number + 2}`,
    )
    expect(rows).toEqual([{ count: 1000, different: 1000 }])
  }
}, 180_000)

test('a hub of an older release is refused by a database that a newer one migrated', async () => {
  const hub = new pg.Client({ connectionString: atServer('postgres', 'hub') })
  await hub.connect()
  await hub.query(
    `insert into platform.migration (id, room, checksum, release) values ('9999_later', 'platform', 'x', '99.0.0')`,
  )
  expect(await refused()).toMatch(/migrated by a newer release \(9999_later of 99\.0\.0\)/)
  await hub.query(`delete from platform.migration where id = '9999_later'`)
  await hub.end()
  await sample.drop()
})
