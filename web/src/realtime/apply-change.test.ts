import { QueryClient } from '@tanstack/react-query'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Page } from '../api/page.ts'
import type { Run } from '../api/runs.ts'
import { applyChange } from './apply-change.ts'

const KEY = ['runs', 'page', {}]
let queries: QueryClient
let asked: string[]

function page(...items: Partial<Run>[]): Page<Run> {
  // What the rules do not read is left out.
  return { meta: {}, items } as unknown as Page<Run>
}

beforeEach(() => {
  vi.useFakeTimers()
  queries = new QueryClient()
  asked = []
  vi.spyOn(queries, 'invalidateQueries').mockImplementation(async (filters) => {
    asked.push(JSON.stringify(filters?.queryKey))
  })
  queries.setQueryData(KEY, page({ id: 1, status: 'STARTED', type: 'MANUAL' }, { id: 2, status: 'FINISHED' }))
})

const runs = () => queries.getQueryData<Page<Run>>(KEY)?.items

test('progress goes into the lists in hand, and nothing is asked for', () => {
  const progress = { rows: 5, bytes: 1, total_rows: null, total_bytes: null, phase: 'reading' }
  applyChange(queries, {
    table: 'runs',
    type: 'UPDATE',
    id: 1,
    row: { id: 1, status: 'STARTED', progress, company_id: 'x' },
  })
  vi.runAllTimers()
  expect(runs()).toEqual([
    { id: 1, status: 'STARTED', type: 'MANUAL', progress },
    { id: 2, status: 'FINISHED' },
  ])
  expect(asked).toEqual([])
})

test('a new state is shown at once, and the lists are read anew, once for many changes', () => {
  for (let count = 0; count < 5; count++) {
    applyChange(queries, { table: 'runs', type: 'UPDATE', id: 1, row: { status: 'FINISHED' } })
  }
  expect(runs()?.[0]?.status).toBe('FINISHED')
  vi.runAllTimers()
  expect(asked).toEqual(['["runs","page"]', '["transfers"]'])
})

test('a run that comes or goes makes the lists read anew', () => {
  applyChange(queries, { table: 'runs', type: 'INSERT', id: 3, row: {} })
  applyChange(queries, { table: 'runs', type: 'DELETE', id: 2 })
  vi.runAllTimers()
  expect(asked).toEqual(['["runs","page"]', '["transfers"]'])
})

test('of a run that is on no list in hand each state is news once', () => {
  for (const status of ['STARTED', 'STARTED', 'STARTED', 'FINISHED']) {
    applyChange(queries, { table: 'runs', type: 'UPDATE', id: 9, row: { status } })
    vi.runAllTimers()
  }
  expect(asked.filter((one) => one === '["transfers"]')).toHaveLength(2)
})

test('a connection that changes is read anew with its health and its syncs', () => {
  applyChange(queries, { table: 'connections', type: 'UPDATE', id: 7, row: {} })
  vi.runAllTimers()
  expect(asked).toEqual([
    '["connections","page"]',
    '["connections","one",7]',
    '["connections","health",7]',
    '["syncs",7]',
  ])
})
