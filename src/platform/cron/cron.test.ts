import { Cron as Croner } from 'croner'
import { describe, expect, it, test } from 'vitest'
import { readCron } from './cron.ts'
import { everComes, nextTime, nextTimes } from './cron-times.ts'
import { isTimeZone } from './wall-clock.ts'

function cronOf(text: string) {
  const read = readCron(text)
  if ('problem' in read) throw new Error(read.problem)
  return read.cron
}

const times = (text: string, zone: string, after: string, count: number) =>
  nextTimes(cronOf(text), zone, new Date(after), count).map((at) => at.toISOString().replace(':00.000Z', 'Z'))

describe('a cron line', () => {
  const mistakes: [string, string][] = [
    ['', 'has 0 fields, but a cron line has five: minute, hour, day of the month, month, weekday'],
    ['not a cron', 'has 3 fields'],
    ['0 0 3 * * *', 'there is no field for seconds'],
    ['60 * * * *', "'60' in the minute field is not from 0 to 59"],
    ['0 24 * * *', "'24' in the hour field is not from 0 to 23"],
    ['0 0 0 * *', "'0' in the day of the month field is not from 1 to 31"],
    ['0 0 1 13 *', "'13' in the month field is not from 1 to 12"],
    ['0 0 * * 8', "'8' in the weekday field is not from 0 to 7"],
    ['0 0 * * monday', "'monday' in the weekday field is no number from 0 to 7, nor one of sun, mon"],
    ['a * * * *', "'a' in the minute field is no number from 0 to 59"],
    ['-1 * * * *', 'in the minute field'],
    ['1.5 * * * *', "'1.5' in the minute field"],
    ['*/0 * * * *', "the step '/0' in the minute field is not from 1 to 59"],
    ['*/90 * * * *', "the step '/90' in the minute field is not from 1 to 59"],
    ['5/15 * * * *', "'5/15' in the minute field steps through no range: write 5-59/15"],
    ['0 22-6 * * *', "'22-6' in the hour field runs backwards: write 22-23,0-6"],
    ['0 0 * * sat-mon', "'sat-mon' in the weekday field runs backwards: write sat-6,0-mon"],
    ['1,,2 * * * *', "'' in the minute field is not understood"],
    ['1/2/3 * * * *', "'1/2/3' in the minute field is not understood"],
    ['1-2-3 * * * *', "'1-2-3' in the minute field is no range"],
    ['0 0 ? * *', "'?' in the day of the month field is not offered"],
    ['0 0 L * *', 'in the day of the month field is not offered'],
    ['0 0 15W * *', 'in the day of the month field is not offered'],
    ['0 0 * * 5#2', 'in the weekday field is not offered'],
    ['0 0 * * 5L', 'in the weekday field is not offered'],
    ['@reboot', "'@reboot' is no nickname of a schedule; there are @hourly, @daily"],
  ]
  it.each(mistakes)('%j is refused, and the sentence says what is wrong', (text, sentence) => {
    const read = readCron(text)
    expect('problem' in read && read.problem).toContain(sentence)
  })

  it.each([
    ['@hourly', '0 * * * *'],
    ['@DAILY', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@weekly', '0 0 * * sun'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 jan *'],
    ['@annually', '0 0 1 1 *'],
    ['0 0 * * 7', '0 0 * * 0'],
    ['0 0 * * 5-7', '0 0 * * fri-sun'],
    ['0 0 * * 0-7', '0 0 * * 0-6'],
    ['0 0 * * 1-7/2', '0 0 * * MON,wed,Fri,sun'],
    ['  0\t0  *  JAN-mar/2 * ', '0 0 * 1,3 *'],
    ['*/20 * * * *', '0-59/20 * * * *'],
  ])('%j means the same as %j', (one, other) => {
    expect(cronOf(one)).toMatchObject({
      ...cronOf(other),
      eitherDay: expect.any(Boolean),
    })
  })

  it('that names a day of the month and a weekday is due on either, as Vixie has it', () => {
    expect(times('0 0 13 * 5', 'UTC', '2026-02-01', 5)).toEqual([
      '2026-02-06T00:00Z',
      '2026-02-13T00:00Z',
      '2026-02-20T00:00Z',
      '2026-02-27T00:00Z',
      '2026-03-06T00:00Z',
    ])
    // A field that begins with * names nothing, so both must hold: odd days that are Mondays.
    expect(times('0 0 */2 * 1', 'UTC', '2026-02-01', 2)).toEqual(['2026-02-09T00:00Z', '2026-02-23T00:00Z'])
  })

  it('may never come', () => {
    expect(['0 0 31 2 *', '0 0 30 2 *', '0 0 31 4,6,9,11 *'].map((text) => everComes(cronOf(text)))).toEqual([
      false,
      false,
      false,
    ])
    expect(everComes(cronOf('0 0 29 2 *'))).toBe(true)
    expect(everComes(cronOf('0 0 31 2 1'))).toBe(true)
    expect(nextTime(cronOf('0 0 31 2 *'), 'UTC', new Date())).toBeNull()
  })

  it('on 29 February waits for leap years, also over a century without one', () => {
    expect(times('0 12 29 2 *', 'Asia/Shanghai', '2026-01-01', 2)).toEqual([
      '2028-02-29T04:00Z',
      '2032-02-29T04:00Z',
    ])
    expect(times('0 12 29 2 *', 'UTC', '2096-03-01', 1)).toEqual(['2104-02-29T12:00Z'])
    expect(times('30 * 29 2 *', 'Europe/Berlin', '2026-01-01', 1)).toEqual(['2028-02-28T23:30Z'])
  })
})

describe('a time zone', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'US/Eastern', 'europe/berlin', 'Etc/GMT+3'])(
    '%s is known',
    (name) => expect(isTimeZone(name)).toBe(true),
  )
  it.each(['', 'Mars/Olympus', '+05:30', 'Europe/Berlin ', '__proto__', 'x'.repeat(64)])(
    '%j is not',
    (name) => expect(isTimeZone(name)).toBe(false),
  )
})

describe('over changes of the clocks', () => {
  test.each<[string, string, string, string, string[]]>([
    [
      'a time that spring leaves out comes once, when the clocks have jumped',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T00:00Z',
      ['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'several times that spring leaves out come as one, and as one with the time after them',
      '*/15 2,3 * * *',
      'America/New_York',
      '2026-03-08T06:30Z',
      ['2026-03-08T07:00Z', '2026-03-08T07:15Z', '2026-03-08T07:30Z'],
    ],
    [
      'a time that autumn shows twice comes the first time',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'a schedule that is set in the second of the two hours waits for the next day',
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T06:10Z',
      ['2026-11-02T06:30Z'],
    ],
    [
      'every hour comes each hour that passes, in autumn',
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:30Z',
      ['2026-10-25T00:00Z', '2026-10-25T01:00Z', '2026-10-25T02:00Z'],
    ],
    [
      'every hour comes each hour that passes, in spring',
      '0 * * * *',
      'Europe/Berlin',
      '2026-03-28T23:30Z',
      ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
    [
      'clocks that jump by half an hour',
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-02T12:00Z',
      ['2026-10-02T15:45Z', '2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    [
      'clocks that go back by half an hour',
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-03T12:00Z',
      ['2026-04-03T14:45Z', '2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'a zone of quarters of an hour',
      '0 9 * * *',
      'Asia/Kathmandu',
      '2026-01-01T00:00Z',
      ['2026-01-01T03:15Z', '2026-01-02T03:15Z'],
    ],
    [
      'a day that never was is not made up for',
      '0 12 * * *',
      'Pacific/Apia',
      '2011-12-29T00:00Z',
      ['2011-12-29T22:00Z', '2011-12-30T22:00Z', '2011-12-31T22:00Z'],
    ],
    [
      'a midnight that is left out comes at one',
      '0 0 * * *',
      'America/Asuncion',
      '2023-09-30T12:00Z',
      ['2023-10-01T04:00Z', '2023-10-02T03:00Z'],
    ],
  ])('%s', (_what, text, zone, after, expected) => {
    expect(times(text, zone, after, expected.length)).toEqual(expected)
  })

  /**
   * The oracle: walk through real minutes, look at the wall clock by `Intl`, and let another library say whether the
   * pattern fits these digits.
   */
  const MINUTE = 60_000
  function walked(text: string, zone: string, from: number, to: number): string[] {
    const pattern = new Croner(text, { timezone: 'UTC', paused: true })
    const show = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
    const wall = (at: number) => Date.parse(`${show.format(at).replace(' ', 'T')}:00Z`)
    const known = new Map<number, boolean>()
    const fits = (minute: number) => {
      const found = known.get(minute) ?? pattern.match(new Date(minute))
      known.set(minute, found)
      return found
    }
    const everyHour = /^\S+ (\*|0-23) /.test(text)
    const due: string[] = []
    let furthest = wall(from - MINUTE)
    for (let back = 1; back < 180; back += 1) furthest = Math.max(furthest, wall(from - back * MINUTE))
    for (let at = from; at <= to; at += MINUTE) {
      const now = wall(at)
      const first = now - furthest > 180 * MINUTE + MINUTE ? now : furthest + MINUTE
      let found = everyHour && fits(now)
      for (let minute = first; !everyHour && minute <= now; minute += MINUTE) found ||= fits(minute)
      if (found) due.push(new Date(at).toISOString())
      furthest = Math.max(furthest, now)
    }
    return due
  }

  const changes: [string, string][] = [
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['Australia/Lord_Howe', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-04'],
    ['Pacific/Apia', '2011-12-30'],
    ['Africa/Casablanca', '2026-02-15'],
    ['America/Asuncion', '2023-10-01'],
    ['Asia/Kathmandu', '2026-06-01'],
    ['Antarctica/Troll', '2026-03-29'],
    ['UTC', '2026-02-28'],
  ]
  const lines = [
    '0 * * * *',
    '*/7 * * * *',
    '30 2 * * *',
    '0 3 * * *',
    '15,45 1-3 * * *',
    '*/15 0-4 * * *',
    '59 23 * * *',
    '0 0 * * *',
    '0 */2 * * *',
    '30 * * * 0',
    '20 1,2 * * 0,1',
    '0 12 29-31 * *',
    '10 2 1 * 0',
    '5 0-23 * * *',
    '0 4 * 2-4 1-5',
  ]
  test.each(changes)('%s around %s is as a walk through its minutes finds it', (zone, day) => {
    const [from, to] = [Date.parse(day) - 40 * 3_600_000, Date.parse(day) + 64 * 3_600_000]
    for (const text of lines) {
      const cron = cronOf(text)
      const found: string[] = []
      for (let at = nextTime(cron, zone, new Date(from - 1)); at !== null && at.getTime() <= to;) {
        found.push(at.toISOString())
        at = nextTime(cron, zone, at)
      }
      expect(found, text).toEqual(walked(text, zone, from, to))
      // From any moment on, not only from one hit to the next.
      for (let after = from; after < to; after += 17 * MINUTE + 31_000) {
        const next = found.find((at) => Date.parse(at) > after)
        if (next !== undefined) expect(nextTime(cron, zone, new Date(after))?.toISOString(), text).toBe(next)
      }
    }
  })
})
