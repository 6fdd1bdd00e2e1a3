import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Provider, startProvider } from '../../test/fakes/provider.ts'
import { startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'
import { nextTurn } from './pace.ts'

test('however requests come, no window of the limit holds more turns than its count', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 60 }),
      fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 200 }),
      (count, gaps) => {
        const perMs = 60_000
        let now = 1_700_000_000_000
        let nextAt = 0
        const turns: number[] = []
        for (const gap of gaps) {
          now += gap
          const taken = nextTurn({ count, perMs }, nextAt, now)
          nextAt = taken.nextAt
          expect(taken.turn).toBeGreaterThanOrEqual(now)
          turns.push(taken.turn)
        }
        const sorted = turns.toSorted((a, b) => a - b)
        for (const [at, turn] of sorted.entries()) {
          const after = sorted[at + count]
          // A turn is a millisecond or so; rounding may bring one forward by less than that.
          if (after !== undefined) expect(after - turn).toBeGreaterThan(perMs - 1)
        }
      },
    ),
  )
})

let hub: TestHub
let shop: TestGroup
let robot: Provider
let connection: number
beforeAll(async () => {
  robot = await startProvider()
  robot.says({ body: { errcode: 0, errmsg: 'ok' } })
  hub = await startTestHub({ settings: { allow: '127.0.0.0/8' } })
  shop = await hub.createGroup('Shop', { owner: 'ada' })
  const made = await hub.as('ada').post('/v1/connections', {
    group_id: shop.id,
    name: 'robot',
    description: '',
    type: 'dingtalk_bot',
    connection_data: { base_url: robot.url },
    auth_data: { type: 'dingtalk_bot', token: 'a token of the robot' },
  })
  expect([made.status, made.body]).toMatchObject([200, {}])
  connection = made.body.id
})
afterAll(async () => {
  await hub.stop()
  await robot.stop()
})

const dues = () =>
  hub.sql<{ due_at: Date; attempts: number; paced: boolean }>(
    `select due_at, attempts, paced_at is not null as paced from notify.task
     where due_at is not null and lease_owner is null order by due_at`,
  )

test('what is over the limit gets turns of its own, waits for them once, and is not counted as tried', async () => {
  const send = await hub.as('ada').post('/v1/notifications', {
    group_id: shop.id,
    text: 'x',
    to: Array.from({ length: 30 }, (_, nth) => ({ connection, address: String(nth) })),
  })
  expect(send.status).toBe(202)
  await vi.waitFor(async () => expect((await dues()).filter(({ paced }) => paced)).toHaveLength(25), {
    timeout: 5_000,
  })
  await vi.waitFor(() => expect(robot.calls).toHaveLength(5), { timeout: 5_000 })
  const waiting = await dues()
  expect(waiting.every(({ attempts }) => attempts === 0)).toBe(true)
  const gaps = waiting
    .slice(1)
    .map(({ due_at: at }, nth) => at.getTime() - (waiting[nth]?.due_at.getTime() ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThan(3_900)

  // Whose turn is there goes at once, without asking for another.
  await hub.sql(
    `update notify.task set due_at = now(), paced_at = now() where id = (select min(id) from notify.task where due_at is not null)`,
  )
  await hub.sql(`select pg_notify('notify.task', '')`)
  await vi.waitFor(() => expect(robot.calls).toHaveLength(6), { timeout: 5_000 })
  expect(await dues()).toHaveLength(24)
})

test('when the provider says how long to wait, all who send there wait', async () => {
  await hub.sql('update notify.task set status = 3, due_at = null where due_at is not null')
  await hub.sql('delete from notify.pace')
  robot.says({ status: 429, headers: { 'retry-after': '300' } })
  const to = [{ connection }]
  const first = await hub.as('ada').post('/v1/notifications', { group_id: shop.id, text: 'x', to })
  await vi.waitFor(async () => expect((await dues()).map(({ attempts }) => attempts)).toEqual([1]), {
    timeout: 5_000,
  })
  const calls = robot.calls.length
  const second = await hub.as('ada').post('/v1/notifications', { group_id: shop.id, text: 'y', to })
  expect([first.status, second.status]).toEqual([202, 202])
  await vi.waitFor(async () => expect((await dues()).filter(({ paced }) => paced)).toHaveLength(1), {
    timeout: 5_000,
  })
  expect(robot.calls).toHaveLength(calls)
  for (const { due_at: at } of await dues()) expect(at.getTime() - Date.now()).toBeGreaterThan(290_000)
})
