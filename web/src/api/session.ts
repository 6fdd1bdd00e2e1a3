import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'

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
  signup: string
  setup_needed: boolean
}

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: ({ signal }) => request<Me>('GET', '/v1/users/me', { query: { view: 'full' }, signal }),
  staleTime: 60_000,
})

export const methodsQuery = queryOptions({
  queryKey: ['methods'],
  queryFn: ({ signal }) => request<Methods>('GET', '/v1/auth/methods', { signal }),
  staleTime: 60_000,
})

export const signIn = (body: { username: string; password: string }) =>
  request<Me>('POST', '/v1/auth/session', { body })

export const signOut = () => request<void>('DELETE', '/v1/auth/session')

export const setUp = (body: { token: string; username: string; password: string; email?: string }) =>
  request<Me>('POST', '/v1/auth/setup', { body })

export const changeMe = (body: { email?: string | null; display_name?: string }) =>
  request<Me>('PUT', '/v1/users/me', { body })

export const changeMyPassword = (body: { current_password: string; new_password: string }) =>
  request<void>('PUT', '/v1/users/me/password', { body })

export const revokeMySessions = () => request<void>('POST', '/v1/users/me/revoke_sessions')
