import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { createLog } from '#log'
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts'
import { ChangeFeed, pruneChanges } from './change-feed.ts'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { connections: 3 })
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

const COMPANY = '00000000-0000-4000-8000-000000000001'
const change = async (): Promise<number> => {
  const [row] = await database.sql<{ id: string }>(
    `insert into realtime.change (company_id, schema_name, table_name, type) values ($1, 'a', 'b', 'DELETE') returning id`,
    [COMPANY],
  )
  return Number(row?.id)
}
const until = async (holds: () => boolean): Promise<void> => {
  const end = Date.now() + 10_000
  while (!holds() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(holds()).toBe(true)
}
const start = (over: Database, markMs: number) => {
  const told: number[] = []
  const feed = new ChangeFeed({
    db: over,
    log: createLog('silent'),
    tell: (changes) => told.push(...changes.map(({ id }) => id)),
    onGap: () => {},
    keepMinutes: 0,
    markMs,
  })
  return { feed, told }
}

test('a listening connection that died without a word is found out, and nothing is lost or told twice', async () => {
  let isDeaf = false
  const over: Database = {
    ...db,
    listen: (channel, hear) =>
      db.listen(channel, (payload) => {
        if (!isDeaf) hear(payload)
      }),
  }
  const { feed, told } = start(over, 100)
  await feed.ready
  const first = await change()
  await until(() => told.includes(first))
  isDeaf = true
  const second = await change()
  await until(() => told.includes(second))
  const third = await change()
  await until(() => told.includes(third))
  isDeaf = false
  const fourth = await change()
  await until(() => told.includes(fourth))
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(told).toEqual([first, second, third, fourth])
  feed.stop()
})

test('what was there before the start is not told', async () => {
  const before = await change()
  // The listening connection is shared: what it is about to hear would still be told.
  await new Promise((resolve) => setTimeout(resolve, 300))
  const { feed, told } = start(db, 60_000)
  await feed.ready
  const after = await change()
  await until(() => told.includes(after))
  expect(told).not.toContain(before)
  feed.stop()
})

test('two hubs on one database hear both', async () => {
  const [one, two] = [start(db, 50), start(db, 50)]
  await Promise.all([one.feed.ready, two.feed.ready])
  const ids = [await change(), await change()]
  await until(() => one.told.length === 2 && two.told.length === 2)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect([one.told, two.told]).toEqual([ids, ids])
  one.feed.stop()
  two.feed.stop()
})

test('what is older than its limit goes', async () => {
  await database.sql('delete from realtime.change')
  const old = await change()
  const young = await change()
  await database.sql(`update realtime.change set created_at = now() - interval '61 minutes' where id = $1`, [
    old,
  ])
  await pruneChanges(db, 60)
  const left = await database.sql<{ id: string }>('select id from realtime.change')
  expect(left.map(({ id }) => Number(id))).toEqual([young])
})
