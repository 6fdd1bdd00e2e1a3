import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Health, HealthState } from './health.ts'
import { type Page, requestAll } from './page.ts'
import type { JsonSchema } from './json-schema.ts'
import { isOpen, type SyncState } from './syncs.ts'

const MOVING_MS = 2000
const RESTING_MS = 15_000

export type Values = Record<string, unknown>

export interface AuthWay {
  type: string
  title?: string
  schema: JsonSchema
}

export interface Provider {
  provider: string
  connector_type: string
  title: string
  spec: JsonSchema
  auth: AuthWay[]
  can: {
    check: boolean
    discover: boolean
    source: boolean
    target: boolean
    /** Whether the hub keeps in step with it. */
    sync?: boolean
    /** Whether it calls the hub. */
    hook?: boolean
  }
}

export interface Connection {
  id: number
  group_id: number
  name: string
  description: string
  type: string
  connection_data: Values
  auth_data: (Values & { type: string }) | null
  uuid?: string
  connector_type?: string
  status?: string
  health?: Health
  last_sync?: { id: number; state: SyncState; queued_at: string; ended_at: string | null } | null
  last_synced_at?: string | null
  next_sync_at?: string | null
  secrets?: Record<string, { set: boolean; updated_at: string | null }>
  created_at?: string
  updated_at?: string
}

export interface ConnectionBody {
  group_id: number
  name: string
  description: string
  type: string
  connection_data: Values
  auth_data: Values
}

export interface TestAnswer {
  ok: boolean
  message: string
  details?: { version?: string } & Values
  duration_ms: number
}

export type BrowseKind = 'schema' | 'table' | 'view' | 'folder' | 'file'

export interface BrowseItem {
  name: string
  path: string
  kind: BrowseKind
  rows?: number | null
  size_bytes?: number | null
  modified_at?: string | null
  format?: string | null
  writable?: boolean
}

export interface Column {
  name: string
  type: string
  nullable: boolean
  primary_key: boolean
}

export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async ({ signal }) => {
    const answer = await request<{ items: Provider[] }>('GET', '/v1/providers', { signal })
    return answer.items
  },
  staleTime: Number.POSITIVE_INFINITY,
})

export interface ConnectionFilter {
  group_id: number
  page: number
  search_query: string
  type: string[]
  health?: readonly HealthState[]
  sort?: string
  page_size?: number
}

export const connectionPageQuery = (query: ConnectionFilter) =>
  queryOptions({
    queryKey: ['connections', 'page', query],
    queryFn: ({ signal }) =>
      request<Page<Connection>>('GET', '/v1/connections', { query: { ...query, view: 'full' }, signal }),
    placeholderData: (previous) => previous,
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ last_sync }) => last_sync != null && isOpen(last_sync.state))
        ? MOVING_MS
        : // Health and syncs that begin by themselves are told by no change of the connection.
          RESTING_MS,
  })

export const allConnectionsQuery = (groupId: number) =>
  queryOptions({
    queryKey: ['connections', 'all', groupId],
    queryFn: ({ signal }) =>
      requestAll<Connection>('/v1/connections', { group_id: groupId, view: 'full' }, signal),
  })

export const connectionQuery = (id: number) =>
  queryOptions({
    queryKey: ['connections', 'one', id],
    queryFn: ({ signal }) =>
      request<Connection>('GET', `/v1/connections/${id}`, { query: { view: 'full' }, signal }),
  })

export const browseQuery = (id: number, path: string) =>
  queryOptions({
    queryKey: ['connections', 'browse', id, path],
    queryFn: ({ signal }) =>
      request<{ path: string; items: BrowseItem[] }>('GET', `/v1/connections/${id}/browse`, {
        query: { path },
        signal,
      }),
    staleTime: 30_000,
    retry: false,
  })

export const columnsQuery = (id: number, path: string) =>
  queryOptions({
    queryKey: ['connections', 'columns', id, path],
    queryFn: ({ signal }) =>
      request<{ items: Column[] }>('GET', `/v1/connections/${id}/columns`, { query: { path }, signal }),
    staleTime: 30_000,
    retry: false,
  })

export const createConnection = (body: ConnectionBody) =>
  request<Connection>('POST', '/v1/connections', { body })

export const changeConnection = (id: number, body: ConnectionBody) =>
  request<Connection>('PUT', `/v1/connections/${id}`, { body })

export const deleteConnection = (id: number) => request<void>('DELETE', `/v1/connections/${id}`)

export interface UntriedConnection {
  type: string
  connection_data: Values
  auth_data: Values
  /** Whose kept secrets stand in for those left empty. */
  connection_id?: number
  group_id?: number
}

export const testUntried = (body: UntriedConnection) =>
  request<TestAnswer>('POST', '/v1/connections/test', { body })

export const testConnection = (id: number) => request<TestAnswer>('POST', `/v1/connections/${id}/test`)

export const copyConnection = (
  id: number,
  body: { new_group_id: number; new_name?: string; remove_source: boolean },
) => request<Connection>('POST', `/v1/connections/${id}/copy_connection`, { body })
