import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import { type Page, requestAll } from './page.ts'

export const ROLES = ['Guest', 'Developer', 'Maintainer', 'Owner', 'Superuser'] as const
export type Role = (typeof ROLES)[number]

/** The roles one can give; the owner is changed in the group itself. */
export const GIVEN_ROLES = ['Guest', 'Developer', 'Maintainer'] as const
export type GivenRole = (typeof GIVEN_ROLES)[number]

export interface Group {
  id: number
  name: string
  description: string
  owner_id: number
  uuid?: string
  slug?: string
  personal?: boolean
  created_at?: string
}

export interface GroupWithRole {
  data: Group
  role: Role
}

export interface Member {
  id: number
  username: string
  role: GivenRole
}

/** All groups of the caller, the personal one included: the frame's switch and every page's rights. */
export const groupsQuery = queryOptions({
  queryKey: ['groups', 'all'],
  queryFn: ({ signal }) => requestAll<GroupWithRole>('/v1/groups', { personal: true, view: 'full' }, signal),
  staleTime: 30_000,
})

export const groupPageQuery = (query: {
  page: number
  search_query: string
  personal: boolean
  sort?: string
  role?: Role | undefined
  page_size?: number
}) =>
  queryOptions({
    queryKey: ['groups', 'page', query],
    queryFn: ({ signal }) =>
      request<Page<GroupWithRole>>('GET', '/v1/groups', { query: { ...query, view: 'full' }, signal }),
    placeholderData: (previous) => previous,
  })

export const groupQuery = (id: number) =>
  queryOptions({
    queryKey: ['groups', 'one', id],
    queryFn: ({ signal }) =>
      request<GroupWithRole>('GET', `/v1/groups/${id}`, { query: { view: 'full' }, signal }),
  })

export const membersQuery = (id: number, page: number) =>
  queryOptions({
    queryKey: ['groups', 'members', id, page],
    queryFn: ({ signal }) =>
      request<Page<Member>>('GET', `/v1/groups/${id}/users`, { query: { page }, signal }),
    placeholderData: (previous) => previous,
  })

export const createGroup = (body: { name: string; description: string; slug?: string }) =>
  request<Group>('POST', '/v1/groups', { query: { view: 'full' }, body })

export const changeGroup = (id: number, body: { name: string; description: string; owner_id: number }) =>
  request<Group>('PUT', `/v1/groups/${id}`, { body })

export const deleteGroup = (id: number) => request<void>('DELETE', `/v1/groups/${id}`)

export const addMember = (groupId: number, userId: number, role: GivenRole) =>
  request<void>('POST', `/v1/groups/${groupId}/users/${userId}`, { body: { role } })

export const changeMember = (groupId: number, userId: number, role: GivenRole) =>
  request<{ role: GivenRole }>('PUT', `/v1/groups/${groupId}/users/${userId}`, { body: { role } })

export const removeMember = (groupId: number, userId: number) =>
  request<void>('DELETE', `/v1/groups/${groupId}/users/${userId}`)
