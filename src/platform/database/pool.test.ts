import type { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../testing/postgres.ts'
import { type Database, openDatabase } from './pool.ts'

interface Tables {
  'demo.thing': { id: number; owner: string }
}

let postgres: TestPostgres
let db: Database
const as = (name: string) => ({ databaseRole: 'crosstie_app' as const, claims: { name } })

beforeAll(async () => {
  postgres = await startTestPostgres()
  const admin = await postgres.connect()
  await admin.query(`
    create schema demo; grant usage on schema demo to crosstie_app;
    create table demo.thing (id int primary key, owner text not null);
    alter table demo.thing enable row level security;
    create policy own on demo.thing to crosstie_app
      using (owner = current_setting('request.jwt.claims')::json ->> 'name');
    grant select, insert on demo.thing to crosstie_app;
    insert into demo.thing values (1, 'ann'), (2, 'bob');`)
  await admin.end()
  db = openDatabase(postgres.url, { connections: 2 })
})

afterAll(async () => {
  await db.close()
  await postgres.stop()
})

const owners = (name: string) =>
  db.withCaller(as(name), (tx: Kysely<Tables>) => tx.selectFrom('demo.thing').select('owner').execute())

test('a transaction sees what its claims let it see, and nothing of the claims before it', async () => {
  expect(await owners('ann')).toEqual([{ owner: 'ann' }])
  expect(await owners('bob')).toEqual([{ owner: 'bob' }])
  expect(await owners("x' or '1'='1")).toEqual([])
})

test('many at once on two connections never see one another’s rows', async () => {
  const names = Array.from({ length: 60 }, (_, at) => (at % 2 === 0 ? 'ann' : 'bob'))
  const seen = await Promise.all(names.map(owners))
  expect(seen).toEqual(names.map((owner) => [{ owner }]))
})

test('a statement that is asked again and again sees by each caller’s claims, not by those it was planned for', async () => {
  for (let time = 0; time < 12; time++) {
    const name = time % 3 === 0 ? 'bob' : 'ann'
    expect(await owners(name)).toEqual([{ owner: name }])
  }
})

test('statements that are asked together come back in their order, and one that fails undoes them all', async () => {
  const both = await db.withCaller(as('ann'), (tx: Kysely<Tables>) =>
    Promise.all([
      tx.insertInto('demo.thing').values({ id: 8, owner: 'ann' }).returning('id').executeTakeFirst(),
      tx.selectFrom('demo.thing').select('id').orderBy('id').execute(),
    ]),
  )
  expect(both).toEqual([{ id: 8 }, [{ id: 1 }, { id: 8 }]])
  const failing = db.withCaller(as('ann'), (tx: Kysely<Tables>) =>
    Promise.all([
      tx.insertInto('demo.thing').values({ id: 9, owner: 'ann' }).execute(),
      tx.insertInto('demo.thing').values({ id: 1, owner: 'ann' }).execute(),
    ]),
  )
  await expect(failing).rejects.toThrow('duplicate key')
  const admin = await postgres.connect()
  await admin.query('delete from demo.thing where id = 8')
  const { rows } = await admin.query('select id from demo.thing order by id')
  await admin.end()
  expect(rows).toEqual([{ id: 1 }, { id: 2 }])
})

test('sign-in looks up as its own role, and that role alone', async () => {
  const statement = { name: 'who', text: 'select current_user as role, $1::int as given', values: [7] }
  expect(await db.lookUp(statement)).toEqual([{ role: 'crosstie_auth', given: 7 }])
  const foreign = { name: 'foreign', text: 'select id from demo.thing', values: [] }
  await expect(db.lookUp(foreign)).rejects.toThrow('permission denied')
  expect(await db.lookUp(statement)).toHaveLength(1)
})

test('what throws is rolled back, and nothing is done that was to follow the commit', async () => {
  let told = 0
  const failing = db.withCaller(as('ann'), async (tx: Kysely<Tables>, afterCommit) => {
    afterCommit(() => told++)
    await tx.insertInto('demo.thing').values({ id: 3, owner: 'ann' }).execute()
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(told).toBe(0)
  expect(await owners('ann')).toEqual([{ owner: 'ann' }])
})

test('a row that the claims do not cover cannot be written', async () => {
  const foreign = db.withCaller(as('ann'), (tx: Kysely<Tables>) =>
    tx.insertInto('demo.thing').values({ id: 4, owner: 'bob' }).execute(),
  )
  await expect(foreign).rejects.toThrow('row-level security')
})

test('a role outside the allow-list is never taken', async () => {
  // A wrong role can only come from a mistake in our own code, hence the cast.
  const claimant = { databaseRole: 'postgres' as 'crosstie_app', claims: {} }
  await expect(db.withConnection(claimant, (client) => client.query('select 1'))).rejects.toThrow(
    'no such role',
  )
})

test('listeners hear what is notified after the commit, said often but told once', async () => {
  const heard: (string | null)[] = []
  const stop = db.listen('demo_channel', (payload) => heard.push(payload))
  await expect.poll(() => heard, { timeout: 5000 }).toContain(null)
  heard.length = 0
  for (let time = 0; time < 5; time++) db.notify('demo_channel', 'same')
  db.notify('demo_channel', 'other')
  await expect.poll(() => heard.length, { timeout: 5000 }).toBeGreaterThanOrEqual(2)
  expect(new Set(heard)).toEqual(new Set(['other', 'same']))
  expect(heard).toHaveLength(2)
  stop()
})

test('a listener is told that it may have missed something when its connection was lost', async () => {
  const heard: (string | null)[] = []
  db.listen('demo_lost', (payload) => heard.push(payload))
  await expect.poll(() => heard, { timeout: 5000 }).toEqual([null])
  const admin = await postgres.connect()
  await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen%'`)
  await admin.end()
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual([null, null])
  db.notify('demo_lost', 'again')
  await expect.poll(() => heard, { timeout: 5000 }).toEqual([null, null, 'again'])
})

test('work whose connection is ended, between two statements or in one, is refused as unavailable', async () => {
  const end = async () => {
    const admin = await postgres.connect()
    await admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crosstie' and state <> 'idle'`,
    )
    await admin.end()
  }
  const between = db.withConnection(as('ann'), async (client) => {
    await end()
    await new Promise((resolve) => setTimeout(resolve, 200))
    await client.query('select 1')
  })
  await expect(between).rejects.toMatchObject({ code: 'platform.database_unavailable' })
  const within = db.withConnection(as('ann'), async (client) => {
    await Promise.all([client.query('select pg_sleep(30)'), end()])
  })
  await expect(within).rejects.toMatchObject({ code: 'platform.database_unavailable' })
  const lookingUp = expect(
    db.lookUp({ name: 'long', text: 'select pg_sleep(30)', values: [] }),
  ).rejects.toMatchObject({ code: 'platform.database_unavailable' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  await end()
  await lookingUp
  expect(await db.lookUp({ name: 'one', text: 'select 1 as one', values: [] })).toEqual([{ one: 1 }])
  expect(await owners('ann')).toEqual([{ owner: 'ann' }])
})
