import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minutesOf, releaseAt } from './quiet-hours.ts'
import { freeAt } from './throttle.ts'

const release = (now: string, from: string, to: string, zone: string, isCritical = false) =>
  releaseAt(new Date(now), { from, to }, zone, isCritical).toISOString().replace(':00.000Z', 'Z')

describe('a message in quiet hours', () => {
  test.each<[string, string, string, string, string, string]>([
    ['within a day', '2026-01-10T12:30Z', '12:00', '14:00', 'UTC', '2026-01-10T14:00Z'],
    ['before midnight', '2026-01-10T23:00Z', '22:00', '07:00', 'UTC', '2026-01-11T07:00Z'],
    ['after midnight', '2026-01-11T03:00Z', '22:00', '07:00', 'UTC', '2026-01-11T07:00Z'],
    ['by the clock on the wall', '2026-01-10T15:00Z', '22:00', '07:00', 'Asia/Shanghai', '2026-01-10T23:00Z'],
    ['from the first minute', '2026-01-10T22:00Z', '22:00', '07:00', 'UTC', '2026-01-11T07:00Z'],
    ['in the night of spring', '2026-03-29T00:30Z', '22:00', '07:00', 'Europe/Berlin', '2026-03-29T05:00Z'],
    ['in the night of autumn', '2026-10-24T22:30Z', '22:00', '07:00', 'Europe/Berlin', '2026-10-25T06:00Z'],
    [
      'that end where no such time is',
      '2026-03-29T00:30Z',
      '22:00',
      '02:30',
      'Europe/Berlin',
      '2026-03-29T01:00Z',
    ],
    [
      'that end twice, the first time',
      '2026-10-25T00:10Z',
      '22:00',
      '02:30',
      'Europe/Berlin',
      '2026-10-25T00:30Z',
    ],
    [
      'that began before the clocks went back',
      '2026-10-25T01:10Z',
      '02:30',
      '07:00',
      'Europe/Berlin',
      '2026-10-25T06:00Z',
    ],
    ['of a zone of quarters', '2026-01-10T18:00Z', '23:00', '06:00', 'Asia/Kathmandu', '2026-01-11T00:15Z'],
  ])('%s is held until they end', (_what, now, from, to, zone, expected) => {
    expect(release(now, from, to, zone)).toBe(expected)
  })

  test.each<[string, string, string, string, string]>([
    ['outside of them', '2026-01-10T21:59Z', '22:00', '07:00', 'UTC'],
    ['at their end', '2026-01-10T07:00Z', '22:00', '07:00', 'UTC'],
    ['where they begin as they end', '2026-01-10T12:00Z', '00:00', '00:00', 'UTC'],
    ['in the hour that comes twice, the second time', '2026-10-25T01:10Z', '22:00', '02:30', 'Europe/Berlin'],
  ])('goes at once %s', (_what, now, from, to, zone) => {
    expect(release(now, from, to, zone)).toBe(now)
  })

  test('goes at once when it is critical, or when there are none', () => {
    expect(release('2026-01-10T23:00Z', '22:00', '07:00', 'UTC', true)).toBe('2026-01-10T23:00Z')
    const now = new Date()
    expect(releaseAt(now, null, 'UTC')).toBe(now)
  })

  test('is never held for longer than a day and an hour, and is free at its release', () => {
    const time = fc.integer({ min: 0, max: 1439 }).map((minutes) => {
      const hour = String(Math.floor(minutes / 60)).padStart(2, '0')
      return `${hour}:${String(minutes % 60).padStart(2, '0')}`
    })
    const at = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Australia/Lord_Howe',
      'Asia/Shanghai',
    )
    fc.assert(
      fc.property(at, time, time, zone, (now, from, to, where) => {
        const released = releaseAt(now, { from, to }, where)
        const heldMs = released.getTime() - now.getTime()
        expect(heldMs).toBeGreaterThanOrEqual(0)
        expect(heldMs).toBeLessThan(25 * 3_600_000)
        expect(releaseAt(released, { from, to }, where)).toEqual(released)
      }),
      { seed: 13, numRuns: 500 },
    )
  })

  test('are times of the day', () => {
    expect(minutesOf('23:59')).toBe(1439)
    for (const wrong of ['24:00', '7:00', '22:60', '', 'soon'])
      expect(() => minutesOf(wrong)).toThrow(/22:00/)
  })
})

describe('a throttle', () => {
  const at = (seconds: number) => new Date(seconds * 1_000)

  test('lets the first go at once and each further one when the window has room', () => {
    const throttle = { count: 2, perMs: 60_000 }
    expect(freeAt(at(100), [], throttle)).toEqual(at(100))
    expect(freeAt(at(100), [at(99)], throttle)).toEqual(at(100))
    expect(freeAt(at(100), [at(99), at(70)], throttle)).toEqual(at(130))
    expect(freeAt(at(100), [at(30), at(20)], throttle)).toEqual(at(100))
  })

  test('never lets more through than it says, wherever the window is laid', () => {
    const moments = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 60 })
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 5 }), (asked, count) => {
        const went: Date[] = []
        for (const now of asked.toSorted((a, b) => a - b))
          went.push(freeAt(at(now), went, { count, perMs: 100_000 }))
        const times = went.map((when) => when.getTime()).toSorted((a, b) => a - b)
        for (const [index, time] of times.entries()) {
          const next = times[index + count]
          if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(100_000)
        }
      }),
      { seed: 14 },
    )
  })
})
