import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import { viewAs } from './view-as.ts'

export interface Me {
  id: number
  username: string
  is_superuser: boolean
  uuid?: string
  email?: string | null
  display_name?: string
  personal_group_id?: number | null
}

export interface Methods {
  password: boolean
  oidc: boolean
  /** What people call the OpenID Connect provider; null where there is none. */
  oidc_name: string | null
  signup: string
  setup_needed: boolean
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await request<Me>('GET', '/v1/users/me', { query: { view: 'full' }, signal })
    // Who looks as a member does has none of a superuser's rights meanwhile.
    return viewAs.get() === null ? me : { ...me, is_superuser: false }
  },
  staleTime: 60_000,
})

export const methodsQuery = queryOptions({
  queryKey: ['methods'],
  queryFn: ({ signal }) => request<Methods>('GET', '/v1/auth/methods', { signal }),
  staleTime: 60_000,
})

export const signIn = (body: { username: string; password: string }) =>
  request<Me>('POST', '/v1/auth/session', { body })

/** Ends a sign-in at the provider, with what it put into this page's address; answers where to go on. */
export async function finishSignIn(arrival: URLSearchParams): Promise<string | undefined> {
  let next: string | undefined
  const query = { code: arrival.get('code'), state: arrival.get('state'), iss: arrival.get('iss') }
  const onHeaders = (headers: Headers) => {
    next = headers.get('X-Crosstie-Next') ?? undefined
  }
  await request<void>('GET', '/v1/auth/callback', { query, onHeaders })
  return next
}

/** Begins to link one's account at the provider; the browser goes on to the address that is answered. */
export const linkAccount = (next: string) =>
  request<{ url: string }>('POST', '/v1/auth/link', { body: { next } })

export const signOut = () => request<void>('DELETE', '/v1/auth/session')

export const setUp = (body: { token: string; username: string; password: string; email?: string }) =>
  request<Me>('POST', '/v1/auth/setup', { body })

export const changeMe = (body: { email?: string | null; display_name?: string }) =>
  request<Me>('PUT', '/v1/users/me', { body })

export const changeMyPassword = (body: { current_password: string; new_password: string }) =>
  request<void>('PUT', '/v1/users/me/password', { body })

export const revokeMySessions = () => request<void>('POST', '/v1/users/me/revoke_sessions')
