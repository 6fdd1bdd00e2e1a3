/** The way back takes exactly what came. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rollBack } from '../../src/cli/import/roll-back.ts'
import { type Database, openDatabase } from '#database'
import { createVault, generateVaultKey } from '#vault'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { fillFirm } from './firm.ts'
import { caller, countsOf, everything, move, tallyOf } from './move.ts'
import { createSyncMasterDatabase, put, putAuth, type SyncMasterDatabase } from './syncmaster-database.ts'

const vault = createVault(generateVaultKey())
let database: TestDatabase
let db: Database
let there: SyncMasterDatabase
beforeEach(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { connections: 2 })
  there = await createSyncMasterDatabase(database.adminUrl)
  await database.sql(`insert into identity."user" (username) values ('bob'), ('zoe')`)
  await database.sql(
    `insert into identity."group" (name, owner_id) select 'Lab', id from identity."user" where username = 'zoe'`,
  )
  await fillFirm(there.client, { host: '127.0.0.1', port: 5432, name: 'shop' })
})
afterEach(async () => {
  await there.drop()
  await db.close()
  await database.drop()
})

const undo = (dryRun = false) => rollBack(db, caller, { name: 'syncmaster', dryRun })
const taken = () => move(there.url, { db, vault })

test('all that came goes, and all that was here stays, after several imports too', async () => {
  const before = await everything(database.sql)
  await taken()
  await put(there.client, 'user', { username: 'carol', is_superuser: false, is_active: true })
  await taken()
  const came = await everything(database.sql)
  expect(await undo(true)).toMatchObject({ dry_run: true, removed: { user: 3, group: 2, run: 3 } })
  expect(await everything(database.sql)).toBe(came)
  expect((await undo()).removed).toEqual({
    user: 3,
    group: 2,
    member: 2,
    connection: 5,
    queue: 1,
    transfer: 2,
    run: 3,
  })
  expect(await everything(database.sql)).toBe(before)
})

test('it can be taken over again after that', async () => {
  const first = await taken()
  await undo()
  expect(countsOf(await taken())).toEqual(countsOf(first))
})

test('what has been deleted here meanwhile is not missed', async () => {
  await taken()
  await database.sql('delete from transfer.run')
  expect((await undo()).removed).toMatchObject({ run: 0, transfer: 2 })
})

test('what the hub itself noted of a connection does not stand in the way', async () => {
  await taken()
  await database.sql(`update public.integration_connectors set status = 'error', last_synced_at = now()`)
  await database.sql(`update connect.health set state = 'broken', code = 'x', since = now()`)
  expect((await undo()).removed).toMatchObject({ connection: 5 })
})

test('it is refused, by name, when people changed or used what came', async () => {
  await taken()
  const uses: [statement: string, what: string][] = [
    [
      `update transfer.transfer set description = 'new' where name = 'broken'`,
      'transfer "broken" was changed',
    ],
    [
      `insert into identity.password (user_id, hash) select id, 'x' from identity."user" where username = 'ada'`,
      '1 row of identity.password by user_id',
    ],
    [
      `insert into transfer.run (transfer_id, group_id) select id, group_id from transfer.transfer where name = 'broken'`,
      '1 row of transfer.run by group_id',
    ],
    [
      `update public.integration_connectors set config = '{"host": "another"}' where provider = 's3'`,
      'connection "archive" was changed',
    ],
    [`update connect.auth_data set value = 'another'`, '4 rows of connect.auth_data by group_id'],
    [
      `insert into identity."group" (name, owner_id) select 'New', id from identity."user" where username = 'ada'`,
      '1 row of identity.group by owner_id',
    ],
    [
      `insert into identity.user_group (user_id, group_id, role_id)
       select u.id, g.id, 'guest' from identity."user" u, identity."group" g where username = 'zoe' and g.name = 'Магазин'`,
      '1 row of identity.user_group by group_id',
    ],
    [
      `insert into transfer.queue (group_id, name, slug)
       select g.id, 'mine', 'mine' from identity."group" g join identity."user" u on u.id = g.owner_id where personal and username = 'ada'`,
      '1 row of transfer.queue by group_id',
    ],
  ]
  for (const [statement] of uses) await database.sql(statement)
  const before = await everything(database.sql)
  const refused = await undo().catch((error: unknown) => error)
  expect(refused).toMatchObject({
    code: 'import.used_since',
    message: expect.stringContaining('"broken" was changed'),
  })
  const told = (refused as { details: { what: string }[] }).details.map(({ what }) => what) // the fault's own list
  expect(told).toEqual(
    expect.arrayContaining([...uses.map(([, what]) => what), 'transfer "broken" was changed']),
  )
  expect(await everything(database.sql)).toBe(before)
})

describe('on the way in', () => {
  test('users of the same name can be other people', async () => {
    const report = await move(there.url, { db, vault }, { apart: true })
    expect(tallyOf(report, 'user')).toMatchObject({ matched: [], renamed: [{ from: 'bob', to: 'bob-2' }] })
    const [lab] = await database.sql(
      `select u.username from identity."group" g join identity."user" u on u.id = g.owner_id where g.name = 'Lab (2)'`,
    )
    expect(lab).toEqual({ username: 'bob-2' })
  })

  test('schedules can stay off', async () => {
    const report = await move(there.url, { db, vault }, { paused: true })
    expect(tallyOf(report, 'transfer')?.noted).toContainEqual(
      expect.objectContaining({ names: ['orders daily'], why: expect.stringContaining('off, as was asked') }),
    )
    expect(
      await database.sql(`select is_scheduled, schedule from transfer.transfer where name = 'orders daily'`),
    ).toEqual([{ is_scheduled: false, schedule: '0 3 * * 1' }])
    expect(await database.sql(`select from platform.timer where kind = 'transfer.schedule'`)).toEqual([])
  })

  test('credentials can be left out, and those that the key does not open are named', async () => {
    const without = await move(there.url, { db, vault }, { key: null, dryRun: true })
    expect(without.unopened).toEqual([])
    await there.client.query('delete from auth_data where connection_id = 2')
    await putAuth(there.client, 2, { type: 's3' }, Buffer.alloc(32, 3).toString('base64url'))
    expect((await taken()).unopened).toEqual(['archive'])
    expect(await database.sql('select from connect.auth_data')).toHaveLength(3)
  })

  test('long names in any script keep within their limits', async () => {
    const long = '名'.repeat(128)
    const smile = '😀'.repeat(128)
    for (const name of [long, smile]) {
      await database.sql(
        `insert into identity."group" (name, owner_id) select '${name}', id from identity."user" where username = 'zoe'`,
      )
      await put(there.client, 'group', { name, description: '', owner_id: 1 })
    }
    await put(there.client, 'user', { username: 'я'.repeat(256), is_superuser: false, is_active: true })
    await put(there.client, 'user', { username: 'FIRM\\ivan petrov', is_superuser: false, is_active: true })
    const report = await taken()
    expect(tallyOf(report, 'user')?.noted).toContainEqual(
      expect.objectContaining({ names: ['FIRM\\ivan petrov'] }),
    )
    expect(tallyOf(report, 'group')?.renamed.slice(1)).toEqual([
      { from: long, to: `${'名'.repeat(124)} (2)` },
      { from: smile, to: `${'😀'.repeat(124)} (2)` },
    ])
    const slugs = await database.sql<{ slug: string }>('select slug from identity."group"')
    expect(new Set(slugs.map(({ slug }) => slug)).size).toBe(slugs.length)
  })

  test('runs of many batches come all, once', async () => {
    await there.client.query(
      `insert into run (transfer_id, status, type, transfer_dump) select 1, 'FINISHED', 'MANUAL', '{}' from generate_series(1, 2500)`,
    )
    expect(countsOf(await taken())).toMatchObject({ run: [2503, 0] })
    expect(countsOf(await taken())).toMatchObject({ run: [0, 2503] })
  })

  test('what fails half-way leaves nothing', async () => {
    const before = await everything(database.sql)
    await database.sql(`create function public.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
      create trigger refuse before insert on transfer.run for each row execute function public.refuse()`)
    await expect(taken()).rejects.toThrow()
    expect(await everything(database.sql)).toBe(before)
  })
})
