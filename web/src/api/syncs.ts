import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Actor } from './health.ts'
import type { Page } from './page.ts'

export type SyncState = 'pending' | 'running' | 'stopping' | 'succeeded' | 'failed' | 'stopped' | 'skipped'

export interface Sync {
  id: number
  connection_id: number
  trigger: 'manual' | 'schedule' | 'event'
  state: SyncState
  scheduled_for: string | null
  queued_at: string
  started_at: string | null
  ended_at: string | null
  duration_ms: number | null
  added: number
  updated: number
  deleted: number
  unchanged: number
  progress: { phase: string; done: number; total: number | null } | null
  summary: string | null
  error: { code: string; message: string; actor: Actor } | null
}

export interface SyncChange {
  seq: number
  kind: ChangeKind
  item: string
  note: string
  breaking: boolean
}

export type ChangeKind = 'added' | 'updated' | 'deleted'

export const isOpen = (state: SyncState): boolean =>
  state === 'pending' || state === 'running' || state === 'stopping'

/** As the hub's rules want it; what comes by SQL may be anything. */
export type SyncSchedule =
  | { type: 'manual' }
  | ({ type: 'interval'; every: string } & SchedulePolicies)
  | ({ type: 'cron'; cron: string; timezone: string } & SchedulePolicies)

export interface SchedulePolicies {
  missed: 'one' | 'skip'
  overlap: 'skip' | 'queue'
  jitter?: string | null
  enabled: boolean
}

export interface SyncScheduleAnswer {
  schedule: SyncSchedule
  /** Why it cannot be read; then `schedule` is whatever was found. */
  problem: string | null
  next_syncs: string[]
}

const MOVING_MS = 1000
const RESTING_MS = 15_000

export const syncPageQuery = (connectionId: number, page: number) =>
  queryOptions({
    queryKey: ['syncs', connectionId, 'page', page],
    queryFn: ({ signal }) =>
      request<Page<Sync>>('GET', `/v1/connections/${connectionId}/syncs`, {
        query: { page, page_size: 10 },
        signal,
      }),
    placeholderData: (previous) => previous,
    refetchInterval: ({ state }) =>
      state.data?.items.some((sync) => isOpen(sync.state)) ? MOVING_MS : RESTING_MS,
  })

export const syncChangesQuery = (syncId: number, page: number) =>
  queryOptions({
    queryKey: ['syncs', 'changes', syncId, page],
    queryFn: ({ signal }) =>
      request<Page<SyncChange>>('GET', `/v1/syncs/${syncId}/changes`, {
        query: { page, page_size: 50 },
        signal,
      }),
    placeholderData: (previous) => previous,
  })

export const scheduleQuery = (connectionId: number) =>
  queryOptions({
    queryKey: ['syncs', connectionId, 'schedule'],
    queryFn: ({ signal }) =>
      request<SyncScheduleAnswer>('GET', `/v1/connections/${connectionId}/schedule`, { signal }),
  })

export const startSync = (connectionId: number) =>
  request<Sync>('POST', `/v1/connections/${connectionId}/sync`)

export const stopSync = (id: number) => request<Sync>('POST', `/v1/syncs/${id}/stop`)

export const changeSchedule = (connectionId: number, schedule: SyncSchedule) =>
  request<SyncScheduleAnswer>('PUT', `/v1/connections/${connectionId}/schedule`, { body: schedule })

export const changeStatus = (connectionId: number, status: 'active' | 'inactive') =>
  request<{ status: string }>('PUT', `/v1/connections/${connectionId}/status`, { body: { status } })
