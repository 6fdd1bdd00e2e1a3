import { expect, test } from 'vitest'
import { cronOf, EVERY, presetOf, readPreset } from './schedule-preset.ts'

test.each([
  ['5 * * * *', { every: 'hour', minute: 5 }],
  ['0 3 * * *', { every: 'day', time: '03:00' }],
  ['30 18 * * 1-5', { every: 'workday', time: '18:30' }],
  ['0 4 * * 0', { every: 'week', weekday: 0, time: '04:00' }],
  [' 0  5 31 * * ', { every: 'month', day: 31, time: '05:00' }],
])('%j is a usual schedule', (cron, preset) => {
  expect(readPreset(cron)).toEqual(preset)
  expect(cronOf(presetOf('hour', null))).toBe('0 * * * *')
})

test.each([
  '',
  '*/5 * * * *',
  '0 3 * 1 *',
  '0 3 1 * 1',
  '61 3 * * *',
  '0 24 * * *',
  '0 3 32 * *',
  '@daily',
  '00 03 * * *',
  '0 x * * *',
])('%j is one of its own', (cron) => expect(readPreset(cron)).toBeNull())

test('another rhythm keeps the time of day', () => {
  expect(cronOf(presetOf('week', { every: 'day', time: '22:15' }))).toBe('15 22 * * 1')
  expect(EVERY.map((every) => cronOf(presetOf(every, null)))).toEqual([
    '0 * * * *',
    '0 3 * * *',
    '0 6 * * 1-5',
    '0 4 * * 1',
    '0 5 1 * *',
  ])
})
