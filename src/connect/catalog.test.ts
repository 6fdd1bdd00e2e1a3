import { expect, test } from 'vitest'
import { diffCatalogs, hashOf } from './catalog.ts'
import type { CatalogColumn, CatalogTable } from './sync-kind.ts'

const column = (name: string, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  name,
  type: 'int',
  nullable: true,
  primary_key: false,
  ...more,
})
const table = (name: string, columns: CatalogColumn[]): CatalogTable => ({ name, kind: 'table', columns })
const BEFORE = [table('a', [column('id', { primary_key: true, nullable: false }), column('x')])]

test('the same in another order, with other estimates, is the same', () => {
  const [first] = BEFORE
  const again = [{ ...table('a', (first?.columns ?? []).toReversed()), rows: 7 }]
  expect(hashOf(again)).toBe(hashOf(BEFORE))
  expect(diffCatalogs(BEFORE, again).change).toBe('none')
})

test.each<[string, CatalogTable[], string]>([
  ['a new table', [...BEFORE, table('b', [])], 'non_breaking'],
  [
    'a new column',
    [table('a', [column('id', { primary_key: true, nullable: false }), column('x'), column('y')])],
    'non_breaking',
  ],
  [
    'a column that may no longer be null',
    [table('a', [column('id', { primary_key: true, nullable: false }), column('x', { nullable: false })])],
    'non_breaking',
  ],
  ['a table that is gone', [], 'breaking'],
  ['a column that is gone', [table('a', [column('id', { primary_key: true, nullable: false })])], 'breaking'],
  [
    'another type',
    [table('a', [column('id', { primary_key: true, nullable: false }), column('x', { type: 'text' })])],
    'breaking',
  ],
  ['another primary key', [table('a', [column('id', { nullable: false }), column('x')])], 'breaking'],
])('%s', (_what, after, change) => {
  expect(diffCatalogs(BEFORE, after).change).toBe(change)
})
