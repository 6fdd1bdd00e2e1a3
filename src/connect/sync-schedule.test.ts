import { describe, expect, test } from 'vitest'
import { durationMs, jitterMs, nextSyncs, readSchedule, type Schedule } from './sync-schedule.ts'

function scheduleOf(value: object): Schedule {
  const read = readSchedule(value)
  if ('problem' in read) throw new Error(read.problem)
  return read.schedule
}

describe('a schedule', () => {
  test.each<[object, string]>([
    [{ type: 'hourly' }, 'type'],
    [{ type: 'interval', every: 'PT30S' }, 'from one minute to a year'],
    [{ type: 'interval', every: 'P1M' }, 'from one minute to a year'],
    [{ type: 'interval', every: '15 minutes' }, 'from one minute to a year'],
    [{ type: 'interval', every: 'PT1H', jitter: 'PT2H' }, 'at most an hour'],
    [{ type: 'cron', cron: '0 3 * *' }, '4 fields'],
    [{ type: 'cron', cron: '0 3 31 2 *' }, 'never comes round'],
    [{ type: 'cron', cron: '0 3 * * *', timezone: 'Mars/North' }, 'no time zone "Mars/North"'],
  ])('%o is refused in words', (value, words) => {
    const read = readSchedule(value)
    expect('problem' in read ? read.problem : '').toContain(words)
  })

  test('that is empty is by hand, as the document’s default is', () => {
    expect(scheduleOf({})).toEqual({ type: 'manual' })
    expect(readSchedule(null)).toEqual({ schedule: { type: 'manual' } })
  })

  test('fills in its policies', () => {
    expect(scheduleOf({ type: 'interval', every: 'PT15M' })).toEqual({
      type: 'interval',
      every: 'PT15M',
      missed: 'one',
      overlap: 'skip',
      jitter: null,
      enabled: true,
    })
  })
})

test('durations are ISO 8601 without months and years', () => {
  const found = ['PT15M', 'PT1H30M', 'P1D', 'P1W', 'P1DT12H', 'P', 'PT', 'P1Y', ''].map(durationMs)
  const minute = 60_000
  const [hour, day] = [60 * minute, 24 * 60 * minute]
  expect(found).toEqual([15 * minute, 1.5 * hour, day, 7 * day, 1.5 * day, null, null, null, null])
})

describe('the next times', () => {
  const at = new Date('2026-03-28T12:00:00Z')
  const iso = (times: Date[]) => times.map((time) => time.toISOString().slice(0, 16))

  test('of an interval count from the last one that was due, however late it began', () => {
    const schedule = scheduleOf({ type: 'interval', every: 'PT15M' })
    expect(iso(nextSyncs(schedule, at, 2, new Date('2026-03-28T11:50:00Z')))).toEqual([
      '2026-03-28T12:05',
      '2026-03-28T12:20',
    ])
    // After a week without a hub: the next one to come, not the hundreds that were missed.
    expect(iso(nextSyncs(schedule, at, 1, new Date('2026-03-21T11:50:00Z')))).toEqual(['2026-03-28T12:05'])
  })

  test('of a cron line go by the wall clock, over a change of it', () => {
    const schedule = scheduleOf({ type: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin' })
    // On 29 March there is no 02:30 in Berlin.
    expect(iso(nextSyncs(schedule, at, 3))).toEqual([
      '2026-03-29T01:00',
      '2026-03-30T00:30',
      '2026-03-31T00:30',
    ])
  })

  test('of one that is switched off are none', () => {
    expect(nextSyncs(scheduleOf({ type: 'interval', every: 'PT15M', enabled: false }), at, 3)).toEqual([])
  })
})

test('jitter puts off, by no more than it says', () => {
  const schedule = scheduleOf({ type: 'interval', every: 'PT15M', jitter: 'PT2M' })
  if (schedule.type === 'manual') throw new Error('it is an interval')
  expect([jitterMs(schedule, () => 0), jitterMs(schedule, () => 0.5)]).toEqual([0, 60_000])
})
