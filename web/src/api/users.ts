import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Page } from './page.ts'

export const USER_STATUSES = ['active', 'pending', 'forbidden'] as const
export type UserStatus = (typeof USER_STATUSES)[number]

export interface User {
  id: number
  username: string
  is_superuser: boolean
  /** The rest is told to superusers only. */
  email?: string | null
  display_name?: string
  status?: UserStatus
  created_at?: string
}

export const usersQuery = (query: {
  page: number
  search_query: string
  status?: UserStatus | undefined
  sort?: string
  page_size?: number
}) =>
  queryOptions({
    queryKey: ['users', 'page', query],
    queryFn: ({ signal }) =>
      request<Page<User>>('GET', '/v1/users', { query: { ...query, view: 'full' }, signal }),
    placeholderData: (previous) => previous,
  })

export const userQuery = (id: number) =>
  queryOptions({
    queryKey: ['users', 'one', id],
    queryFn: ({ signal }) => request<User>('GET', `/v1/users/${id}`, { query: { view: 'full' }, signal }),
  })

export interface NewUser {
  username: string
  password?: string
  email?: string
  display_name?: string
  is_superuser?: boolean
}

export const createUser = (body: NewUser) =>
  request<User>('POST', '/v1/users', { query: { view: 'full' }, body })

export const changeUser = (
  id: number,
  body: { email?: string | null; display_name?: string; is_superuser?: boolean; status?: UserStatus },
) => request<User>('PUT', `/v1/users/${id}`, { query: { view: 'full' }, body })

export const closeUser = (id: number) => request<void>('DELETE', `/v1/users/${id}`)

export const resetPassword = (id: number, new_password: string) =>
  request<void>('PUT', `/v1/users/${id}/password`, { body: { new_password } })
