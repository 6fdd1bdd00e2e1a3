import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Page } from './page.ts'

export interface AuditEntry {
  id: number
  /** `<thing>.<verb>`: `connection.update`. */
  action: string
  created_at: string
  actor_id: number | null
  actor_name: string | null
  group_id: number | null
  object_id: string | null
  object_name: string | null
  address: string | null
  request_id: string | null
  details: Record<string, unknown> | null
}

export interface AuditQuery {
  page: number
  page_size?: number
  sort?: string
  actor_id?: number | undefined
  group_id?: number | undefined
  action?: string | undefined
  since?: string | undefined
  until?: string | undefined
}

export const auditQuery = (query: AuditQuery) =>
  queryOptions({
    queryKey: ['audit', query],
    queryFn: ({ signal }) => request<Page<AuditEntry>>('GET', '/v1/audit', { query: { ...query }, signal }),
    placeholderData: (previous) => previous,
  })
