import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '#database'
import { migrateUp, readMigrations } from '#migrate'
import { backoffMs, type LeasedRow, type LeaseOptions, type LeaseServer, serveLeases } from './lease.ts'
import { startTestPostgres, type TestPostgres } from './testing/postgres.ts'

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
  await sql(`
    create table platform.chore (
      id bigint generated always as identity primary key, name text not null, done boolean not null default false,
      gave_up boolean not null default false, lease_owner uuid, lease_until timestamptz, attempts integer not null default 0);
    grant select, update on platform.chore to crosstie_worker`)
})

afterAll(async () => {
  await Promise.all([db?.close(), other?.close()])
  await postgres?.stop()
})

beforeEach(async () => {
  vi.clearAllMocks()
  await sql('truncate platform.chore restart identity')
})

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)))
})

async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return db.withConnection({ databaseRole: 'crosstie_owner', claims: {} }, async (client) => {
    const result = await client.query<Record<string, unknown>>(text, values)
    return result.rows
  })
}

type Chore = LeasedRow & { name: string }

/** Marks the row done, as long as it is held. */
async function finish(row: Chore): Promise<void> {
  await sql('update platform.chore set done = true where id = $1 and lease_owner = $2', [row.id, row.owner])
}

function serve(options: Partial<LeaseOptions<Chore>>): LeaseServer {
  const server = serveLeases<Chore>({
    db,
    log,
    table: 'platform.chore',
    columns: 'name',
    ready: 'not done and not gave_up',
    order: 'id',
    channel: 'chore',
    concurrency: 4,
    maxAttempts: 3,
    work: finish,
    onExhausted: async ({ id }) => {
      await sql('update platform.chore set gave_up = true where id = $1', [id])
    },
    ...options,
  })
  servers.push(server)
  return server
}

const add = (count: number) =>
  sql(`insert into platform.chore (name) select 'chore ' || n from generate_series(1, $1::int) n`, [count])

const isDone = async (count: number) => {
  await vi.waitFor(
    async () => {
      const [row] = await sql('select count(*) from platform.chore where done')
      expect(row).toEqual({ count })
    },
    { timeout: 20_000, interval: 20 },
  )
}

const rowOf = async (id: number) => {
  const [row] = await sql(
    'select lease_owner, lease_until > now() as leased, attempts, done, gave_up from platform.chore where id = $1',
    [id],
  )
  return row
}

/** Work that lasts until it is let go or its signal aborts. */
function longWork() {
  const started: Chore[] = []
  const aborted: unknown[] = []
  const gate = Promise.withResolvers<void>()
  const work = async (row: Chore, signal: AbortSignal) => {
    started.push(row)
    const abort = once(signal, 'abort').then(() => {
      aborted.push(signal.reason)
      throw signal.reason
    })
    await Promise.race([gate.promise, abort])
    await finish(row)
  }
  return { started, aborted, work, letGo: gate.resolve }
}

describe('leases', () => {
  it('are worked by every hub, and no row is ever held twice', async () => {
    await add(400)
    const times = new Map<number, number>()
    const working = new Set<number>()
    const work = async (row: Chore) => {
      expect(working.has(row.id)).toBe(false)
      working.add(row.id)
      times.set(row.id, (times.get(row.id) ?? 0) + 1)
      await sleep(Math.random() * 5)
      await finish(row)
      working.delete(row.id)
    }
    for (const base of [db, other, db]) serve({ db: base, concurrency: 7, work })
    await isDone(400)
    expect(times.size).toBe(400)
    expect(Math.max(...times.values())).toBe(1)
    expect(log.warn).not.toHaveBeenCalled()
  })

  it('hold no more rows than they may work at a time, and take them in order', async () => {
    await add(6)
    const long = longWork()
    serve({ concurrency: 2, work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(2))
    await sleep(100)
    expect(long.started.map(({ id }) => id)).toEqual([1, 2])
    expect(await sql('select id from platform.chore where lease_owner is not null order by id')).toEqual([
      { id: 1 },
      { id: 2 },
    ])
    long.letGo()
    await isDone(6)
  })

  it('wake by NOTIFY within 100 ms', async () => {
    const took: number[] = []
    let addedAt = 0
    const seen = vi.fn()
    serve({
      sweepMs: 60_000,
      work: async (row) => {
        took.push(performance.now() - addedAt)
        await finish(row)
        seen()
      },
    })
    await sleep(300)
    for (let round = 1; round <= 5; round += 1) {
      addedAt = performance.now()
      await add(1)
      other.notify('chore', '')
      await vi.waitFor(() => expect(seen).toHaveBeenCalledTimes(round), { interval: 2 })
    }
    expect(took.toSorted((a, b) => a - b)[2]).toBeLessThan(100)
  })

  it('find what no NOTIFY told of by the sweep', async () => {
    serve({ sweepMs: 200 })
    await sleep(100)
    await add(3)
    await isDone(3)
  })

  it('are renewed while the work lasts, so that nobody else takes it', async () => {
    await add(3)
    const long = longWork()
    serve({ leaseMs: 1_500, work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(3))
    const rival = vi.fn(finish)
    serve({ db: other, leaseMs: 1_500, sweepMs: 50, work: rival })
    await sleep(3_500)
    long.letGo()
    await isDone(3)
    expect(rival).not.toHaveBeenCalled()
    expect(long.aborted).toEqual([])
    await vi.waitFor(async () =>
      expect(await rowOf(1)).toEqual({
        lease_owner: null,
        leased: null,
        attempts: 1,
        done: true,
        gave_up: false,
      }),
    )
  })

  it('of a hub that was killed are taken over when they lapse, and not before', async () => {
    await add(2)
    const hub = spawn(
      process.execPath,
      [
        '--conditions=source',
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        KILLED_HUB,
      ],
      { env: { ...process.env, TEST_URL: postgres.url }, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    await once(hub.stdout, 'data')
    const killedAt = performance.now()
    hub.kill('SIGKILL')
    serve({ sweepMs: 60_000 })
    await isDone(2)
    const tookMs = performance.now() - killedAt
    expect(tookMs).toBeGreaterThan(500)
    expect(tookMs).toBeLessThan(4_000)
    expect(await sql('select distinct attempts from platform.chore')).toEqual([{ attempts: 2 }])
  })

  it('abort the work when another has taken the row, and its end changes nothing', async () => {
    await add(1)
    const long = longWork()
    serve({ leaseMs: 600, work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(1))
    const thief = '00000000-0000-4000-8000-000000000001'
    await sql(`update platform.chore set lease_owner = $1, lease_until = now() + interval '1 min'`, [thief])
    await vi.waitFor(() => expect(long.aborted).toHaveLength(1))
    expect(long.aborted[0]).toMatchObject({ code: 'platform.lease_lost' })
    await sleep(100)
    expect(await rowOf(1)).toMatchObject({ lease_owner: thief, leased: true, done: false })
    expect(long.started).toHaveLength(1)
  })

  it('abort the work before the lease ends when the database cannot be reached', async () => {
    await add(1)
    const long = longWork()
    let away = false
    const flaky: Database = {
      ...db,
      withConnection: async (claimant, work) => {
        if (away) throw new Error('no route to host')
        return db.withConnection(claimant, work)
      },
    }
    serve({ db: flaky, leaseMs: 1_800, work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(1))
    away = true
    await vi.waitFor(() => expect(long.aborted).toHaveLength(1), { interval: 10, timeout: 5_000 })
    expect(await rowOf(1)).toMatchObject({ leased: true })
    expect(log.error).toHaveBeenCalledTimes(1)
    away = false
    await vi.waitFor(() => expect(long.started).toHaveLength(2), { timeout: 5_000 })
    long.letGo()
    await isDone(1)
    // What the database did to it is not held against the row.
    expect(await rowOf(1)).toMatchObject({ attempts: 1 })
  })

  it('are not begun again by the hub that lost them until its own work on them has ended', async () => {
    await add(1)
    let working = 0
    let begun = 0
    serve({
      leaseMs: 600,
      sweepMs: 50,
      work: async (row) => {
        begun += 1
        working += 1
        expect(working).toBe(1)
        // Deaf to its signal.
        await sleep(begun === 1 ? 1_000 : 0)
        working -= 1
        await finish(row)
      },
    })
    await vi.waitFor(() => expect(begun).toBe(1))
    await sql('update platform.chore set lease_owner = null, lease_until = null')
    await isDone(1)
    expect(begun).toBe(2)
  })

  it('rest longer after every failure, then are given up with the reason', async () => {
    await add(1)
    const at: number[] = []
    serve({
      sweepMs: 60_000,
      retryMs: (attempts) => attempts * 150,
      work: async () => {
        at.push(performance.now())
        throw new Error('the other side said no')
      },
    })
    await vi.waitFor(async () => expect(await rowOf(1)).toMatchObject({ gave_up: true, attempts: 4 }), {
      timeout: 5_000,
    })
    expect(at).toHaveLength(3)
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(145)
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThan(295)
    expect(log.warn.mock.calls[0]?.[1]).toContain('the other side said no')
  })

  it('are kept although a transaction has one of the rows locked for longer than a lease', async () => {
    await add(3)
    const long = longWork()
    serve({ leaseMs: 1_500, work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(3))
    const blocker = await postgres.connect()
    await blocker.query('begin; select from platform.chore where id = 2 for update')
    await vi.waitFor(() => expect(long.aborted).toHaveLength(1), { timeout: 3_000 })
    await sleep(500)
    await blocker.query('rollback')
    await blocker.end()
    expect(long.aborted).toHaveLength(1)
    long.letGo()
    await isDone(3)
  })

  it('wait at a stop for the work at hand, and take no more', async () => {
    await add(3)
    const long = longWork()
    const server = serve({ concurrency: 1, work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(1))
    const stopped = server.stop(5_000)
    await sleep(100)
    expect(long.aborted).toEqual([])
    long.letGo()
    await stopped
    expect(await sql('select id, done, lease_owner from platform.chore order by id')).toEqual([
      { id: 1, done: true, lease_owner: null },
      { id: 2, done: false, lease_owner: null },
      { id: 3, done: false, lease_owner: null },
    ])
  })

  it('are given back at a stop when the work takes too long, and another hub goes on at once', async () => {
    await add(2)
    const long = longWork()
    const server = serve({ work: long.work })
    await vi.waitFor(() => expect(long.started).toHaveLength(2))
    serve({ db: other, sweepMs: 50 })
    await server.stop(100)
    expect(long.aborted).toHaveLength(2)
    expect(long.aborted[0]).toMatchObject({ code: 'platform.stopping' })
    await isDone(2)
    expect(await rowOf(1)).toMatchObject({ attempts: 1 })
  })

  it('do not hold up a stop when the database has gone silent', async () => {
    const silent: Database = { ...db, withConnection: () => new Promise(() => {}) }
    const server = serveLeases<Chore>({
      db: silent,
      log,
      table: 'platform.chore',
      ready: 'not done',
      order: 'id',
      channel: 'chore',
      concurrency: 1,
      maxAttempts: 1,
      work: finish,
      onExhausted: async () => {},
    })
    const stoppedAt = performance.now()
    await server.stop(100)
    expect(performance.now() - stoppedAt).toBeLessThan(6_000)
  })

  it('work rows when they are due, by the clock that is given, without asking in between', async () => {
    await sql(`alter table platform.chore add column if not exists due_at timestamptz`)
    await add(3)
    await sql(
      `update platform.chore set due_at = '2030-01-01T00:00:00Z'::timestamptz + id * interval '300 ms'`,
    )
    const turns = vi.spyOn(db, 'withConnection')
    const begunAt = performance.now()
    const start = Date.parse('2030-01-01T00:00:00Z')
    const at: number[] = []
    serve({
      sweepMs: 60_000,
      due: { column: 'due_at', clock: () => new Date(start + performance.now() - begunAt) },
      work: async (row) => {
        at.push(performance.now() - begunAt)
        await finish(row)
      },
    })
    await vi.waitFor(() => expect(at).toHaveLength(3), { timeout: 5_000 })
    for (const [index, ms] of at.entries()) {
      expect(ms).toBeGreaterThanOrEqual((index + 1) * 300)
      expect(ms).toBeLessThan((index + 1) * 300 + 250)
    }
    const asWorker = turns.mock.calls.filter(([{ databaseRole }]) => databaseRole === 'crosstie_worker')
    expect(asWorker.length).toBeLessThan(16)
    turns.mockRestore()
  })

  it('serve runs with no more rights than the worker has on them', async () => {
    await sql(`
      insert into identity."user" (username) values ('anna');
      insert into identity."group" (name, owner_id) select 'team', id from identity."user" where username = 'anna';
      insert into public.integration_connectors (company_id, provider, connector_type, created_by)
        select g.uuid, 'postgres', 'database', u.uuid from identity."group" g, identity."user" u
        where g.name = 'team' and u.username = 'anna';
      insert into transfer.queue (group_id, name, slug) select id, 'q', 'team-q' from identity."group" where name = 'team';
      insert into transfer.transfer (group_id, name, source_connection_id, target_connection_id, queue_id, source_params, target_params)
        select c.group_id, 't', c.id, c.id, q.id, '{}', '{}' from connect.connection c, transfer.queue q;
      insert into transfer.run (transfer_id, group_id, queue_slug, queued_at)
        select id, group_id, slug, now() from transfer.transfer, unnest(array['team-q', 'team-q', 'other', null]) slug;
      update transfer.run set queued_at = null where queue_slug is null`)
    const taken: { id: number; groupId: number }[] = []
    servers.push(
      serveLeases<LeasedRow & { groupId: number }>({
        db,
        log,
        table: 'transfer.run',
        columns: 'group_id as "groupId"',
        ready: `queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')
                and queue_slug = any ($1::text[])`,
        values: [['team-q']],
        order: 'queued_at, id',
        channel: 'transfer.run',
        concurrency: 2,
        maxAttempts: 3,
        work: async ({ id, groupId, owner }) => {
          // What the room does as the group's system user: end the run if it is still held.
          await sql(`update transfer.run set status = 'FINISHED' where id = $1 and lease_owner = $2`, [
            id,
            owner,
          ])
          taken.push({ id, groupId })
        },
        onExhausted: async () => {},
      }),
    )
    await vi.waitFor(() => expect(taken).toHaveLength(2))
    const [group] = await sql(`select id from identity."group" where name = 'team'`)
    expect(taken.map(({ groupId }) => groupId)).toEqual([group?.['id'], group?.['id']])
    await vi.waitFor(async () =>
      expect(
        await sql(
          'select queue_slug, status, attempts, lease_owner, lease_until from transfer.run order by id',
        ),
      ).toEqual(
        ['team-q', 'team-q', 'other', null].map((queue_slug) => ({
          queue_slug,
          status: queue_slug === 'team-q' ? 'FINISHED' : 'CREATED',
          attempts: queue_slug === 'team-q' ? 1 : 0,
          lease_owner: null,
          lease_until: null,
        })),
      ),
    )
    expect(log.error).not.toHaveBeenCalled()
  })

  it('take work for done when it ended its lease itself, and claim the row again when it is work again', async () => {
    await add(3)
    const turns: number[] = []
    serve({
      endsLease: true,
      leaseMs: 300,
      work: async (row) => {
        turns.push(row.id)
        // The first two times it stays work; renewals of the others come in between.
        await sleep(row.id === 1 ? 250 : 10)
        const isDone = turns.filter((id) => id === row.id).length > 2
        await sql(
          'update platform.chore set done = $3, lease_owner = null, lease_until = null where id = $1 and lease_owner = $2',
          [row.id, row.owner, isDone],
        )
      },
    })
    await vi.waitFor(() => isDone(3), { timeout: 5_000 })
    expect(turns.toSorted((a, b) => a - b)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3])
    expect(log.warn).not.toHaveBeenCalled()
  })

  it('double the rest after each failure up to five minutes', () => {
    expect([1, 2, 3, 9, 50].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000])
  })
})

const KILLED_HUB = `
  import { openDatabase } from '#database'
  import { serveLeases } from '#lease'
  const quiet = () => {}
  let held = 0
  serveLeases({
    db: openDatabase(process.env.TEST_URL), log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    table: 'platform.chore', ready: 'not done', order: 'id', channel: 'chore', concurrency: 2, maxAttempts: 3,
    leaseMs: 1500,
    work: async () => {
      held += 1
      if (held === 2) process.stdout.write('held')
      await new Promise(() => {})
    },
    onExhausted: async () => {},
  })`
