import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Claimant, type Database, openDatabase } from '#database'
import type { LeaseServer } from '#lease'
import { migrateUp, readMigrations } from '#migrate'
import {
  emit,
  type Event,
  type EventServerOptions,
  type EventToEmit,
  pruneEvents,
  serveEvents,
} from './event.ts'
import { startTestPostgres, type TestPostgres } from './testing/postgres.ts'

const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }
/** A guest of group 7: may say what happened, may not read the events. */
const GUEST: Claimant = { databaseRole: 'crosstie_app', claims: { user_id: 1, groups: { 7: 1 } } }

let postgres: TestPostgres
let db: Database
let other: Database
const servers: LeaseServer[] = []
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }

beforeAll(async () => {
  postgres = await startTestPostgres()
  await migrateUp(postgres.url, await readMigrations('src'), 'test')
  db = openDatabase(postgres.url)
  other = openDatabase(postgres.url)
})

afterAll(async () => {
  await Promise.all([db?.close(), other?.close()])
  await postgres?.stop()
})

beforeEach(async () => {
  vi.clearAllMocks()
  await sql('truncate platform.event')
})

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)))
})

async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return db.withConnection(OWNER, async (client) => {
    const result = await client.query<Record<string, unknown>>(text, values)
    return result.rows
  })
}

const say = (...events: EventToEmit[]) =>
  db.withCaller(GUEST, async (tx, afterCommit) => {
    for (const event of events) await emit({ db, tx, afterCommit }, event)
  })

function serve(options: Pick<EventServerOptions, 'handlers'> & Partial<EventServerOptions>): void {
  servers.push(serveEvents({ db, log, ...options }))
}

const states = () =>
  sql(`select kind, key, handled_at is not null as handled, failed_at is not null as failed, error, attempts,
         lease_owner from platform.event order by id`)

const areHandled = (count: number) =>
  vi.waitFor(
    async () =>
      expect(await sql('select count(*) from platform.event where handled_at is not null')).toEqual([
        { count },
      ]),
    { timeout: 20_000, interval: 20 },
  )

describe('events', () => {
  it('reach their handler with all that was said, soon after the commit', async () => {
    const seen: Event[] = []
    serve({
      handlers: {
        'message.requested': async (event) => {
          seen.push(event)
        },
      },
    })
    await sleep(200)
    const saidAt = performance.now()
    await say({ groupId: 7, kind: 'message.requested', key: 'm1', payload: { to: ['Ж', '"'] } })
    await vi.waitFor(() => expect(seen).toHaveLength(1), { interval: 2 })
    expect(performance.now() - saidAt).toBeLessThan(500)
    expect(seen[0]).toMatchObject({
      groupId: 7,
      kind: 'message.requested',
      key: 'm1',
      payload: { to: ['Ж', '"'] },
      attempts: 1,
    })
    await areHandled(1)
  })

  it('are said once by their kind and key, by one who may not even read them', async () => {
    await say({ groupId: 7, kind: 'run.failed', key: 'run 1' })
    await say(
      { groupId: 7, kind: 'run.failed', key: 'run 1' },
      { groupId: 7, kind: 'run.failed', key: 'run 2' },
    )
    await say({ groupId: 7, kind: 'run.failed' }, { groupId: 7, kind: 'run.failed' })
    expect((await states()).map(({ key }) => key)).toEqual(['run 1', 'run 2', null, null])
  })

  it('cannot be said in the name of a group that is not the own', async () => {
    await expect(say({ groupId: 8, kind: 'run.failed' })).rejects.toThrow(/row-level security/)
  })

  it('of a transaction that failed did not happen', async () => {
    const failed = db.withCaller(GUEST, async (tx, afterCommit) => {
      await emit({ db, tx, afterCommit }, { groupId: 7, kind: 'run.failed' })
      throw new Error('rolled back')
    })
    await expect(failed).rejects.toThrow('rolled back')
    expect(await states()).toEqual([])
  })

  it('are handled once each, however many hubs there are', async () => {
    const seen = new Map<number, number>()
    const handlers = {
      'message.requested': async ({ id }: Event) => {
        seen.set(id, (seen.get(id) ?? 0) + 1)
      },
    }
    serve({ handlers })
    serve({ handlers, db: other })
    await say(
      ...Array.from({ length: 300 }, (_, n) => ({ groupId: 7, kind: 'message.requested', key: `m${n}` })),
    )
    await areHandled(300)
    expect(seen.size).toBe(300)
    expect(Math.max(...seen.values())).toBe(1)
  })

  it('without a handler stay as facts, neither claimed nor failed', async () => {
    await say(
      { groupId: 7, kind: 'run.failed', key: 'a' },
      { groupId: null, kind: 'message.requested', key: 'b' },
    )
    serve({ handlers: { 'message.requested': async () => {} } })
    await areHandled(1)
    await sleep(100)
    expect(await states()).toMatchObject([
      { kind: 'run.failed', handled: false, failed: false, attempts: 0, lease_owner: null },
      { kind: 'message.requested', handled: true },
    ])
  })

  it('are tried again after an error, and forget it when it goes well', async () => {
    let tries = 0
    serve({
      retryMs: () => 30,
      handlers: {
        'message.requested': async () => {
          tries += 1
          if (tries < 3) throw new Error(`no answer ${tries}`)
        },
      },
    })
    await say({ groupId: 7, kind: 'message.requested', key: 'a' })
    await areHandled(1)
    expect(await states()).toMatchObject([{ handled: true, failed: false, error: null, attempts: 3 }])
  })

  it('have failed for good after the last attempt, and keep the error', async () => {
    const handler = vi.fn(async () => {
      throw new Error('the address does not exist')
    })
    serve({ maxAttempts: 2, retryMs: () => 30, handlers: { 'message.requested': handler } })
    await say({ groupId: 7, kind: 'message.requested', key: 'a' })
    await vi.waitFor(() => expect(log.error).toHaveBeenCalledTimes(1), { timeout: 5_000 })
    await vi.waitFor(async () =>
      expect(await states()).toMatchObject([
        { handled: false, failed: true, error: 'the address does not exist', attempts: 2, lease_owner: null },
      ]),
    )
    await sleep(150)
    expect(handler).toHaveBeenCalledTimes(2)
  })

  it('that killed their hub again and again have failed for good, too', async () => {
    await say({ groupId: 7, kind: 'message.requested', key: 'a' })
    await sql(`update platform.event set attempts = 2, lease_owner = gen_random_uuid(), lease_until = now()`)
    const handler = vi.fn(async () => {})
    serve({ maxAttempts: 2, handlers: { 'message.requested': handler } })
    await vi.waitFor(async () => expect(await states()).toMatchObject([{ failed: true, handled: false }]))
    expect(handler).not.toHaveBeenCalled()
    expect(await states()).toMatchObject([{ error: expect.stringMatching(/stopped in the middle/) }])
  })

  it('are pruned by age, but never while they wait for their handler', async () => {
    const kinds = ['fact.old', 'fact.new', 'done.old', 'failed.old', 'waiting.old']
    await say(...kinds.map((kind) => ({ groupId: 7, kind })))
    await sql(`update platform.event set created_at = '2020-01-01' where kind like '%.old'`)
    await sql(`update platform.event set handled_at = now() where kind = 'done.old'`)
    await sql(`update platform.event set failed_at = now() where kind = 'failed.old'`)
    const handledKinds = ['done.old', 'failed.old', 'waiting.old']
    expect(await pruneEvents(db, { olderThan: new Date('2021-01-01'), handledKinds })).toBe(3)
    expect((await states()).map(({ kind }) => kind)).toEqual(['fact.new', 'waiting.old'])
  })
})
