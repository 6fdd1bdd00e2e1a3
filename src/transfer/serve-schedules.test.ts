import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Database, openDatabase } from '#database'
import type { LeaseServer } from '#lease'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from '../../test/transfer/sample-database.ts'
import { beginStory, type Story } from '../../test/transfer/story.ts'
import { serveSchedules } from './serve-schedules.ts'

/** A hub without a worker; the schedules are served here, by a clock that only the test moves. */
let hub: TestHub
let sample: SampleDatabase
let story: Story
let connection: number
let now: Date
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
const serving: { server: LeaseServer; db: Database }[] = []

beforeAll(async () => {
  hub = await startTestHub({ settings: { parts: 'server' } })
  await hub.createUser('ada')
  sample = await createSampleDatabase(hub)
  story = await beginStory(hub, 'ada')
  connection = await story.connect('shop', sample)
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
})

beforeEach(async () => {
  vi.clearAllMocks()
  // Ahead of the true clock, by which the hub sets the first time.
  now = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 + 2 * 3_600_000)
  await hub.sql('delete from transfer.transfer')
})

afterEach(async () => {
  for (const { server, db } of serving.splice(0)) {
    await server.stop(0)
    await db.close()
  }
})

/** Serves schedules as one more hub on the same database would. */
function serve(): LeaseServer {
  const db = openDatabase(hub.settings.database_url ?? '')
  const server = serveSchedules({ db, log, clock: () => now })
  serving.push({ server, db })
  return server
}

let made = 0
const bodyOf = (more: object) => {
  made += 1
  return {
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.copies' },
    is_scheduled: true,
    schedule: '0 * * * *',
    ...more,
  }
}
const transfer = (more: object = {}) => story.transfer(`transfer ${made}`, bodyOf(more))
const read = async (id: number) => (await story.client.get(`/v1/transfers/${id}?view=full`)).body
const runs = (id: number) =>
  hub.sql<{ id: number; scheduled_for: Date | null; status: string }>(
    'select id::int, scheduled_for, status from transfer.run where transfer_id = $1 order by id',
    [id],
  )
const times = async (id: number) => (await runs(id)).map(({ scheduled_for: at }) => at?.toISOString())
const timer = async (id: number) => {
  const [row] = await hub.sql<{ due_at: Date; error: string | null }>(
    `select due_at, error from platform.timer where kind = 'transfer.schedule' and key = $1`,
    [String(id)],
  )
  return row
}
/** The true clock made the first time: it is put to what the test's clock would have made. */
const setDue = (id: number, at: Date) =>
  hub.sql(
    `update platform.timer set due_at = $2, lease_owner = null, lease_until = null, attempts = 0 where key = $1`,
    [String(id), at],
  )
const dueIs = (id: number, at: Date) =>
  vi.waitFor(async () => expect((await timer(id))?.due_at.toISOString()).toBe(at.toISOString()), {
    timeout: 10_000,
    interval: 20,
  })
const plus = (minutes: number, from: Date = now) => new Date(from.getTime() + minutes * 60_000)
const wake = () => {
  for (const { server } of serving) server.wake()
}
const over = (id: number) =>
  hub.sql(`update transfer.run set status = 'FINISHED', ended_at = now() where transfer_id = $1`, [id])
const events = (kind: string) =>
  hub.sql<{ payload: Record<string, unknown> }>(
    'select payload from platform.event where kind = $1 order by id desc',
    [kind],
  )

describe('a schedule', () => {
  it('starts a run at its time, and then waits for the next', async () => {
    const id = await transfer()
    await setDue(id, plus(60))
    serve()
    await sleep(200)
    expect(await times(id)).toEqual([])
    const due = plus(60)
    now = plus(60, new Date(now.getTime() + 20))
    wake()
    await dueIs(id, plus(60, due))
    expect(await times(id)).toEqual([due.toISOString()])
    const { body } = await story.client.get(`/v1/runs?transfer_id=${id}&view=full`)
    expect(body.items).toMatchObject([{ type: 'SCHEDULED', scheduled_for: due.toISOString() }])
  })

  it('makes up once for what was missed, at once, and says so', async () => {
    const id = await transfer()
    const first = now
    await setDue(id, first)
    now = plus(5 * 60 + 30)
    serve()
    await dueIs(id, plus(30))
    const newest = plus(-30).toISOString()
    expect(await times(id)).toEqual([newest])
    expect((await read(id)).last_skipped).toEqual({
      scheduled_for: newest,
      reason: 'missed',
      times: 6,
      message: `Passed without a worker: 6 due times, from ${first.toISOString()} on; one run makes up for it.`,
    })
  })

  it('that is to skip what was missed goes on with its next time', async () => {
    const id = await transfer({ missed_runs: 'skip' })
    await setDue(id, now)
    now = plus(90)
    serve()
    await dueIs(id, plus(30))
    expect(await times(id)).toEqual([])
    expect((await read(id)).last_skipped).toMatchObject({ reason: 'missed', times: 2 })
    expect((await events('schedule.skipped'))[0]?.payload).toMatchObject({
      transfer_id: id,
      reason: 'missed',
    })
  })

  it('leaves out a time at which its last run is not over, and says which', async () => {
    const id = await transfer()
    const byHand = await story.run(id)
    await setDue(id, now)
    serve()
    await dueIs(id, plus(60))
    expect(await times(id)).toEqual([undefined])
    expect((await read(id)).last_skipped).toEqual({
      scheduled_for: now.toISOString(),
      reason: 'overlap',
      times: 1,
      message: `Run ${byHand} was not over.`,
    })
    await over(id)
    now = plus(60)
    wake()
    await dueIs(id, plus(60))
    expect(await times(id)).toEqual([undefined, now.toISOString()])
  })

  it('may queue its runs instead, as long as not too many wait', async () => {
    const id = await transfer({ overlap: 'queue' })
    await setDue(id, now)
    serve()
    for (let hour = 0; hour < 11; hour += 1) {
      await dueIs(id, plus(60))
      now = plus(60)
      wake()
    }
    await dueIs(id, plus(60))
    expect(await runs(id)).toHaveLength(10)
    expect((await read(id)).last_skipped).toMatchObject({ reason: 'queue_full' })
  })

  it('does not start a transfer whose connection is inactive, or has no credentials', async () => {
    const id = await transfer()
    await setDue(id, now)
    await hub.sql(`update public.integration_connectors set status = 'inactive'`)
    serve()
    await dueIs(id, plus(60))
    expect((await read(id)).last_skipped).toMatchObject({
      reason: 'connection_inactive',
      message: 'The connection "shop" is inactive.',
    })
    await hub.sql(`update public.integration_connectors set status = 'active'`)
    const kept = await hub.sql('select * from connect.auth_data')
    expect(kept).toHaveLength(1)
    await hub.sql('delete from connect.auth_data')
    await hub.sql('update connect.connection set auth_shown = null')
    now = plus(60)
    wake()
    await dueIs(id, plus(60))
    expect((await read(id)).last_skipped).toMatchObject({
      reason: 'refused',
      message: `Credentials not found. Connection id = ${connection}`,
    })
    expect(await runs(id)).toEqual([])
    connection = await story.connect('shop again', sample)
  })

  it('keeps a due time that is waiting for its worker when something else of the transfer is changed', async () => {
    const id = await transfer({ timezone: 'Asia/Kathmandu', missed_runs: 'skip', overlap: 'queue' })
    await setDue(id, now)
    const put = (more: object) =>
      story.client.put(`/v1/transfers/${id}?view=full`, {
        group_id: story.groupId,
        queue_id: story.queueId,
        name: 'another name',
        ...bodyOf(more),
      })
    // A client of SyncMaster does not know these three fields.
    expect((await put({})).body).toMatchObject({
      timezone: 'Asia/Kathmandu',
      missed_runs: 'skip',
      overlap: 'queue',
    })
    expect((await timer(id))?.due_at.toISOString()).toBe(now.toISOString())
    await put({ schedule: '0 3 * * *' })
    const next = (await read(id)).next_runs[0]
    expect((await timer(id))?.due_at.toISOString()).toBe(next)
    await put({ schedule: '0 3 * * *', timezone: 'UTC' })
    expect((await timer(id))?.due_at.toISOString()).not.toBe(next)
    expect(await put({ is_scheduled: false, schedule: '0 3 * * *' })).toMatchObject({
      body: { is_scheduled: false, schedule: '0 3 * * *', next_runs: [] },
    })
    expect(await timer(id)).toBeUndefined()
  })

  it('is copied with its transfer, and goes with it and with its group', async () => {
    const id = await transfer({ timezone: 'Europe/Berlin', overlap: 'queue', missed_runs: 'skip' })
    const other = await beginStory(hub, 'ada')
    const { body } = await story.client.post(`/v1/transfers/${id}/copy_transfer?view=full`, {
      new_group_id: other.groupId,
      new_queue_id: other.queueId,
    })
    expect(body).toMatchObject({ timezone: 'Europe/Berlin', overlap: 'queue', missed_runs: 'skip' })
    expect(await timer(body.id)).toBeDefined()
    expect((await story.client.delete(`/v1/transfers/${id}`)).status).toBe(204)
    expect(await timer(id)).toBeUndefined()
    await hub.createUser('root', { superuser: true })
    expect((await hub.as('root').delete(`/v1/groups/${other.groupId}`)).status).toBe(204)
    expect(await timer(body.id)).toBeUndefined()
  })
})

describe('a schedule that came in by SQL', () => {
  it('is looked at, and starts at its next time', async () => {
    const id = await transfer({ is_scheduled: false, schedule: '' })
    await hub.sql(`update transfer.transfer set is_scheduled = true, schedule = '30 * * * *' where id = $1`, [
      id,
    ])
    // By the database's clock: the look is due, but no time of the schedule is.
    now = new Date(((await timer(id))?.due_at.getTime() ?? 0) + 1)
    serve()
    const [next] = (await read(id)).next_runs
    await dueIs(id, new Date(next))
    expect(await runs(id)).toEqual([])
    now = new Date(next)
    wake()
    await dueIs(id, plus(60))
    expect(await times(id)).toEqual([next])
  })

  it('and is garbage is told once, and holds up no other', async () => {
    const broken = [await transfer(), await transfer(), await transfer()]
    const well = await transfer()
    await hub.sql(`update transfer.transfer set schedule = 'every day' where id = $1`, [broken[0]])
    await hub.sql(`update transfer.transfer set timezone = 'Mars/Olympus' where id = $1`, [broken[1]])
    await hub.sql(`update transfer.transfer set schedule = '' where id = $1`, [broken[2]])
    await setDue(well, now)
    serve()
    await dueIs(well, plus(60))
    expect(await times(well)).toEqual([now.toISOString()])
    await vi.waitFor(async () => expect(await events('schedule.broken')).toHaveLength(3))
    expect((await read(broken[0] ?? 0)).schedule_problem).toContain('a cron line has five')
    expect((await read(broken[1] ?? 0)).schedule_problem).toContain("no time zone 'Mars/Olympus'")
    expect(await read(broken[2] ?? 0)).toMatchObject({ next_runs: [], last_run: null })
    expect(log.error).toHaveBeenCalledTimes(3)
    for (const id of broken) expect(await timer(id)).toBeUndefined()
    // Mended, it goes on.
    await hub.sql(`update transfer.transfer set schedule = '0 * * * *' where id = $1`, [broken[0]])
    expect(await timer(broken[0] ?? 0)).toBeDefined()
  })
})

describe('two hubs on one database', () => {
  it('start each due time once, also when the first dies before it has noted the next time', async () => {
    const id = await transfer({ overlap: 'queue' })
    await setDue(id, now)
    const due = now
    serve()
    await dueIs(id, plus(60))
    // As a kill between the commit of the run and the note of the next time leaves it.
    await setDue(id, due)
    serve()
    await dueIs(id, plus(60))
    expect(await times(id)).toEqual([due.toISOString()])
    // The same, and an hour has passed meanwhile.
    await setDue(id, due)
    now = plus(61)
    wake()
    await dueIs(id, plus(59))
    expect(await times(id)).toEqual([due.toISOString(), plus(60, due).toISOString()])
  })

  it('race and are killed in between, and still no time has two runs, nor is one left out', async () => {
    const ids: number[] = []
    for (let n = 0; n < 6; n += 1) ids.push(await transfer({ schedule: '* * * * *', overlap: 'queue' }))
    await hub.sql('update platform.timer set due_at = $1', [now])
    const began = now
    for (let n = 0; n < 3; n += 1) serve()
    const minutes = 8
    for (let minute = 0; minute < minutes; minute += 1) {
      if (minute % 2 === 1) {
        // Without grace, and with its database gone under it.
        const [killed] = serving.splice(0, 1)
        void killed?.server.stop(0)
        await killed?.db.close()
        serve()
      }
      wake()
      for (const id of ids) {
        await vi.waitFor(
          async () => expect((await timer(id))?.due_at.getTime()).toBeGreaterThan(now.getTime()),
          { timeout: 45_000, interval: 20 },
        )
      }
      now = plus(1)
    }
    for (const id of ids) {
      expect(await times(id)).toEqual(
        Array.from({ length: minutes }, (_, minute) => plus(minute, began).toISOString()),
      )
    }
  }, 120_000)

  it('cannot write two runs for one time, whatever they believe', async () => {
    const id = await transfer()
    const insert = () =>
      hub.sql('insert into transfer.run (transfer_id, group_id, scheduled_for) values ($1, $2, $3)', [
        id,
        story.groupId,
        now,
      ])
    await insert()
    await expect(insert()).rejects.toThrow('run_scheduled')
  })
})

describe('a bad schedule', () => {
  const refused = async (more: object) => {
    const answer = await story.client.post('/v1/transfers', {
      group_id: story.groupId,
      queue_id: story.queueId,
      name: 'refused',
      ...bodyOf(more),
    })
    expect(answer.status).toBe(422)
    const [{ location, code, message }] = answer.body.error.details
    return [location, code, message]
  }

  it('is a 422 at its field, in words', async () => {
    expect(await refused({ schedule: '0 25 * * *' })).toEqual([
      ['body', 'schedule'],
      'value_error',
      "Value error, '25' in the hour field is not from 0 to 23",
    ])
    expect(await refused({ schedule: '0 0 30 2 *' })).toMatchObject([
      ['body', 'schedule'],
      'value_error',
      "Value error, '0 0 30 2 *' never comes: there is no such day",
    ])
    expect(await refused({ schedule: '0 '.repeat(40) })).toMatchObject([
      ['body', 'schedule'],
      'string_too_long',
      expect.any(String),
    ])
    expect(await refused({ timezone: 'Mars/Olympus' })).toMatchObject([
      ['body', 'timezone'],
      'value_error',
      expect.stringContaining("There is no time zone 'Mars/Olympus'"),
    ])
    expect(await refused({ missed_runs: 'all' })).toMatchObject([
      ['body', 'missed_runs'],
      'enum',
      "Input should be 'one' or 'skip'",
    ])
    expect(await refused({ overlap: 'both' })).toMatchObject([
      ['body', 'overlap'],
      'enum',
      "Input should be 'skip' or 'queue'",
    ])
    for (const schedule of ['', null]) {
      expect(await refused({ schedule })).toMatchObject([
        ['body'],
        'value_error',
        'Value error, If transfer must be scheduled then set schedule',
      ])
    }
  })

  it('is kept as it is while the transfer is not scheduled', async () => {
    const id = await transfer({ is_scheduled: false, schedule: 'some day' })
    expect(await read(id)).toMatchObject({ schedule: 'some day', schedule_problem: null, next_runs: [] })
    expect(await read(await transfer({ is_scheduled: false, schedule: null }))).toMatchObject({
      schedule: '',
    })
  })
})

describe('a preview', () => {
  it('says what a schedule means and when it comes', async () => {
    const { body } = await story.client.post('/v1/schedules/preview', {
      schedule: '0 3 * * 1-5',
      timezone: 'Asia/Shanghai',
    })
    expect(body).toMatchObject({ words: 'At 03:00, Monday through Friday', timezone: 'Asia/Shanghai' })
    expect(body.next_runs).toHaveLength(3)
    expect(body.next_runs[0]).toMatch(/T19:00:00\.000Z$/)
  })

  it('says it in Chinese, too, and that a day of the month or a weekday will do', async () => {
    const words = async (more: object) =>
      (await story.client.post('/v1/schedules/preview', { schedule: '0 3 1 * 1', ...more })).body.words
    expect(await words({})).toBe('At 03:00, on day 1 of the month or on Monday')
    expect(await words({ language: 'zh-CN' })).toBe('在03:00, 每月 1 号或星期一')
  })

  it('of a bad one is the same 422', async () => {
    const answer = await story.client.post('/v1/schedules/preview', { schedule: '* *', timezone: 'nowhere' })
    expect(answer.status).toBe(422)
    expect(answer.body.error.details.map(({ location }: { location: string[] }) => location)).toEqual([
      ['body', 'schedule'],
      ['body', 'timezone'],
    ])
  })
})
