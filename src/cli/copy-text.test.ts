import { expect, test } from 'vitest'

import { fileFormat, progressText, resultText } from './copy-text.ts'

test.each([
  ['a.csv', { type: 'csv', delimiter: ',', compression: 'none' }],
  ['a.TSV.gz', { type: 'csv', delimiter: '\t', compression: 'gzip' }],
  ['dir.d/a.ndjson.zst', { type: 'jsonline', compression: 'zstd' }],
  ['a.parquet', { type: 'parquet', compression: 'snappy' }],
])('the name %s tells its format', (name, format) => {
  expect(fileFormat(name, undefined)).toMatchObject(format)
})

test('--format tells what a name does not, and another word is refused', () => {
  expect(fileFormat('-', 'json')).toMatchObject({ type: 'json' })
  expect(() => fileFormat('-', undefined)).toThrow('add --format')
  expect(() => fileFormat('-', 'xlsx')).toThrow('"xlsx" is none')
})

const progress = { rows: 500_000, bytes: 0, totalRows: 2_000_000, totalBytes: null, phase: 'writing' }

test('progress tells rows, rate, share and what is left, as far as each is known', () => {
  expect(progressText(progress, 2)).toBe('500,000 rows · 250,000 rows/s · 25 % · 6 s left')
  expect(progressText({ ...progress, totalRows: null }, 2)).toBe('500,000 rows · 250,000 rows/s')
  expect(progressText({ ...progress, totalRows: null, bytes: 1, totalBytes: 2 }, 2)).toContain(
    '50 % · 2 s left',
  )
  // The total is an estimate, so more than it may come.
  expect(progressText({ ...progress, totalRows: 400_000 }, 2)).toContain('99 %')
})

test('the result tells rows, place, time and the next mark, quoted for a shell', () => {
  const result = { route: 'copy' as const, rows: 1, bytes: 0, written: 'public.t', mark: "o'clock" }
  expect(resultText(result, 0.5)).toBe(
    String.raw`1 row to public.t in 0.5 s (2 rows/s)` + '\n' + String.raw`Next time: --after 'o'\''clock'`,
  )
})
