import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { embeddedAdminUrl } from '#database'
import { hashPassword } from '../../src/identity/sign-in/password.ts'
import { createSampleDatabase, type SampleDatabase } from './sample-database.ts'

/** A hub in a process of its own, as `crosstie up` starts it: only so can it be killed. */
let folder: string
let hub: ChildProcess
let url: string
let sample: SampleDatabase
let admin: pg.Client
let token: string

async function up(): Promise<void> {
  const root = path.resolve(import.meta.dirname, '..', '..')
  hub = spawn(process.execPath, ['--conditions=source', path.join(root, 'src/cli/main.ts'), 'up'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      CROSSTIE_DATA_DIR: path.join(folder, 'data'),
      CROSSTIE_PORT: '0',
      CROSSTIE_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  hub.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  for await (const chunk of hub.stdout ?? []) {
    said += String(chunk)
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)
    if (found !== null) {
      url = found[0]
      hub.stdout?.resume()
      return
    }
  }
  throw new Error(`the hub did not come up: ${said}`)
}

// oxlint-disable-next-line typescript/no-explicit-any -- the test names what it reads
async function ask(method: string, at: string, body?: object): Promise<any> {
  const answer = await fetch(`${url}${at}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const json = await answer.json()
  if (!answer.ok) throw new Error(JSON.stringify(json))
  return json
}

async function statusOf(run: number): Promise<string> {
  const { status } = await ask('GET', `/v1/runs/${run}`)
  return status
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-killed-'))
  await chmod(folder, 0o755)
  await up()
  const adminUrl = await embeddedAdminUrl(path.join(folder, 'data'))
  if (adminUrl === null) throw new Error('the hub has no server of its own')
  admin = new pg.Client({ connectionString: adminUrl })
  admin.on('error', () => {})
  await admin.connect()
  const sql = async <R extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await admin.query<R>(text, values)).rows
  sample = await createSampleDatabase({ adminUrl, sql })
  const [user] = await sql<{ id: string }>(
    `insert into identity."user" (username) values ('ada') returning id`,
  )
  await sql('insert into identity.password (user_id, hash) values ($1, $2)', [
    user?.id,
    await hashPassword('long enough'),
  ])
  const signIn = await fetch(`${url}/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'username=ada&password=long+enough',
  })
  token = ((await signIn.json()) as { access_token: string }).access_token // as /v1/auth/token answers
})

afterAll(async () => {
  await sample?.drop().catch(() => {})
  await admin?.end().catch(() => {})
  const gone = once(hub, 'exit')
  hub.kill('SIGTERM')
  await gone
  await rm(folder, { recursive: true, force: true })
})

it('a run whose hub was killed is taken up within 60 s by the next one, and no row is lost or doubled', async () => {
  await sample.sql('create table orders as select n as id from generate_series(1, 2000) n')
  await sample.sql('create table target (id int primary key)')
  const { id: group } = await ask('POST', '/v1/groups', { name: 'Team', description: '' })
  const { id: queue } = await ask('POST', '/v1/queues', { group_id: group, name: 'main queue' })
  const { id: connection } = await ask('POST', '/v1/connections', {
    group_id: group,
    name: 'shop',
    description: '',
    type: 'postgres',
    connection_data: sample.connectionData,
    auth_data: sample.authData,
  })
  const { id: transfer } = await ask('POST', '/v1/transfers', {
    group_id: group,
    queue_id: queue,
    name: 'copy orders',
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.target' },
  })
  const unlock = await sample.lock('target')
  const { id: run } = await ask('POST', '/v1/runs', { transfer_id: transfer })
  while ((await statusOf(run)) !== 'STARTED') await sleep(50)
  await sleep(500)

  const dead = once(hub, 'exit')
  hub.kill('SIGKILL')
  await dead
  const killedAt = Date.now()
  await up()
  await unlock()

  for (;;) {
    const status = await statusOf(run)
    if (status === 'FINISHED' || status === 'FAILED') break
    if (Date.now() - killedAt > 60_000) throw new Error(`after 60 s the run is ${status}`)
    await sleep(200)
  }
  expect(await ask('GET', `/v1/runs/${run}?view=full`)).toMatchObject({ status: 'FINISHED', attempts: 2 })
  expect(await sample.sql('select count(*)::int, count(distinct id)::int as ids from target')).toEqual([
    { count: 2000, ids: 2000 },
  ])
  const { items } = await ask('GET', `/v1/runs/${run}/log`)
  expect(JSON.stringify(items)).toContain('Begun anew')
  expect(await readFile(path.join(folder, 'data', 'postgres.json'), 'utf8')).not.toBe('')
}, 120_000)
