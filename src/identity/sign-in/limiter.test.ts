import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts'
import { createSignInLimiter } from './limiter.ts'

let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { connections: 8 })
})
afterAll(async () => {
  await db.close()
  await database.drop()
})
beforeEach(() => database.sql('delete from identity.sign_in_try'))

const rows = async () => {
  const [row] = await database.sql<{ count: number }>('select count(*)::int from identity.sign_in_try')
  return row?.count
}

test('tries are counted per address and per name, and start anew when the window ends', async () => {
  let now = 0
  const limiter = createSignInLimiter(db, { count: 2, perMs: 60_000 }, () => now)
  await limiter.take('10.0.0.1', 'ada')
  await limiter.take('10.0.0.1', 'bob')
  await expect(limiter.take('10.0.0.1', 'eve')).rejects.toThrow(/Try again in 60 seconds/)
  await limiter.take('10.0.0.2', 'Ada')
  await expect(limiter.take('10.0.0.3', 'ada')).rejects.toThrow(/Too many/)
  now = 60_000
  await limiter.take('10.0.0.1', 'ada')
})

test('a success does not count', async () => {
  const limiter = createSignInLimiter(db, { count: 1, perMs: 60_000 })
  for (let at = 0; at < 5; at++) await (await limiter.take('10.0.0.1', 'ada')).forget()
})

test('an address that is over its limit does not use up the tries of names', async () => {
  const limiter = createSignInLimiter(db, { count: 1, perMs: 60_000 })
  await limiter.take('10.0.0.1', 'ada')
  await expect(limiter.take('10.0.0.1', 'bob')).rejects.toThrow(/Too many/)
  await limiter.take('10.0.0.2', 'bob')
})

test('addresses of one IPv6 network count as one, and a mapped IPv4 address as itself', async () => {
  const limiter = createSignInLimiter(db, { count: 1, perMs: 60_000 })
  await limiter.take('2001:db8::1', 'a')
  await expect(limiter.take('2001:db8:0:0:ffff::2', 'b')).rejects.toThrow(/Too many/)
  await limiter.take('2001:db8:0:1::1', 'c')
  await limiter.take('::ffff:10.0.0.1', 'd')
  await expect(limiter.take('10.0.0.1', 'e')).rejects.toThrow(/Too many/)
})

test('two hubs on one database count together, also of tries at the same moment', async () => {
  const newHub = () => createSignInLimiter(db, { count: 5, perMs: 60_000 })
  const hubs = [newHub(), newHub()] as const
  const tries = Array.from({ length: 20 }, (_, at) => hubs[at % 2 === 0 ? 0 : 1].take(`10.0.0.${at}`, 'ada'))
  const ended = await Promise.allSettled(tries)
  expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
})

test('what was typed is not kept, and windows that have ended go', async () => {
  let now = Date.now()
  const limiter = createSignInLimiter(db, { count: 1, perMs: 60_000 }, () => now)
  for (let at = 0; at < 10; at++) await limiter.take(`10.0.1.${at}`, `oops my password ${at}`)
  expect(await rows()).toBe(20)
  const kept = await database.sql<{ text: string }>(
    `select encode(key, 'escape') as text from identity.sign_in_try`,
  )
  expect(JSON.stringify(kept)).not.toContain('oops')
  now += 60_000
  await limiter.take('10.0.2.1', 'ada')
  expect(await rows()).toBe(2)
})

test('0 switches the limit off', async () => {
  const limiter = createSignInLimiter(db, { count: 0, perMs: 60_000 })
  for (let at = 0; at < 100; at++) await limiter.take('10.0.0.1', 'ada')
  expect(await rows()).toBe(0)
})
