import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Page } from './page.ts'

export const APPLICATION_TYPES = ['read_only', 'publish', 'all'] as const
export type ApplicationType = (typeof APPLICATION_TYPES)[number]

export interface Application {
  id: number
  name: string
  type: ApplicationType
  status?: 'enabled' | 'disabled'
  description?: string
  group_id?: number | null
  user_id?: number | null
  expires_at?: string | null
  used_at?: string | null
  created_at?: string
}

export const applicationsQuery = (query: {
  page: number
  group_id?: number | undefined
  sort?: string
  page_size?: number
}) =>
  queryOptions({
    queryKey: ['applications', 'page', query],
    queryFn: ({ signal }) => request<Page<Application>>('GET', '/v1/applications', { query, signal }),
    placeholderData: (previous) => previous,
  })

export interface NewApplication {
  name: string
  type: ApplicationType
  description?: string
  user?: true
  group_id?: number
  expires_at?: string
}

export const createApplication = (body: NewApplication) =>
  request<Application & { secret: string }>('POST', '/v1/applications', { body })

export const changeApplication = (id: number, body: { status: 'enabled' | 'disabled' }) =>
  request<Application>('PUT', `/v1/applications/${id}`, { body })

export const deleteApplication = (id: number) => request<void>('DELETE', `/v1/applications/${id}`)

export const rotateApplication = (id: number) =>
  request<{ secret: string }>('POST', `/v1/applications/${id}/rotate`)
