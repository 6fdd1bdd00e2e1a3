import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  embeddedAdminUrl,
  embeddedIsRunning,
  type EmbeddedOptions,
  startEmbeddedPostgres,
} from './embedded.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-embedded-'))
  await chmod(folder, 0o755)
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const start = (more: Partial<EmbeddedOptions> = {}) =>
  startEmbeddedPostgres({ dataDirectory: path.join(folder, 'data'), settings: { fsync: 'off' }, ...more })

async function killServer(): Promise<void> {
  const text = await readFile(path.join(folder, 'data', 'postgres', 'postmaster.pid'), 'utf8')
  process.kill(Number(text.split('\n')[0]), 'SIGKILL')
}

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

test('a first start makes the cluster, the roles and the database, and a stop leaves nothing running', async () => {
  const server = await start()
  const rows = await ask<{ user: string; owns: boolean; superuser: boolean }>(
    server.url,
    `select current_user as user, rolsuper as superuser,
            pg_has_role('crosstie_owner', 'member') as owns from pg_roles where rolname = current_user`,
  )
  expect(rows).toEqual([{ user: 'crosstie', superuser: false, owns: true }])
  expect(server.adopted).toBe(false)
  await server.stop()
  expect(await embeddedIsRunning(path.join(folder, 'data'))).toBe(false)
})

test('what was written is there after a stop and a start', async () => {
  const first = await start()
  await ask(first.adminUrl, 'create table kept as select 42 as answer')
  await first.stop()
  const second = await start()
  expect(await ask(second.adminUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
  await second.stop()
})

test('a second hub on the same data folder is refused with the reason, and the first goes on', async () => {
  const first = await start()
  await expect(start()).rejects.toThrow(
    new RegExp(`Another hub \\(process ${process.pid}\\) serves the data folder .*CROSSTIE_DATA_DIR`),
  )
  expect(await ask(first.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await first.stop()
})

test('two hubs that start at once on a new folder: one serves, the other is refused', async () => {
  const both = await Promise.allSettled([start(), start()])
  const refusals = both.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
  expect(refusals).toEqual([expect.stringContaining('Another hub')])
  const served = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(served).toHaveLength(1)
  expect(await ask(served[0]?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
  await served[0]?.stop()
})

test('its passwords stand in a file that only its owner reads, and the socket folder is closed', async () => {
  const server = await start()
  const data = path.join(folder, 'data')
  const state: { socketDirectory: string; adminPassword: string } = JSON.parse(
    await readFile(path.join(data, 'postgres.json'), 'utf8'),
  )
  expect((await stat(path.join(data, 'postgres.json'))).mode & 0o777).toBe(0o600)
  expect((await stat(state.socketDirectory)).mode & 0o777).toBe(0o700)
  expect(await embeddedAdminUrl(data)).toBe(server.adminUrl)
  await expect(ask(server.adminUrl.replace(state.adminPassword, 'wrong'), 'select 1')).rejects.toThrow(
    'password',
  )
  await server.stop()
})

test('a server that is killed is started again with what it had, and the data folder stays taken', async () => {
  const back = Promise.withResolvers<void>()
  const server = await start({ onRestart: back.resolve })
  await ask(server.adminUrl, 'create table kept as select 42 as answer')
  await killServer()
  await back.promise
  expect(await ask(server.adminUrl, 'select answer from kept')).toEqual([{ answer: 42 }])
  await expect(start()).rejects.toThrow('Another hub')
  await server.stop()
  expect(await embeddedIsRunning(path.join(folder, 'data'))).toBe(false)
})

test('a killed server comes back although a session of it is deep in a long query', async () => {
  const back = Promise.withResolvers<void>()
  const server = await start({ onRestart: back.resolve })
  const busy = ask(server.adminUrl, 'select count(*) from generate_series(1, 1e12)').catch(() => 'ended')
  await expect
    .poll(() =>
      ask(server.adminUrl, `select 1 from pg_stat_activity where query like '%1e12%' and state = 'active'`),
    )
    .toHaveLength(2)
  await killServer()
  await back.promise
  expect(await busy).toBe('ended')
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  await server.stop()
})

test('a server that is killed again and again is given up, with the reason', async () => {
  let restarts = 0
  let isLost = false
  const server = await start({ onRestart: () => (restarts += 1) })
  void server.lost.then(() => (isLost = true))
  // A restart that fails counts as one more death, so a busy machine may come to the end sooner.
  for (let deaths = 1; deaths <= 6 && !isLost; deaths++) {
    const before = restarts
    await killServer()
    await expect.poll(() => isLost || restarts > before, { timeout: 60_000 }).toBe(true)
  }
  expect(restarts).toBeLessThanOrEqual(5)
  expect((await server.lost).message).toMatch(/lost more than 5 times within 10 minutes.*postgres\.log/)
  await server.stop()
})
