import { expect, test } from 'vitest'
import { readId, readListSearch, readWords, readDays } from './list-search.ts'

test('the address gives page, search and order, and nonsense in it is passed over', () => {
  expect(readListSearch({ page: 3, q: 'orders', sort: '-name' })).toEqual({
    page: 3,
    q: 'orders',
    sort: '-name',
  })
  expect(readListSearch({ page: -1, q: '', sort: {} })).toEqual({})
  expect(readListSearch({ page: 1 })).toEqual({})
})

test('a search for a number stays a search', () => {
  expect(readListSearch({ q: 2024 })).toEqual({ q: '2024' })
})

test('of a repeated parameter only the known words count', () => {
  expect(readWords(['FAILED', 'nonsense', 3], ['FAILED', 'FINISHED'])).toEqual(['FAILED'])
  expect(readWords('FINISHED', ['FAILED', 'FINISHED'])).toEqual(['FINISHED'])
  expect(readWords(undefined)).toEqual([])
})

test('an id is a positive whole number', () => {
  expect([readId(4), readId('4'), readId(0), readId('x'), readId(1.5)]).toEqual([
    4,
    4,
    undefined,
    undefined,
    undefined,
  ])
})

test('a day in the address is a day, or nothing', () => {
  expect(readDays({ since: '2026-03-01', until: 'yesterday' })).toEqual({ since: '2026-03-01' })
  expect(readDays({ since: '2026-13-41', until: 7 })).toEqual({})
})
