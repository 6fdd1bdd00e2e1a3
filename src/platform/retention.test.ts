import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { migrateUp, readMigrations } from '#migrate'
import { serveRetention } from './retention.ts'
import { startTestPostgres, type TestPostgres } from './testing/postgres.ts'

let postgres: TestPostgres
let db: Database
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

beforeAll(async () => {
  postgres = await startTestPostgres()
  await migrateUp(postgres.url, await readMigrations(path.resolve(import.meta.dirname, '..')), '1.0.0')
  db = openDatabase(postgres.url)
})
afterAll(async () => {
  await db.close()
  await postgres.stop()
})

test('what is older than its limit goes, in batches; what is younger or kept for ever stays', async () => {
  const admin = await postgres.connect()
  await admin.query(`
    insert into identity.audit (actor_name, action, created_at)
    select 'ann', 'group.update', now() - make_interval(days => n % 20) from generate_series(1, 12000) n;
    insert into platform.event (kind, created_at) values ('run.failed', now() - interval '1000 days')`)
  const count = async (table: string) =>
    Number((await admin.query<{ count: string }>(`select count(*) from ${table}`)).rows[0]?.count)
  let asked = 0
  const rules = [
    { table: 'identity.audit', days: 10 },
    { table: 'platform.event', days: 0 },
  ]
  const retention = await serveRetention({ db, log, rules, more: [async () => (asked += 1)] })
  await expect.poll(() => count('identity.audit'), { timeout: 20_000 }).toBe(6000)
  await expect.poll(() => asked, { timeout: 5000 }).toBe(1)
  await retention.stop(1000)
  expect(await count('platform.event')).toBe(1)
  const { rows } = await admin.query<{ due: boolean }>(
    `select due_at > now() + interval '23 hours' as due from platform.timer where kind = 'platform.retention'`,
  )
  expect(rows).toEqual([{ due: true }])
  await admin.end()
})
