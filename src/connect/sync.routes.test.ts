import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from '../../test/transfer/sample-database.ts'

let hub: TestHub
let group: TestGroup
let files: string
let sample: SampleDatabase
let developer: Client

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'crosstie-sync-'))
  hub = await startTestHub({ settings: { files, health_minutes: '0' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { guest: 'guest', dev: 'developer' } })
  await hub.createUser('outsider')
  developer = hub.as('dev')
  sample = await createSampleDatabase(hub)
})
afterAll(async () => {
  await sample.drop()
  await hub.stop()
  await rm(files, { recursive: true, force: true })
})

let made = 0
async function connection(type: string, connection_data: object, auth_data: object): Promise<number> {
  const name = `connection ${++made}`
  const { body } = await developer.post('/v1/connections', {
    group_id: group.id,
    name,
    description: '',
    type,
    connection_data,
    auth_data,
  })
  return body.id
}

const OVER = ['succeeded', 'failed', 'stopped', 'skipped']
async function ended(sync: number) {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(30)) {
    const { body } = await developer.get(`/v1/syncs/${sync}`)
    if (OVER.includes(body.state)) return body
  }
  throw new Error(`sync ${sync} was not over within 20 s`)
}

async function synced(id: number) {
  const { status, body } = await developer.post(`/v1/connections/${id}/sync`)
  expect(status).toBe(200)
  return ended(body.id)
}

const events = (kind: string, id: number) =>
  hub.sql<{ payload: Record<string, unknown> }>(
    `select payload from platform.event where kind = $1 and payload ->> 'connection_id' = $2 order by id`,
    [kind, String(id)],
  )

describe('a folder', () => {
  test('is listed; what came, changed and went is told, and an unchanged one changes nothing', async () => {
    await mkdir(path.join(files, 'in/deep'), { recursive: true })
    await writeFile(path.join(files, 'in/a.csv'), 'a')
    await writeFile(path.join(files, 'in/deep/b.csv'), 'bb')
    const id = await connection('local', { directory: '/in' }, { type: 'none' })

    expect(await synced(id)).toMatchObject({
      state: 'succeeded',
      added: 2,
      updated: 0,
      deleted: 0,
      unchanged: 0,
      error: null,
      trigger: 'manual',
    })
    const { body: before } = await developer.get(`/v1/connections/${id}?view=full`)
    expect(before.last_synced_at).not.toBeNull()
    expect((await developer.get(`/v1/connections/${id}/files`)).body.items).toMatchObject([
      { path: '/a.csv', size_bytes: 1 },
      { path: '/deep/b.csv', size_bytes: 2 },
    ])

    expect(await synced(id)).toMatchObject({ added: 0, updated: 0, deleted: 0, unchanged: 2 })
    expect(await events('files.changed', id)).toHaveLength(1)

    await writeFile(path.join(files, 'in/a.csv'), 'other')
    await utimes(path.join(files, 'in/a.csv'), 1, 1)
    await rm(path.join(files, 'in/deep/b.csv'))
    await writeFile(path.join(files, 'in/c.csv'), 'c')
    const third = await synced(id)
    expect(third).toMatchObject({ added: 1, updated: 1, deleted: 1, unchanged: 0 })
    const { body: changes } = await hub.as('guest').get(`/v1/syncs/${third.id}/changes`)
    expect(changes.items.map(({ kind, item }: { kind: string; item: string }) => [kind, item])).toEqual([
      ['updated', '/a.csv'],
      ['added', '/c.csv'],
      ['deleted', '/deep/b.csv'],
    ])
    expect(await events('files.changed', id)).toHaveLength(2)
  })

  test('that is gone fails in words, and last_synced_at stays', async () => {
    await mkdir(path.join(files, 'gone'))
    const id = await connection('local', { directory: '/gone' }, { type: 'none' })
    await synced(id)
    const { body: before } = await developer.get(`/v1/connections/${id}?view=full`)
    await rm(path.join(files, 'gone'), { recursive: true })
    expect(await synced(id)).toMatchObject({
      state: 'failed',
      error: { code: 'connect.file_missing', actor: 'you' },
    })
    const { body: after } = await developer.get(`/v1/connections/${id}?view=full`)
    expect(after.last_synced_at).toBe(before.last_synced_at)
    expect((await developer.get(`/v1/connections/${id}/health`)).body).toMatchObject({
      state: 'degraded',
      code: 'connect.file_missing',
      consecutive_failures: 1,
    })
  })
})

describe('a database', () => {
  test('keeps its tables as versions, with a diff that says what breaks', async () => {
    await sample.sql('create table orders (id int primary key, note text, total numeric(10, 2))')
    await sample.sql('create table old (id int)')
    const id = await connection('postgres', sample.connectionData, sample.authData)
    expect(await synced(id)).toMatchObject({ state: 'succeeded', added: 2, unchanged: 0 })
    expect(await synced(id)).toMatchObject({ added: 0, updated: 0, deleted: 0, unchanged: 2 })
    expect((await developer.get(`/v1/connections/${id}/catalogs`)).body.meta.total).toBe(1)

    await sample.sql('alter table orders add column paid boolean')
    expect(await synced(id)).toMatchObject({ updated: 1, unchanged: 1 })
    const { body: second } = await developer.get(`/v1/connections/${id}/catalogs/0`)
    expect(second).toMatchObject({
      version: 2,
      change: 'non_breaking',
      diff: [{ kind: 'added', item: 'public.orders.paid' }],
    })

    await sample.sql('alter table orders alter column note type varchar(9), drop column total')
    await sample.sql('drop table old')
    const third = await synced(id)
    expect(third).toMatchObject({ updated: 1, deleted: 1, unchanged: 0 })
    const { body } = await hub.as('guest').get(`/v1/connections/${id}/catalogs/3`)
    expect(body.change).toBe('breaking')
    expect(body.diff).toEqual([
      {
        kind: 'updated',
        item: 'public.orders.note',
        note: 'text → character varying(9)',
        breaking: true,
      },
      { kind: 'deleted', item: 'public.orders.total', note: 'numeric(10,2)', breaking: true },
      { kind: 'deleted', item: 'public.old', note: 'table', breaking: true },
    ])
    expect((await events('catalog.changed', id)).map(({ payload }) => payload.change)).toEqual([
      'non_breaking',
      'breaking',
    ])
  })
})

describe('who may', () => {
  test('a guest reads syncs and starts none; an outsider sees none', async () => {
    await mkdir(path.join(files, 'who'), { recursive: true })
    const id = await connection('local', { directory: '/who' }, { type: 'none' })
    const { id: sync } = await synced(id)
    expect((await hub.as('guest').post(`/v1/connections/${id}/sync`)).status).toBe(403)
    expect((await hub.as('guest').get(`/v1/syncs/${sync}`)).status).toBe(200)
    expect((await hub.as('outsider').get(`/v1/syncs/${sync}`)).status).toBe(404)
    expect((await hub.as('outsider').get(`/v1/connections/${id}/syncs`)).status).toBe(404)
    expect((await hub.as('outsider').get(`/v1/connections/${id}/files`)).status).toBe(404)
  })

  test('a second sync while one is open is refused, and an inactive connection is not synced', async () => {
    const id = await connection('local', { directory: '/who' }, { type: 'none' })
    // Held by nobody that would end it.
    await hub.sql(
      `insert into connect.sync (connection_id, group_id, "trigger", state, lease_owner, lease_until)
       values ($1, $2, 'manual', 'running', gen_random_uuid(), now() + interval '1 hour')`,
      [id, group.id],
    )
    const refused = await developer.post(`/v1/connections/${id}/sync`)
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('is not over yet') } },
    })
    const other = await connection('local', { directory: '/who' }, { type: 'none' })
    await developer.put(`/v1/connections/${other}/status`, { status: 'inactive' })
    expect((await developer.post(`/v1/connections/${other}/sync`)).status).toBe(409)
  })
})

describe('the worker', () => {
  test('takes up a sync whose worker was killed, and gives up one that kills its workers', async () => {
    await mkdir(path.join(files, 'killed'), { recursive: true })
    const id = await connection('local', { directory: '/killed' }, { type: 'none' })
    const left = async (attempts: number) => {
      const [row] = await hub.sql<{ id: string }>(
        `insert into connect.sync (connection_id, group_id, "trigger", state, started_at, attempts, lease_owner, lease_until)
         values ($1, $2, 'manual', 'running', now(), $3, gen_random_uuid(), now() - interval '1 second') returning id`,
        [id, group.id, attempts],
      )
      hub.db.notify('connect.work', '')
      return ended(Number(row?.id))
    }
    expect(await left(1)).toMatchObject({ state: 'succeeded', attempts: 2 })
    expect(await left(3)).toMatchObject({ state: 'failed', error: { code: 'connect.given_up' } })
  })

  test('does one sync of a connection at a time: one that waits begins when the other is over', async () => {
    const id = await connection('local', { directory: '/killed' }, { type: 'none' })
    const [first] = await hub.sql<{ id: string }>(
      `insert into connect.sync (connection_id, group_id, "trigger", state, lease_owner, lease_until)
       values ($1, $2, 'manual', 'running', gen_random_uuid(), now() + interval '1 hour') returning id`,
      [id, group.id],
    )
    const [second] = await hub.sql<{ id: string }>(
      `insert into connect.sync (connection_id, group_id, "trigger") values ($1, $2, 'schedule') returning id`,
      [id, group.id],
    )
    hub.db.notify('connect.work', '')
    await sleep(400)
    const { body: waiting } = await developer.get(`/v1/syncs/${second?.id}`)
    expect(waiting.state).toBe('pending')
    await hub.sql(`update connect.sync set lease_until = now() where id = $1`, [first?.id])
    hub.db.notify('connect.work', '')
    expect(await ended(Number(second?.id))).toMatchObject({ state: 'succeeded' })
  })

  test('stops a sync that waits at once, and does not stop one that is over', async () => {
    const id = await connection('local', { directory: '/killed' }, { type: 'none' })
    await hub.sql(
      `insert into connect.sync (connection_id, group_id, "trigger", state, lease_owner, lease_until)
       values ($1, $2, 'manual', 'running', gen_random_uuid(), now() + interval '1 hour')`,
      [id, group.id],
    )
    const [row] = await hub.sql<{ id: string }>(
      `insert into connect.sync (connection_id, group_id, "trigger") values ($1, $2, 'schedule') returning id`,
      [id, group.id],
    )
    const stopped = await developer.post(`/v1/syncs/${row?.id}/stop`)
    expect(stopped).toMatchObject({ status: 200, body: { state: 'stopped' } })
    expect((await developer.post(`/v1/syncs/${row?.id}/stop`)).status).toBe(409)
  })
})
