import { describe, expect, it } from 'vitest'
import { nextRuns } from './schedule.ts'

const daily = { is_scheduled: true, schedule: '30 3 * * *', timezone: 'Europe/Berlin' }

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

  it('are none of what is not scheduled, nor of a text that is no cron', () => {
    expect(nextRuns({ ...daily, is_scheduled: false }, new Date(), 3)).toEqual([])
    expect(nextRuns({ ...daily, schedule: 'not a cron' }, new Date(), 3)).toEqual([])
  })
})
