import { describe, expect, it } from 'vitest'
import { cronProblem, nextRuns, scheduleProblem, timezoneProblem, whatIsDue } from './schedule.ts'

const daily = {
  is_scheduled: true,
  schedule: '30 3 * * *',
  timezone: 'Europe/Berlin',
  missed_runs: 'one' as const,
}

describe('the next runs', () => {
  it('are at the wall time of the time zone, also when the clocks are put back', () => {
    const after = new Date('2026-10-24T00:00:00Z')
    expect(nextRuns(daily, after, 3).map((at) => at.toISOString())).toEqual([
      '2026-10-24T01:30:00.000Z',
      '2026-10-25T02:30:00.000Z',
      '2026-10-26T02:30:00.000Z',
    ])
  })

  it('on weekday 0 are on Sundays', () => {
    const weekly = { ...daily, schedule: '0 0 * * 0', timezone: 'UTC' }
    expect(nextRuns(weekly, new Date('2026-05-04T00:00:00Z'), 1)[0]?.toISOString()).toBe(
      '2026-05-10T00:00:00.000Z',
    )
  })

  it('are none of what is not scheduled, nor of what cannot be read', () => {
    expect(nextRuns({ ...daily, is_scheduled: false }, new Date(), 3)).toEqual([])
    expect(nextRuns({ ...daily, schedule: 'not a cron' }, new Date(), 3)).toEqual([])
    expect(nextRuns({ ...daily, timezone: 'Mars/Olympus' }, new Date(), 3)).toEqual([])
  })
})

describe('what is wrong with a schedule', () => {
  it('is a sentence about the cron line or the zone, and nothing while it is not scheduled', () => {
    expect(cronProblem('0 0 31 2 *')).toBe("'0 0 31 2 *' never comes: there is no such day")
    expect(cronProblem('@daily')).toBeNull()
    expect(timezoneProblem('Mars/Olympus')).toContain("There is no time zone 'Mars/Olympus'")
    expect(scheduleProblem({ ...daily, schedule: '61 * * * *' })).toContain('minute field')
    expect(scheduleProblem({ ...daily, timezone: 'CET?' })).toContain('time zone')
    expect(scheduleProblem({ ...daily, schedule: 'x', is_scheduled: false })).toBeNull()
  })
})

describe('of times that have come', () => {
  const hourly = { ...daily, schedule: '0 * * * *', timezone: 'UTC' }
  const at = (text: string) => new Date(`2026-05-04T${text}Z`)
  const ask = (schedule: object, dueAt: string, now: string, settled?: string) => {
    const settledUntil = settled === undefined ? null : at(settled)
    const due = whatIsDue({ ...hourly, ...schedule }, { dueAt: at(dueAt), settledUntil, now: at(now) })
    const short = (time: Date | null | undefined) => time?.toISOString().slice(11, 16) ?? null
    return [short(due.time), due.starts, short(due.missed?.first), due.missed?.times ?? 0, short(due.next)]
  }

  it('the one that is due starts, up to five minutes late', () => {
    expect(ask({}, '02:00', '02:00:00.001')).toEqual(['02:00', true, null, 0, '03:00'])
    expect(ask({ missed_runs: 'skip' }, '02:00', '02:05')).toEqual(['02:00', true, null, 0, '03:00'])
    expect(ask({ missed_runs: 'skip' }, '02:00', '02:05:00.001')).toEqual([
      '02:00',
      false,
      '02:00',
      1,
      '03:00',
    ])
  })

  it('however many were missed, one run makes up for them, or none', () => {
    expect(ask({}, '02:00', '06:30')).toEqual(['06:00', true, '02:00', 5, '07:00'])
    expect(ask({ missed_runs: 'skip' }, '02:00', '06:30')).toEqual(['06:00', false, '02:00', 5, '07:00'])
  })

  it('the newest is on time although those before it were missed', () => {
    expect(ask({ missed_runs: 'skip' }, '02:00', '06:01')).toEqual(['06:00', true, '02:00', 4, '07:00'])
  })

  it('what is settled already starts nothing, whenever one asks again', () => {
    expect(ask({}, '02:00', '02:01', '02:00')).toEqual([null, false, null, 0, '03:00'])
    expect(ask({}, '02:00', '06:59', '06:00')).toEqual([null, false, null, 0, '07:00'])
    expect(ask({}, '02:00', '07:01', '06:00')).toEqual(['07:00', true, null, 0, '08:00'])
  })

  it('those of a minute that is years ago are found at once', () => {
    const minutely = { ...hourly, schedule: '* * * * *', timezone: 'Europe/Berlin' }
    const began = performance.now()
    const due = whatIsDue(minutely, {
      dueAt: new Date('2020-01-01'),
      settledUntil: null,
      now: at('06:30:10'),
    })
    expect(due).toMatchObject({ time: at('06:30'), starts: true, missed: { times: 1_000 } })
    const leap = { ...hourly, schedule: '0 0 29 2 *' }
    expect(
      whatIsDue(leap, { dueAt: new Date('2020-02-29'), settledUntil: null, now: at('06:30') }),
    ).toMatchObject({ time: new Date('2024-02-29'), missed: { times: 2 } })
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
