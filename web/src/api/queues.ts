import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import { type Page, requestAll } from './page.ts'

export interface Queue {
  id: number
  group_id: number
  name: string
  slug: string
  description: string
}

export const queuePageQuery = (query: {
  group_id: number
  page: number
  search_query: string
  sort?: string
  page_size?: number
}) =>
  queryOptions({
    queryKey: ['queues', 'page', query],
    queryFn: ({ signal }) => request<Page<Queue>>('GET', '/v1/queues', { query: { ...query }, signal }),
    placeholderData: (previous) => previous,
  })

export const allQueuesQuery = (groupId: number) =>
  queryOptions({
    queryKey: ['queues', 'all', groupId],
    queryFn: ({ signal }) => requestAll<Queue>('/v1/queues', { group_id: groupId }, signal),
  })

export const queueQuery = (id: number) =>
  queryOptions({
    queryKey: ['queues', 'one', id],
    queryFn: ({ signal }) => request<Queue>('GET', `/v1/queues/${id}`, { signal }),
  })

export const createQueue = (body: { group_id: number; name: string; description: string }) =>
  request<Queue>('POST', '/v1/queues', { body })

export const changeQueue = (id: number, body: { name: string; description: string }) =>
  request<Queue>('PUT', `/v1/queues/${id}`, { body })

export const deleteQueue = (id: number) => request<void>('DELETE', `/v1/queues/${id}`)
