/** What a change does to what the page has in hand. */
import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { Page } from '../api/page.ts'
import { isOver, type Run } from '../api/runs.ts'

/** The tables of the schema `hub` that pages follow. */
export type LiveTable = 'connections' | 'runs'

export type Change =
  | { table: LiveTable; type: 'INSERT' | 'UPDATE'; id: number; row: object }
  | { table: LiveTable; type: 'DELETE'; id: number }

/** What a run's row and the list's items both have, and what changes while it goes. */
const MOVING = [
  'status',
  'started_at',
  'ended_at',
  'queued_at',
  'progress',
  'error',
  'attempts',
  'engine',
] as const

/** The page of runs with the change in it; the very same page where the run is not on it. */
function withRun(page: Page<Run>, id: number, row: object): Page<Run> {
  if (!page.items.some((run) => run.id === id)) return page
  const moved = Object.fromEntries(Object.entries(row).filter(([name]) => MOVING.some((one) => one === name)))
  return { ...page, items: page.items.map((run) => (run.id === id ? { ...run, ...moved } : run)) }
}

export function applyChange(queries: QueryClient, change: Change): void {
  if (change.table === 'connections') {
    // Its row holds neither health nor syncs, so it is read anew.
    askSoon(queries, ['connections', 'page'])
    askSoon(queries, ['connections', 'one', change.id])
    askSoon(queries, ['connections', 'health', change.id])
    askSoon(queries, ['syncs', change.id])
    return
  }
  if (change.type !== 'UPDATE') {
    askSoon(queries, ['runs', 'page'])
    askSoon(queries, ['transfers'])
    return
  }
  const { id, row } = change
  const before = moving.get(id) ?? statusIn(queries, id)
  queries.setQueriesData<Page<Run>>({ queryKey: ['runs', 'page'] }, (page) => page && withRun(page, id, row))
  const status = 'status' in row ? (row.status as Run['status']) : undefined // as the hub writes it
  if (status === undefined || status === before) return
  if (isOver(status)) moving.delete(id)
  else moving.set(id, status)
  // A list filtered or sorted by state has others on it now; transfers tell their last run.
  askSoon(queries, ['runs', 'page'])
  askSoon(queries, ['transfers'])
}

/** The states of runs that go on, so that their progress is no news to a page without their list. */
const moving = new Map<number, Run['status']>()

function statusIn(queries: QueryClient, id: number): Run['status'] | undefined {
  return queries
    .getQueriesData<Page<Run>>({ queryKey: ['runs', 'page'] })
    .flatMap(([, page]) => page?.items ?? [])
    .find((run) => run.id === id)?.status
}

const SOON_MS = 250
const waiting = new Map<string, ReturnType<typeof setTimeout>>()

/** Many changes at once are one question. */
function askSoon(queries: QueryClient, queryKey: QueryKey): void {
  const name = JSON.stringify(queryKey)
  if (waiting.has(name)) return
  const ask = () => {
    waiting.delete(name)
    void queries.invalidateQueries({ queryKey })
  }
  waiting.set(name, setTimeout(ask, SOON_MS))
}
