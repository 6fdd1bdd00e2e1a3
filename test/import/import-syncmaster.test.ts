/** A hub that took a SyncMaster database over: what came, what it does with it, and the way back. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readFernetKey } from '../../src/cli/import/fernet.ts'
import { rollBack } from '../../src/cli/import/roll-back.ts'
import { openSyncMaster } from '../../src/cli/import/syncmaster-source.ts'
import type { TakeOver, TakeOverReport } from '../../src/cli/import/take-over.ts'
import { keptSecrets } from '#config'
import { createVault } from '#vault'
import { startTestHub, type TestHub } from '../harness/hub.ts'
import { type Firm, fillFirm, SECRET } from './firm.ts'
import { caller, countsOf, everything, move, tallyOf } from './move.ts'
import { createSyncMasterDatabase, put, RESOURCES, type SyncMasterDatabase } from './syncmaster-database.ts'

let hub: TestHub
let there: SyncMasterDatabase
let firm: Firm
beforeAll(async () => {
  hub = await startTestHub({ settings: { allow: '127.0.0.1', runs: '1' } })
  there = await createSyncMasterDatabase(hub.adminUrl)
  await hub.createUser('bob')
  await hub.createGroup('Lab', { owner: 'zoe' })
  const { hostname, port } = new URL(hub.adminUrl)
  firm = await fillFirm(there.client, {
    host: hostname,
    port: Number(port),
    name: there.client.database ?? '',
  })
})
afterAll(async () => {
  await there.drop()
  await hub.stop()
})

const take = async (more: Partial<TakeOver> = {}, url = there.url) =>
  move(url, { db: hub.db, vault: createVault((await keptSecrets(hub.settings)).vault_keys) }, more)

describe('nothing is written', () => {
  test('with the key of another system', async () => {
    const before = await everything(hub.sql)
    const key = readFernetKey(Buffer.alloc(32, 9).toString('base64url'))
    await expect(take({ key })).rejects.toMatchObject({
      code: 'import.wrong_crypto_key',
      message: expect.stringContaining('4 credentials'),
    })
    expect(await everything(hub.sql)).toBe(before)
  })

  test('by a dry run, which reports all the same', async () => {
    const before = await everything(hub.sql)
    const report = await take({ dryRun: true })
    expect(countsOf(report)).toMatchObject({ user: [2, 0], group: [2, 0], run: [3, 0] })
    expect(await everything(hub.sql)).toBe(before)
  })

  test('when the database is not SyncMaster’s, or does not answer', async () => {
    await expect(openSyncMaster(hub.adminUrl)).rejects.toMatchObject({ code: 'import.not_syncmaster' })
    await expect(openSyncMaster('mysql://x')).rejects.toMatchObject({ code: 'import.database_url' })
    const closed = 'postgresql+asyncpg://x:hidden@127.0.0.1:1/x'
    await expect(openSyncMaster(closed)).rejects.toMatchObject({ code: 'import.no_database' })
    await expect(openSyncMaster(closed)).rejects.not.toThrow('hidden')
  })
})

describe('taken over', () => {
  let report: TakeOverReport
  const ids = async (kind: string) =>
    new Map(
      (
        await hub.sql<{ there: string; here: number }>(
          'select foreign_id as there, local_id::int as here from identity.imported where kind = $1',
          [kind],
        )
      ).map((row) => [row.there, row.here]),
    )
  const idOf = async (kind: string, id: number) => (await ids(kind)).get(String(id)) ?? 0
  beforeAll(async () => {
    report = await take()
  })

  test('everything is counted, and what is otherwise than there is told', () => {
    expect(countsOf(report)).toEqual({
      user: [2, 0],
      group: [2, 0],
      member: [2, 0],
      connection: [5, 0],
      queue: [1, 0],
      transfer: [2, 0],
      run: [3, 0],
    })
    expect(tallyOf(report, 'user')).toMatchObject({
      matched: ['bob'],
      noted: expect.arrayContaining([
        { why: 'superuser there, and here', count: 1, names: ['ada'] },
        { why: 'inactive there, may not sign in here', count: 1, names: ['gone'] },
      ]),
    })
    expect(tallyOf(report, 'group')?.renamed).toEqual([{ from: 'Lab', to: 'Lab (2)' }])
    expect(tallyOf(report, 'member')?.left_out).toMatchObject([
      { why: 'the owner of a group is not its member' },
    ])
    expect(tallyOf(report, 'connection')?.noted).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ why: expect.stringContaining('"greenplum"'), names: ['odd'] }),
        expect.objectContaining({ why: expect.stringContaining('without credentials'), names: ['bare'] }),
      ]),
    )
    expect(tallyOf(report, 'transfer')).toMatchObject({
      left_out: [{ why: expect.stringContaining('another group'), names: ['crossed'] }],
      noted: expect.arrayContaining([
        expect.objectContaining({ why: expect.stringContaining('not scheduled'), names: ['broken'] }),
      ]),
    })
    expect(tallyOf(report, 'run')?.left_out).toEqual([
      { why: 'it is not over (STARTED)', count: 1, names: ['run 4'] },
    ])
    expect(JSON.stringify(report)).not.toContain(SECRET)
  })

  test('people, groups and roles are as they were', async () => {
    const users = await hub.sql(
      `select username, display_name, email, first_name, is_superuser, status, created_at from identity."user" where username in ('ada', 'gone') order by 1`,
    )
    expect(users).toEqual([
      {
        username: 'ada',
        display_name: 'Ада Лавлейс',
        email: 'ada@example.com',
        first_name: 'Ада',
        is_superuser: true,
        status: 'active',
        created_at: new Date('2024-03-01T08:00:00.123Z'),
      },
      expect.objectContaining({ username: 'gone', status: 'forbidden' }),
    ])
    const { body } = await hub.as('bob').get('/v1/groups')
    expect(body.items).toEqual([
      expect.objectContaining({ data: expect.objectContaining({ name: 'Lab (2)' }), role: 'Owner' }),
      expect.objectContaining({ data: expect.objectContaining({ name: 'Магазин' }), role: 'Developer' }),
    ])
    const personal = await hub.sql(
      `select from identity."group" g join identity."user" u on u.id = g.owner_id where u.username = 'ada' and g.personal`,
    )
    expect(personal).toHaveLength(1)
  })

  test('connections are served with what may be read of their credentials', async () => {
    const groupId = await idOf('group', firm.groups.shop)
    const { body } = await hub.as('bob').get(`/v1/connections?view=full&group_id=${groupId}`)
    expect(
      body.items.map(({ name, type, auth_data }: Record<string, unknown>) => [name, type, auth_data]),
    ).toEqual([
      ['archive', 's3', { type: 's3', access_key: 'AK' }],
      ['bare', 'postgres', null],
      ['odd', 'greenplum', { type: 'kerberos' }],
      ['orders', 'postgres', { type: 'basic', user: 'reader' }],
    ])
    const kept = await hub.sql<{
      all: string
    }>(`select string_agg(to_jsonb(i)::text || to_jsonb(c)::text || coalesce(a.value, ''), '') as all
      from public.integration_connectors i join connect.connection c on c.connector_id = i.id left join connect.auth_data a on a.connection_id = c.id`)
    expect(kept[0]?.all).not.toContain(SECRET)
    const vault = createVault((await keptSecrets(hub.settings)).vault_keys)
    const [seal] = await hub.sql<{ value: string }>(
      'select value from connect.auth_data where connection_id = $1',
      [await idOf('connection', firm.connections.orders)],
    )
    expect(await vault.open(seal?.value ?? '')).toEqual({ type: 'basic', user: 'reader', password: SECRET })
  })

  test('a schedule means the times that it had, and what cannot run is off', async () => {
    const daily = await hub
      .as('bob')
      .get(`/v1/transfers/${await idOf('transfer', firm.transfers.daily)}?view=full`)
    expect(daily.body).toMatchObject({ is_scheduled: true, schedule: '0 3 * * 1', timezone: 'Europe/Moscow' })
    for (const at of daily.body.next_runs) expect(new Date(at).toISOString()).toMatch(/T00:00:00/)
    for (const at of daily.body.next_runs) expect(new Date(at).getUTCDay()).toBe(1)
    const broken = await hub.as('bob').get(`/v1/transfers/${await idOf('transfer', firm.transfers.broken)}`)
    expect(broken.body).toMatchObject({ is_scheduled: false, schedule: 'not a cron' })
    const timers = await hub.sql(`select key from platform.timer where kind = 'transfer.schedule'`)
    expect(timers).toEqual([{ key: String(await idOf('transfer', firm.transfers.daily)) }])
  })

  test('runs are the history that they are, with our ids and no secrets', async () => {
    const transferId = await idOf('transfer', firm.transfers.daily)
    const { body } = await hub.as('bob').get(`/v1/runs?transfer_id=${transferId}`)
    expect(body.items.map(({ status, type }: Record<string, unknown>) => [status, type])).toEqual([
      ['STOPPED', 'MANUAL'],
      ['FAILED', 'MANUAL'],
      ['FINISHED', 'SCHEDULED'],
    ])
    const run = await hub.as('bob').get(`/v1/runs/${body.items[1].id}`)
    const connection = await idOf('connection', firm.connections.orders)
    const groupId = await idOf('group', firm.groups.shop)
    expect(run.body.transfer_dump).toMatchObject({
      id: transferId,
      group_id: groupId,
      description: 'a NUL: \ufffd, and none: \\u0000',
      source_connection_id: connection,
      source_connection: {
        id: connection,
        group_id: groupId,
        type: 'postgres',
        auth_data: { type: 'basic', user: 'reader' },
      },
    })
    expect(JSON.stringify(run.body)).not.toContain(SECRET)
    const waiting = await hub.sql('select from transfer.run where queued_at is not null')
    expect(waiting).toEqual([])
  })

  test('a second time changes nothing', async () => {
    const before = await everything(hub.sql)
    const again = await take()
    expect(again.tallies.map(({ taken }) => taken)).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(await everything(hub.sql)).toBe(before)
  })

  test('what is new there comes, what was changed or taken away here stays so', async () => {
    const shop = await idOf('group', firm.groups.shop)
    await hub.sql(`delete from identity.user_group where group_id = $1`, [shop])
    await hub.sql(`update transfer.queue set name = 'renamed here' where group_id = $1`, [shop])
    await there.client.query(`update run set status = 'FINISHED', ended_at = now() where status = 'STARTED'`)
    await there.client.query(`update connection set name = 'renamed there' where id = $1`, [
      firm.connections.bare,
    ])
    await put(there.client, 'user', { username: 'carol', is_superuser: false, is_active: true })
    await put(there.client, 'transfer', {
      group_id: firm.groups.shop, name: 'weekly', description: '', source_connection_id: firm.connections.orders,
      target_connection_id: firm.connections.archive, queue_id: firm.queue, is_scheduled: false, schedule: '', strategy_params: { type: 'incremental', increment_by: 'id' },
      source_params: { type: 'postgres', table_name: 'public.orders' }, transformations: JSON.stringify([]), resources: RESOURCES,
      target_params: { type: 's3', directory_path: '/out', file_format: { type: 'parquet', compression: 'snappy' }, file_name_template: '{run_created_at}-{index}.{extension}', options: {} },
    }) // prettier-ignore
    const report = await take()
    expect(tallyOf(report, 'transfer')?.noted).toEqual([
      expect.objectContaining({
        why: expect.stringContaining('its first run here reads everything'),
        names: ['weekly'],
      }),
    ])
    expect(countsOf(report)).toEqual({
      user: [1, 3],
      group: [0, 2],
      member: [0, 2],
      connection: [0, 5],
      queue: [0, 1],
      transfer: [1, 2],
      run: [1, 3],
    })
    const [queue] = await hub.sql('select name from transfer.queue where group_id = $1', [shop])
    expect(queue).toEqual({ name: 'renamed here' })
  })

  test('a way back that would take along what people did is refused, by name', async () => {
    await expect(rollBack(hub.db, caller, { name: 'syncmaster', dryRun: false })).rejects.toMatchObject({
      code: 'import.used_since',
      message: expect.stringContaining('queue "renamed here" was changed'),
    })
    await expect(rollBack(hub.db, caller, { name: 'other', dryRun: false })).rejects.toMatchObject({
      code: 'import.unknown',
    })
  })

  test('another database under the same name is noticed', async () => {
    const other = await createSyncMasterDatabase(hub.adminUrl)
    try {
      await put(other.client, 'user', { username: 'eve', is_superuser: true, is_active: true })
      await expect(take({}, other.url)).rejects.toMatchObject({ code: 'import.other_source' })
      const report = await take({ name: 'second' }, other.url)
      expect(countsOf(report)).toMatchObject({ user: [1, 0] })
    } finally {
      await other.drop()
    }
  })
})

test('a run of what came moves its rows', async () => {
  const source = new pg.Client({ connectionString: there.url })
  await source.connect()
  const { user, password } = source
  await source.query(
    'create table public.orders as select n as id, n * 2 as amount from generate_series(1, 500) n',
  )
  const [transfer] = await hub.sql<{ id: number; connection: number; group_id: number }>(
    `select id::int, source_connection_id::int as connection, group_id::int from transfer.transfer where name = 'orders daily'`,
  )
  if (transfer === undefined) throw new Error('no transfer')
  const zoe = hub.as('zoe')
  await hub.sql(`update identity."user" set is_superuser = true where username = 'zoe'`)
  const connection = (await zoe.get(`/v1/connections/${transfer.connection}`)).body
  const changed = await zoe.put(`/v1/connections/${transfer.connection}`, {
    ...connection,
    auth_data: { type: 'basic', user, password },
  })
  expect([changed.status, changed.body]).toEqual([200, expect.anything()])
  const { body: run } = await zoe.post('/v1/runs', { transfer_id: transfer.id })
  await expect
    .poll(async () => (await zoe.get(`/v1/runs/${run.id}?view=full`)).body, {
      timeout: 30_000,
      interval: 200,
    })
    .toMatchObject({ status: 'FINISHED', progress: { rows: 500 } })
  const { rows } = await source.query('select count(*)::int as count from public.orders_copy')
  expect(rows).toEqual([{ count: 500 }])
  await source.end()
})
