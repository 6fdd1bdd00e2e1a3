import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Page } from './page.ts'
import { pollUnlessLive } from './realtime.ts'

export const RUN_STATUSES = [
  'CREATED',
  'STARTED',
  'SEND_STOP_SIGNAL',
  'FINISHED',
  'FAILED',
  'STOPPED',
] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

export const RUN_TYPES = ['MANUAL', 'SCHEDULED'] as const
export type RunType = (typeof RUN_TYPES)[number]

export interface RunProgress {
  rows: number
  bytes: number
  total_rows: number | null
  total_bytes: number | null
  phase: string
  rows_per_second?: number | null
  eta_seconds?: number | null
}

export interface Run {
  id: number
  transfer_id: number
  status: RunStatus
  type: RunType
  started_at: string | null
  ended_at: string | null
  log_url: string | null
  transfer_name?: string
  progress?: RunProgress | null
  engine?: string | null
  error?: string | null
  attempts?: number
  queued_at?: string | null
  created_at?: string
  created_by?: number | null
  duration_ms?: number | null
  transfer_dump?: Record<string, unknown>
  group_id?: number
  /** The run of the same transfer that is before it. */
  waits_for?: { run_id: number } | null
}

export interface LogLine {
  seq: number
  at: string
  level: 'info' | 'warning' | 'error'
  message: string
}

export interface RunFilter {
  group_id?: number | undefined
  transfer_id?: number | undefined
  page: number
  status?: readonly RunStatus[]
  type?: readonly RunType[]
  search_query?: string
  started_at_since?: string | undefined
  started_at_until?: string | undefined
  sort?: string
  page_size?: number
}

export const isOver = (status: RunStatus): boolean =>
  status === 'FINISHED' || status === 'FAILED' || status === 'STOPPED'

export const runPageQuery = (query: RunFilter) =>
  queryOptions({
    queryKey: ['runs', 'page', query],
    queryFn: ({ signal }) =>
      request<Page<Run>>('GET', '/v1/runs', { query: { ...query, view: 'full' }, signal }),
    placeholderData: (previous) => previous,
    // A list with something on the move looks again by itself, unless it is told; one at rest does not.
    refetchInterval: ({ state }) =>
      state.data?.items.some((run) => !isOver(run.status)) ? pollUnlessLive(2000) : false,
  })

export const runQuery = (id: number) =>
  queryOptions({
    queryKey: ['runs', 'one', id],
    queryFn: ({ signal }) => request<Run>('GET', `/v1/runs/${id}`, { query: { view: 'full' }, signal }),
  })

/** The log from one line on; at most 500 lines an answer. */
export const readLog = (id: number, after: number, signal?: AbortSignal) =>
  request<{ items: LogLine[]; last_seq: number }>('GET', `/v1/runs/${id}/log`, {
    query: { after, limit: 500 },
    signal,
  })

export const startRun = (transfer_id: number) =>
  request<Run>('POST', '/v1/runs', { query: { view: 'full' }, body: { transfer_id } })

export const stopRun = (id: number) =>
  request<Run>('POST', `/v1/runs/${id}/stop`, { query: { view: 'full' } })

export const retryRun = (id: number) =>
  request<Run>('POST', `/v1/runs/${id}/retry`, { query: { view: 'full' } })
