/** Debian's MariaDB. */
import { execFile } from 'node:child_process'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'
import { freePort, type Program, startProgram } from '../../../test/harness/program.ts'
import { databaseSystemUser } from '../../platform/database/system-user.ts'

const PASSWORD = 'a password of the test'

let folder: string
let server: Program
let port: number
let hub: TestHub
let group: TestGroup
let developer: Client
let sql: (text: string) => Promise<void>
let endAdmin: () => Promise<void>

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-maria-'))
  const user = await databaseSystemUser()
  if (user !== null) await chown(folder, user.uid, user.gid)
  const as = { ...user, cwd: folder }
  const data = path.join(folder, 'data')
  const socket = path.join(folder, 's')
  const install = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]
  await promisify(execFile)('mariadb-install-db', install, as)
  port = await freePort()
  const args = [
    '--no-defaults',
    `--datadir=${data}`,
    `--socket=${socket}`,
    `--pid-file=${folder}/pid`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--innodb-flush-log-at-trx-commit=0',
  ]
  server = await startProgram('/usr/sbin/mariadbd', args, { ...as, port })
  const admin = await createConnection({ socketPath: socket, user: 'root', multipleStatements: true })
  sql = async (text) => {
    await admin.query(text)
  }
  endAdmin = () => admin.end()
  await sql(`create database shop; create database other; create table other.hidden (id int);
    create user 'reader'@'%' identified by '${PASSWORD}'; grant select on shop.* to 'reader'@'%';
    create table shop.orders (id int primary key, note varchar(20) not null, total decimal(10, 2));
    create view shop.notes as select note from shop.orders;`)
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
}, 120_000)
afterAll(async () => {
  await hub?.stop()
  await endAdmin?.()
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

let made = 0
async function connection(more: { database_name?: string | null; password?: string } = {}): Promise<number> {
  const { body } = await developer.post('/v1/connections', {
    group_id: group.id,
    name: `maria ${++made}`,
    description: '',
    type: 'mysql',
    connection_data: { host: '127.0.0.1', port, database_name: more.database_name ?? 'shop' },
    auth_data: { type: 'basic', user: 'reader', password: more.password ?? PASSWORD },
  })
  return body.id
}

async function synced(id: number) {
  const { body } = await developer.post(`/v1/connections/${id}/sync`)
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50)) {
    const { body: sync } = await developer.get(`/v1/syncs/${body.id}`)
    if (['succeeded', 'failed'].includes(sync.state)) return sync
  }
  throw new Error('the sync was not over within 20 s')
}

test('Test says what was found, or why it is not let in', async () => {
  expect((await developer.post(`/v1/connections/${await connection()}/test`)).body).toMatchObject({
    ok: true,
    message: expect.stringMatching(/^Signed in to MariaDB 10\.\d+\.\d+, database shop, as reader@%\.$/),
  })
  const wrong = await developer.post(`/v1/connections/${await connection({ password: 'wrong' })}/test`)
  expect(wrong.body).toMatchObject({ ok: false, details: { code: 'connect.auth_refused' } })
  expect(JSON.stringify(wrong.body)).not.toContain('wrong')
  const missing = await developer.post(
    `/v1/connections/${await connection({ database_name: 'nowhere' })}/test`,
  )
  expect(missing.body).toMatchObject({ ok: false, details: { code: 'connect.auth_refused' } })
})

test('one looks into it: schemas, tables, columns, of what its user may see', async () => {
  const id = await connection()
  const at = async (more: string) => (await developer.get(`/v1/connections/${id}/${more}`)).body.items
  expect(await at('browse')).toEqual([{ name: 'shop', path: 'shop', kind: 'schema' }])
  expect(await at('browse?path=shop')).toMatchObject([
    { name: 'notes', kind: 'view' },
    { name: 'orders', path: 'shop.orders', kind: 'table' },
  ])
  expect(await at('columns?path=shop.orders')).toEqual([
    { name: 'id', type: 'int(11)', nullable: false, primary_key: true },
    { name: 'note', type: 'varchar(20)', nullable: false, primary_key: false },
    { name: 'total', type: 'decimal(10,2)', nullable: true, primary_key: false },
  ])
  expect((await developer.get(`/v1/connections/${id}/columns?path=other.hidden`)).status).toBe(404)
})

test('a sync keeps its tables as versions', async () => {
  const id = await connection()
  expect(await synced(id)).toMatchObject({ state: 'succeeded', added: 2 })
  await sql(`insert into shop.orders values (1, 'a', 1)`)
  expect(await synced(id)).toMatchObject({ added: 0, updated: 0, unchanged: 2 })
  await sql('alter table shop.orders modify note text not null, add column paid boolean')
  expect(await synced(id)).toMatchObject({ updated: 2, unchanged: 0 })
  const { body } = await developer.get(`/v1/connections/${id}/catalogs/0`)
  expect(body).toMatchObject({ version: 2, change: 'breaking' })
  expect(body.diff).toContainEqual({
    kind: 'updated',
    item: 'shop.orders.note',
    note: 'varchar(20) → text',
    breaking: true,
  })
})

test('a server that is away is the other side’s matter', async () => {
  const id = await connection()
  await endAdmin()
  await server.stop()
  expect(await synced(id)).toMatchObject({
    state: 'failed',
    error: { code: 'connect.unreachable', actor: 'provider' },
  })
})
