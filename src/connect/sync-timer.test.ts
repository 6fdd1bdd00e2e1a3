import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog } from '#log'
import type { Timer } from '#timer'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'
import { actOnSchedule } from './sync-timer.ts'

const log = createLog('silent')
let hub: TestHub
let group: TestGroup
let files: string
let developer: Client

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'crosstie-timer-'))
  await mkdir(path.join(files, 'in'))
  await writeFile(path.join(files, 'in/a.csv'), 'a')
  // No worker: the test is the only one that acts on timers.
  hub = await startTestHub({ settings: { files, parts: 'server' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
})
afterAll(async () => {
  await hub.stop()
  await rm(files, { recursive: true, force: true })
})

let made = 0
async function connection(schedule?: object): Promise<{ id: number; uuid: string }> {
  const { body } = await developer.post('/v1/connections?view=full', {
    group_id: group.id,
    name: `folder ${++made}`,
    description: '',
    type: 'local',
    connection_data: { directory: '/in' },
    auth_data: { type: 'none' },
  })
  if (schedule !== undefined) {
    expect((await developer.put(`/v1/connections/${body.id}/schedule`, schedule)).status).toBe(200)
  }
  return body
}

async function timerOf(id: number): Promise<Timer | undefined> {
  const [row] = await hub.sql<{ due_at: Date; payload: unknown }>(
    `select due_at, payload from platform.timer where kind = 'connect.schedule' and key = $1`,
    [String(id)],
  )
  return (
    row && { kind: 'connect.schedule', key: String(id), dueAt: row.due_at, payload: row.payload, attempts: 1 }
  )
}

async function act(id: number, now: string): Promise<Timer | undefined> {
  const timer = await timerOf(id)
  if (timer === undefined) throw new Error('no timer')
  await actOnSchedule({ db: hub.db, log, clock: () => new Date(now), random: () => 0 }, timer)
  return timerOf(id)
}

const syncs = (id: number) =>
  hub.sql<{ state: string; trigger: string; scheduled_for: Date; error: { code: string } | null }>(
    'select state, trigger, scheduled_for, error from connect.sync where connection_id = $1 order by id',
    [id],
  )

test('a schedule sets its next time, whichever way it came in, and each due time starts one sync', async () => {
  const { id, uuid } = await connection()
  // As a SQL client, or one of Supabase, writes it.
  await hub.sql('update public.integration_connectors set schedule = $2 where id = $1', [
    uuid,
    JSON.stringify({ type: 'interval', every: 'PT15M' }),
  ])
  const planned = await act(id, '2026-01-01T00:00:00Z')
  expect(planned?.dueAt).toEqual(new Date('2026-01-01T00:15:00Z'))
  expect(await syncs(id)).toEqual([])
  const before = await timerOf(id)
  const next = await act(id, '2026-01-01T00:15:01Z')
  expect(next?.dueAt).toEqual(new Date('2026-01-01T00:30:00Z'))
  // The same time once more, as by a second hub that was late: nothing twice.
  if (before === undefined) throw new Error('no timer')
  await actOnSchedule({ db: hub.db, log, clock: () => new Date('2026-01-01T00:15:02Z') }, before)
  const started = (await syncs(id)).filter(({ state }) => state === 'pending')
  expect(started).toMatchObject([{ trigger: 'schedule', scheduled_for: new Date('2026-01-01T00:15:00Z') }])
})

test('what was missed is made up for once, or left out and told', async () => {
  const one = await connection({ type: 'interval', every: 'PT15M' })
  await act(one.id, '2026-01-01T00:00:00Z')
  const later = await act(one.id, '2026-01-02T00:07:00Z')
  expect(await syncs(one.id)).toMatchObject([{ state: 'pending' }])
  expect(later?.dueAt).toEqual(new Date('2026-01-02T00:15:00Z'))

  const skip = await connection({ type: 'interval', every: 'PT15M', missed: 'skip' })
  await act(skip.id, '2026-01-01T00:00:00Z')
  await act(skip.id, '2026-01-02T00:07:00Z')
  expect(await syncs(skip.id)).toMatchObject([{ state: 'skipped', error: { code: 'connect.sync_missed' } }])
})

test('one that meets another is skipped and told, or waits behind it', async () => {
  const running = (id: number) =>
    hub.sql(
      `insert into connect.sync (connection_id, group_id, "trigger", state) values ($1, $2, 'manual', 'running')`,
      [id, group.id],
    )
  const skip = await connection({ type: 'interval', every: 'PT15M' })
  await running(skip.id)
  await act(skip.id, '2026-01-01T00:00:00Z')
  await act(skip.id, '2026-01-01T00:15:00Z')
  expect(await syncs(skip.id)).toMatchObject([
    { state: 'running' },
    { state: 'skipped', error: { code: 'connect.sync_overlap' } },
  ])
  const queue = await connection({ type: 'interval', every: 'PT15M', overlap: 'queue' })
  await running(queue.id)
  await act(queue.id, '2026-01-01T00:00:00Z')
  await act(queue.id, '2026-01-01T00:15:00Z')
  await act(queue.id, '2026-01-01T00:30:00Z')
  // Two that wait would do the same work.
  expect(await syncs(queue.id)).toMatchObject([{ state: 'running' }, { state: 'pending' }])
})

describe('a schedule that', () => {
  test('cannot be read rests, and says so where one looks', async () => {
    const { id, uuid } = await connection({ type: 'interval', every: 'PT15M' })
    await hub.sql('update public.integration_connectors set schedule = $2 where id = $1', [
      uuid,
      JSON.stringify({ type: 'cron', cron: 'every day' }),
    ])
    await act(id, '2026-01-01T00:00:00Z')
    const { body } = await developer.get(`/v1/connections/${id}/schedule`)
    expect(body).toMatchObject({ next_syncs: [], problem: expect.stringContaining('cron line') })
    expect(await syncs(id)).toEqual([])
  })

  test('belongs to an inactive connection goes on without syncs', async () => {
    const { id } = await connection({ type: 'interval', every: 'PT15M' })
    await developer.put(`/v1/connections/${id}/status`, { status: 'inactive' })
    await act(id, '2026-01-01T00:00:00Z')
    const next = await act(id, '2026-01-01T00:15:00Z')
    expect(next?.dueAt).toEqual(new Date('2026-01-01T00:30:00Z'))
    expect(await syncs(id)).toEqual([])
  })

  test('is set to by hand, or whose connection is deleted, starts nothing any more', async () => {
    const { id } = await connection({ type: 'interval', every: 'PT15M' })
    const timer = await timerOf(id)
    await developer.put(`/v1/connections/${id}/schedule`, { type: 'manual' })
    expect(await timerOf(id)).toBeUndefined()
    await hub.as('owner').delete(`/v1/connections/${id}`)
    if (timer === undefined) throw new Error('no timer')
    await actOnSchedule({ db: hub.db, log }, timer)
    expect(await timerOf(id)).toBeUndefined()
  })

  test('shows its next three times, and refuses what is wrong at its place', async () => {
    const { id } = await connection({ type: 'cron', cron: '0 3 * * mon', timezone: 'Asia/Shanghai' })
    const { body } = await developer.get(`/v1/connections/${id}/schedule`)
    expect(body.next_syncs).toHaveLength(3)
    const refused = await developer.put(`/v1/connections/${id}/schedule`, {
      type: 'cron',
      cron: '61 * * * *',
    })
    expect(refused).toMatchObject({ status: 422 })
    expect(refused.body.error.details[0].message).toContain('cron line')
  })
})
