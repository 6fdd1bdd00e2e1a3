import { expect, test } from 'vitest'
import { durationOf, shareOf } from './run-figures.ts'

const progress = (rows: number, total_rows: number | null, bytes = 0, total_bytes: number | null = null) => ({
  rows,
  bytes,
  total_rows,
  total_bytes,
  phase: 'reading',
})

test('how far a run is, is told by rows, else by bytes, else not at all', () => {
  expect(shareOf({ status: 'STARTED', progress: progress(50, 200) })).toBe(0.25)
  expect(shareOf({ status: 'STARTED', progress: progress(50, null, 30, 60) })).toBe(0.5)
  expect(shareOf({ status: 'STARTED', progress: progress(50, null) })).toBeNull()
  expect(shareOf({ status: 'STARTED', progress: progress(300, 200) })).toBe(1)
  expect(shareOf({ status: 'CREATED', progress: null })).toBe(0)
  expect(shareOf({ status: 'FINISHED', progress: null })).toBe(1)
})

test('a run that has not ended is as long as it has taken so far', () => {
  const started_at = '2026-01-01T00:00:00Z'
  expect(durationOf({ started_at, ended_at: '2026-01-01T00:00:05Z' })).toBe(5000)
  expect(durationOf({ started_at, ended_at: null }, Date.parse('2026-01-01T00:01:00Z'))).toBe(60_000)
  expect(durationOf({ started_at: null, ended_at: null })).toBeNull()
})
