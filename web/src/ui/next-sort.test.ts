import { expect, test } from 'vitest'
import { nextSort } from './next-sort.ts'

test('a column is sorted up, then down, then not at all', () => {
  expect(nextSort('name', '')).toBe('name')
  expect(nextSort('name', 'name')).toBe('-name')
  expect(nextSort('name', '-name')).toBe('')
  expect(nextSort('name', '-other')).toBe('name')
})
