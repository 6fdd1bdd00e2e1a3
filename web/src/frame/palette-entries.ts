import { useQueries, useSuspenseQuery } from '@tanstack/react-query'
import type { NavigateOptions } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { connectionPageQuery } from '../api/connections.ts'
import { groupsQuery } from '../api/groups.ts'
import { queuePageQuery } from '../api/queues.ts'
import { meQuery } from '../api/session.ts'
import { transferPageQuery } from '../api/transfers.ts'
import type { IconName } from '../ui/icon.tsx'
import { useGroup } from './use-group.ts'

export interface Found {
  id: string
  label: string
  words?: string
  icon: IconName
  go: NavigateOptions
}

/** How many of each kind of thing are offered. */
const EACH = 5

/** Where one can go and what one can make. */
export function useActions(): Found[] {
  const { t } = useTranslation()
  const me = useSuspenseQuery(meQuery).data
  const places: Found[] = [
    { id: 'home', label: t('nav.home'), icon: 'home', go: { to: '/' } },
    { id: 'connections', label: t('nav.connections'), icon: 'connection', go: { to: '/connections' } },
    { id: 'transfers', label: t('nav.transfers'), icon: 'transfer', go: { to: '/transfers' } },
    { id: 'runs', label: t('nav.runs'), icon: 'run', go: { to: '/runs' } },
    { id: 'queues', label: t('nav.queues'), icon: 'queue', go: { to: '/queues' } },
    { id: 'groups', label: t('nav.groups'), icon: 'group', go: { to: '/groups' } },
    { id: 'applications', label: t('nav.applications'), icon: 'key', go: { to: '/applications' } },
    { id: 'use-from-app', label: t('useFromApp.title'), icon: 'terminal', go: { to: '/use-from-app' } },
    { id: 'me', label: t('nav.me'), icon: 'users', go: { to: '/me' } },
  ]
  const hub: Found[] = [
    { id: 'users', label: t('nav.users'), icon: 'users', go: { to: '/users' } },
    { id: 'audit', label: t('nav.audit'), icon: 'audit', go: { to: '/audit' } },
  ]
  return [
    { id: 'new-connection', label: t('connection.new'), icon: 'plus', go: { to: '/connections/new' } },
    { id: 'new-transfer', label: t('transfer.new'), icon: 'plus', go: { to: '/transfers/new' } },
    ...places,
    ...(me.is_superuser ? hub : []),
  ]
}

/** Things of the group by name, as the hub's own search finds them; groups too. */
export function useThings(query: string): Found[] {
  const group = useGroup().data.id
  const groups = useSuspenseQuery(groupsQuery).data
  const filter = { group_id: group, page: 1, page_size: EACH, search_query: query }
  const enabled = query !== ''
  const [transfers, connections, queues] = useQueries({
    queries: [
      { ...transferPageQuery(filter), enabled },
      { ...connectionPageQuery({ ...filter, type: [] }), enabled },
      { ...queuePageQuery(filter), enabled },
    ],
  })
  if (!enabled) return []
  const wanted = query.toLocaleLowerCase()
  return [
    ...(transfers.data?.items ?? []).map(({ id, name, description }): Found => ({
      id: `transfer-${id}`,
      label: name,
      words: description,
      icon: 'transfer',
      go: { to: '/transfers/$transferId', params: { transferId: id } },
    })),
    ...(connections.data?.items ?? []).map(({ id, name, type }): Found => ({
      id: `connection-${id}`,
      label: name,
      words: type,
      icon: 'connection',
      go: { to: '/connections/$connectionId', params: { connectionId: id } },
    })),
    ...(queues.data?.items ?? []).map(({ id, name }): Found => ({
      id: `queue-${id}`,
      label: name,
      icon: 'queue',
      go: { to: '/queues/$queueId', params: { queueId: id } },
    })),
    ...groups
      .filter(({ data }) => data.name.toLocaleLowerCase().includes(wanted))
      .slice(0, EACH)
      .map(({ data }): Found => ({
        id: `group-${data.id}`,
        label: data.name,
        words: data.description,
        icon: 'group',
        go: { to: '/groups/$groupId', params: { groupId: data.id } },
      })),
  ]
}
