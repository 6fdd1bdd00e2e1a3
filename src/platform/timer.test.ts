import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Claimant, type Database, openDatabase } from '#database'
import type { LeaseServer } from '#lease'
import { migrateUp, readMigrations } from '#migrate'
import { startTestPostgres, type TestPostgres } from './testing/postgres.ts'
import {
  cancelTimer,
  serveTimers,
  setTimer,
  type Timer,
  type TimerServerOptions,
  type TimerToSet,
} from './timer.ts'

const APP: Claimant = { databaseRole: 'crosstie_app', claims: { user_id: 1 } }
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }

let postgres: TestPostgres
let db: Database
const servers: LeaseServer[] = []
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }

beforeAll(async () => {
  postgres = await startTestPostgres()
  await migrateUp(postgres.url, await readMigrations('src'), 'test')
  db = openDatabase(postgres.url)
})

afterAll(async () => {
  await db?.close()
  await postgres?.stop()
})

beforeEach(async () => {
  vi.clearAllMocks()
  await db.withConnection(OWNER, (client) => client.query('truncate platform.timer'))
})

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)))
})

const set = (timer: TimerToSet) =>
  db.withCaller(APP, (tx, afterCommit) => setTimer({ db, tx, afterCommit }, timer))

const inMs = (ms: number) => new Date(Date.now() + ms)

function serve(options: Pick<TimerServerOptions, 'kinds'> & Partial<TimerServerOptions>): void {
  servers.push(serveTimers({ db, log, ...options }))
}

async function timers(): Promise<Record<string, unknown>[]> {
  return db.withConnection(OWNER, async (client) => {
    const result = await client.query<Record<string, unknown>>(
      'select kind, key, due_at, payload, error, attempts, lease_owner from platform.timer order by kind, key',
    )
    return result.rows
  })
}

const areGone = () => vi.waitFor(async () => expect(await timers()).toEqual([]), { timeout: 10_000 })

describe('timers', () => {
  it('are acted on when due with what was put in, and gone when there is no next time', async () => {
    const dueAt = inMs(250)
    const seen: [Timer, number][] = []
    serve({
      kinds: {
        reminder: async (timer) => {
          seen.push([timer, Date.now()])
          return null
        },
      },
    })
    await set({ kind: 'reminder', key: 'a', dueAt, payload: { note: 'call "back"' } })
    await areGone()
    expect(seen).toHaveLength(1)
    const [timer, at] = seen[0] ?? expect.unreachable()
    expect(timer).toEqual({
      kind: 'reminder',
      key: 'a',
      dueAt,
      payload: { note: 'call "back"' },
      attempts: 1,
    })
    expect(at).toBeGreaterThanOrEqual(dueAt.getTime())
    expect(at - dueAt.getTime()).toBeLessThan(200)
  })

  it('that are long overdue are acted on at once, once', async () => {
    await set({ kind: 'reminder', key: 'a', dueAt: new Date('2020-01-01') })
    const handler = vi.fn(async () => null)
    serve({ kinds: { reminder: handler } })
    await areGone()
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('come again at the time that the handler answers, with their attempts begun anew', async () => {
    const at: number[] = []
    serve({
      kinds: {
        schedule: async ({ dueAt, attempts }) => {
          at.push(Date.now() - dueAt.getTime())
          expect(attempts).toBe(1)
          return at.length < 4 ? new Date(dueAt.getTime() + 100) : null
        },
      },
    })
    await set({ kind: 'schedule', key: 'a', dueAt: inMs(50) })
    await areGone()
    expect(at).toHaveLength(4)
    expect(Math.max(...at)).toBeLessThan(250)
  })

  it('ask the database nothing while they wait', async () => {
    serve({ kinds: { reminder: async () => null } })
    await set({ kind: 'reminder', key: 'far', dueAt: inMs(3_600_000) })
    await sleep(300)
    const asked = vi.spyOn(db, 'withConnection')
    await sleep(1_000)
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
  })

  it('go by the clock that is given', async () => {
    let now = new Date('2031-05-01T00:00:00Z')
    const handler = vi.fn(async () => null)
    serve({ kinds: { reminder: handler }, clock: () => now })
    await set({ kind: 'reminder', key: 'a', dueAt: new Date('2031-05-02T00:00:00Z') })
    await sleep(200)
    expect(handler).not.toHaveBeenCalled()
    now = new Date('2031-05-02T00:00:00Z')
    servers[0]?.wake()
    await areGone()
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('set anew move, earlier and later, and stay one', async () => {
    const handler = vi.fn(async (_timer: Timer) => null)
    serve({ kinds: { reminder: handler } })
    await set({ kind: 'reminder', key: 'a', dueAt: inMs(3_600_000), payload: { n: 1 } })
    await sleep(100)
    await set({ kind: 'reminder', key: 'a', dueAt: inMs(100), payload: { n: 2 } })
    await areGone()
    expect(handler.mock.calls.map(([timer]) => timer.payload)).toEqual([{ n: 2 }])
  })

  it('set anew while they are acted on keep the new time, whatever the handler answers', async () => {
    const gate = Promise.withResolvers<void>()
    const started = vi.fn()
    const later = inMs(3_600_000)
    serve({
      kinds: {
        schedule: async () => {
          started()
          await gate.promise
          return null
        },
      },
    })
    await set({ kind: 'schedule', key: 'a', dueAt: inMs(0) })
    await vi.waitFor(() => expect(started).toHaveBeenCalled())
    await set({ kind: 'schedule', key: 'a', dueAt: later })
    gate.resolve()
    await sleep(200)
    expect(await timers()).toMatchObject([{ due_at: later, attempts: 0, error: null, lease_owner: null }])
    expect(started).toHaveBeenCalledTimes(1)
  })

  it('are cancelled by kind and key', async () => {
    const handler = vi.fn(async () => null)
    await set({ kind: 'reminder', key: 'a', dueAt: inMs(150) })
    serve({ kinds: { reminder: handler } })
    expect(await db.withCaller(APP, (tx) => cancelTimer(tx, 'reminder', 'a'))).toBe(true)
    expect(await db.withCaller(APP, (tx) => cancelTimer(tx, 'reminder', 'a'))).toBe(false)
    await sleep(300)
    expect(handler).not.toHaveBeenCalled()
  })

  it('that were set in a transaction that failed do not exist', async () => {
    const failed = db.withCaller(APP, async (tx, afterCommit) => {
      await setTimer({ db, tx, afterCommit }, { kind: 'reminder', key: 'a', dueAt: inMs(0) })
      throw new Error('changed my mind')
    })
    await expect(failed).rejects.toThrow('changed my mind')
    expect(await timers()).toEqual([])
  })

  it('of a kind that nobody here knows are left alone', async () => {
    const handler = vi.fn(async () => null)
    await set({ kind: 'foreign', key: 'a', dueAt: inMs(-1_000) })
    serve({ kinds: { reminder: handler } })
    await sleep(200)
    expect(await timers()).toMatchObject([{ kind: 'foreign', attempts: 0 }])
  })

  it('are tried again after an error, which is kept, and rest for good after the last attempt', async () => {
    let failing = true
    const handler = vi.fn(async () => {
      if (failing) throw new Error('the calendar is closed')
      return null
    })
    serve({ kinds: { reminder: handler }, maxAttempts: 3, retryMs: () => 50 })
    await set({ kind: 'reminder', key: 'a', dueAt: inMs(0) })
    await vi.waitFor(() => expect(log.error).toHaveBeenCalledTimes(1), { timeout: 5_000 })
    expect(log.error.mock.calls[0]?.[1]).toMatch(/reminder a is given up after 3 attempts/)
    expect(handler).toHaveBeenCalledTimes(3)
    await sleep(200)
    expect(handler).toHaveBeenCalledTimes(3)
    expect(await timers()).toMatchObject([
      { error: 'the calendar is closed', attempts: 4, lease_owner: null },
    ])

    failing = false
    await set({ kind: 'reminder', key: 'a', dueAt: inMs(0) })
    await areGone()
  })
})
