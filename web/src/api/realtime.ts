/** Whether changes come by themselves, and what Supabase clients are given. */
import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'

/** `off`: nobody asked for it. `paused`: asked for, and the socket is closed; pages ask again and again instead. */
export type LiveState = 'off' | 'paused' | 'live'

let current: LiveState = 'off'
const listeners = new Set<() => void>()

export const live = {
  get: (): LiveState => current,
  set: (next: LiveState): void => {
    if (next === current) return
    current = next
    for (const listener of listeners) listener()
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

/** How often a list asks again by itself: not at all while it is told. */
export const pollUnlessLive = (ms: number): number | false => (current === 'live' ? false : ms)

export interface SupabaseKeys {
  url: string
  anon_key: string
}

export const supabaseQuery = queryOptions({
  queryKey: ['supabase'],
  queryFn: ({ signal }) => request<SupabaseKeys>('GET', '/v1/auth/supabase', { signal }),
  staleTime: 60_000,
})
