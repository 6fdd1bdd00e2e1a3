import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'

export const HEALTH_STATES = ['ok', 'degraded', 'broken', 'unknown'] as const
export type HealthState = (typeof HEALTH_STATES)[number]

/** Who must act on a failure. */
export type Actor = 'you' | 'provider' | 'operator'

export interface Health {
  state: HealthState
  code: string | null
  message: string | null
  actor: Actor | null
  since: string | null
  last_check_at: string | null
  last_ok_at: string | null
  consecutive_failures: number
  next_check_at: string | null
}

export const healthQuery = (connectionId: number) =>
  queryOptions({
    queryKey: ['connections', 'health', connectionId],
    queryFn: ({ signal }) => request<Health>('GET', `/v1/connections/${connectionId}/health`, { signal }),
    // The hub looks by itself, and a failure changes nothing else that would be told.
    refetchInterval: 15_000,
  })

/** Where the browser goes to sign a connection in; it comes back to the connection's page. */
export const beginSignIn = (connectionId: number) =>
  request<{ url: string; redirect_uri: string }>('POST', `/v1/connections/${connectionId}/oauth/authorize`)
