import { expect, test } from 'vitest'
import { formatAgo, formatBytes, formatDuration, formatNumber, formatShort } from './format.ts'

test('numbers are grouped as the language groups them', () => {
  expect(formatNumber(1500000, 'en')).toBe('1,500,000')
  expect(formatShort(1500000, 'en')).toBe('1.5M')
  expect(formatShort(1500000, 'zh-CN')).toBe('150万')
})

test('bytes take the largest unit that leaves a figure above one', () => {
  expect(formatBytes(0, 'en')).toBe('0 bytes')
  expect(formatBytes(999, 'en')).toBe('999 bytes')
  expect(formatBytes(1000, 'en')).toBe('1 kB')
  expect(formatBytes(1_540_000, 'en')).toBe('1.5 MB')
  expect(formatBytes(310_000_000, 'en')).toBe('310 MB')
  expect(formatBytes(2.5e18, 'en')).toBe('2,500 PB')
})

test('a span shows its two largest parts', () => {
  expect(formatDuration(340, 'en')).toBe('340 ms')
  expect(formatDuration(2100, 'en')).toBe('2.1 sec')
  expect(formatDuration(59_400, 'en')).toBe('59 sec')
  expect(formatDuration(65_000, 'en')).toBe('1 min 5 sec')
  expect(formatDuration(3_600_000, 'en')).toBe('1 hr 0 min')
  expect(formatDuration(90_061_000, 'en')).toBe('1 day 1 hr')
  expect(formatDuration(2100, 'zh-CN')).toBe('2.1秒')
})

test('a moment is told by its distance, past or to come', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  expect(formatAgo('2026-11-22T11:58:00Z', 'en', now)).toBe('2 minutes ago')
  expect(formatAgo('2026-11-22T14:30:00Z', 'en', now)).toBe('in 2 hours')
  expect(formatAgo('2026-11-21T11:00:00Z', 'en', now)).toBe('yesterday')
})
