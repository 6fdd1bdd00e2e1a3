import { expect, test } from 'vitest'
import type { SyncSchedule } from '../api/syncs.ts'
import { nextTimes, scheduleOf, valuesOf } from './sync-schedule-values.ts'

const policies = { missed: 'skip', overlap: 'queue', enabled: false, jitter: 'PT5M' } as const

test.each<SyncSchedule>([
  { type: 'manual' },
  { type: 'interval', every: 'PT15M', ...policies },
  { type: 'interval', every: 'PT6H', ...policies, jitter: null },
  { type: 'interval', every: 'P1D', ...policies },
  { type: 'interval', every: 'P2W', ...policies },
  { type: 'cron', cron: '0 3 * * 1-5', timezone: 'Europe/Zurich', ...policies },
])('a schedule comes out of the form as it went in: %j', (schedule) => {
  expect(scheduleOf(valuesOf(schedule, 'UTC'))).toEqual(schedule)
})

test.each([
  ['PT90M', 90, 'minute'],
  ['PT120M', 2, 'hour'],
  ['P1DT12H', 36, 'hour'],
  ['P14D', 2, 'week'],
  ['PT90S', 2, 'minute'],
] as const)('%s is shown as %s of a %s', (every, count, unit) => {
  expect(valuesOf({ type: 'interval', every, ...policies }, 'UTC')).toMatchObject({ every: count, unit })
})

test('what an interval comes to is counted from now', () => {
  const times = nextTimes({ every: 2, unit: 'hour' }, new Date('2026-01-01T00:00:00Z'))
  expect(times.map((time) => time.toISOString().slice(11, 16))).toEqual(['02:00', '04:00', '06:00'])
  expect(nextTimes({ every: 0, unit: 'hour' }, new Date())).toEqual([])
})
