import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Page } from './page.ts'

/** A call that a connection of type webhook took. */
export interface HookCall {
  event_id: number
  id: string
  type: string
  payload: unknown
  received_at: string
}

export const hookCallPageQuery = (connectionId: number, page: number) =>
  queryOptions({
    queryKey: ['connections', 'hook-calls', connectionId, page],
    queryFn: ({ signal }) =>
      request<Page<HookCall>>('GET', `/v1/connections/${connectionId}/hook_calls`, {
        query: { page, page_size: 10 },
        signal,
      }),
    placeholderData: (previous) => previous,
    refetchInterval: 5000,
  })
