import { describe, expect, test } from 'vitest'
import { convertSchedule } from './import-schedule.ts'

describe('a schedule of SyncMaster runs at the same times here', () => {
  test.each([
    ['0 5 * * *', '0 5 * * *', 'what is the same stays as it is'],
    ['0 0 * * 0', '0 0 * * 1', 'its 0 was Monday'],
    ['0 0 * * 6', '0 0 * * 0', 'its 6 was Sunday'],
    ['0 0 * * 0-4', '0 0 * * 1-5', 'Monday to Friday'],
    ['0 0 * * mon-fri', '0 0 * * 1-5', 'by names'],
    ['0 0 * * 5,6', '0 0 * * 0,6', 'a weekend'],
    ['0 0 * * 0-6', '0 0 * * *', 'every day, said long'],
    ['0 0 * * */2', '0 0 * * 0,1,3,5', 'every second from Monday on'],
    ['30 4 1,15 * *', '30 4 1,15 * *', 'days of the month'],
    ['5/10 * * * *', '5-59/10 * * * *', 'a step from a minute on'],
    ['*/15 8-18 * JAN-MAR Mon', '*/15 8-18 * jan-mar 1', 'capitals'],
    ['0 0 1-31 * 2', '0 0 * * 3', 'all days of the month are none'],
    ['0 0 */2 * 0', '0 0 */2 * 1', 'both must fit here too, if one begins with a star'],
    ['  0   0 * *   * ', '0 0 * * *', 'blanks'],
  ])('%s is %s: %s', (there, here) => {
    expect(convertSchedule(there, 'UTC')).toEqual({ schedule: here })
  })
})

describe('what cannot be said here is not guessed', () => {
  test.each([
    ['0 0 1-7 * mon', 'at once'],
    ['0 0 * * 7', 'weekday'],
    ['0 0 last * *', 'day'],
    ['0 0 * *', 'five fields'],
    ['@daily', 'five fields'],
    ['not a cron at all', 'minute'],
    ['60 0 * * *', 'minute'],
    ['0 5-2 * * *', 'hour'],
    ['*/60 * * * *', 'minute'],
    ['0 0 * * mon-fri/2', 'weekday'],
    ['0 0 31 2 *', 'never comes'],
    ['1,3,5,7,9,11,13,15,17,19,21 * * * 0', 'longer than 32'],
    ['', 'five fields'],
  ])('"%s": %s', (there, words) => {
    expect(convertSchedule(there, 'UTC')).toEqual({ problem: expect.stringContaining(words) })
  })

  test('a time zone that there is not', () => {
    expect(convertSchedule('0 5 * * *', 'Mars/Base')).toEqual({
      problem: expect.stringContaining('Mars/Base'),
    })
  })
})
