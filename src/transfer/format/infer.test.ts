import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { expect, test } from 'vitest'

import { CSV } from '../engine/testing.ts'
import { inferCsvColumns } from './infer.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'crosstie-infer-'))

async function typeOf(values: readonly string[]): Promise<string | undefined> {
  const file = path.join(folder, 'column.csv')
  writeFileSync(file, `x,n\n${values.map((value, index) => `${value},${index}\n`).join('')}`)
  const [column] = await inferCsvColumns([file], CSV)
  return column?.type
}

test.each([
  ['bigint', ['1', '-9223372036854775808', '', '0']],
  ['numeric', ['1', '1.50', '-0.001']],
  ['numeric', ['9223372036854775808']],
  ['double precision', ['1e-05', '1.5']],
  ['boolean', ['true', 'false', '']],
  ['date', ['2024-02-29', '1999-12-31']],
  ['timestamp', ['2024-02-29T10:00:00.123456', '2024-02-29 10:00:00']],
  ['timestamptz', ['2024-02-29T10:00:00Z', '2024-02-29 10:00:00+00']],
  ['text', ['00501', '12345']],
  ['text', ['1', 'n/a']],
  ['text', ['+1']],
  ['text', ['-0']],
  ['text', ['1,5'].map((value) => `"${value}"`)],
  ['text', [' 1']],
  ['text', ['t', 'f']],
  ['text', ['True', 'False']],
  ['text', ['2023-02-29']],
  ['text', ['01/02/2024']],
  ['text', ['2024-02-29T10:00:00+02:00']],
  ['text', ['2024-02-29 10:00:00.1234567']],
  ['text', ['nan', 'inf']],
  ['text', ['1', '""']],
  ['text', ['', '']],
] as const)('a column is %s when its values are %j', async (type, values) => {
  expect(await typeOf(values)).toBe(type)
})

test('a value past the first twenty thousand rows still decides', async () => {
  const many = Array.from({ length: 30_000 }, (_, index) => String(index + 1))
  expect(await typeOf(many)).toBe('bigint')
  expect(await typeOf([...many, '1.5'])).toBe('numeric')
  expect(await typeOf([...many, '007'])).toBe('text')
  const late = Array.from({ length: 30_000 }, () => '')
  expect(await typeOf([...late, '2024-01-01'])).toBe('date')
})

test('files that are read as one table must have the same columns', async () => {
  const one = path.join(folder, 'one.csv')
  const other = path.join(folder, 'oth[e]r*.csv')
  writeFileSync(one, '\ufeffid,"na""me"\n1,x\n')
  writeFileSync(other, 'id,name\n2,y\n')
  expect(await inferCsvColumns([one], CSV)).toEqual([
    { name: 'id', type: 'bigint' },
    { name: 'na"me', type: 'text' },
  ])
  await expect(inferCsvColumns([one, other], CSV)).rejects.toMatchObject({ code: 'transfer.columns_differ' })
  expect(await inferCsvColumns([other, other], CSV)).toEqual([
    { name: 'id', type: 'bigint' },
    { name: 'name', type: 'text' },
  ])
})
