import { MultiSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { connectionPageQuery, providersQuery } from '../api/connections.ts'
import { HEALTH_STATES } from '../api/health.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { LiveSign } from '../realtime/live-sign.tsx'
import { useLive } from '../realtime/use-live.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { List } from '../ui/list.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { useConnectionActions } from './connection-bulk.tsx'
import { useConnectionColumns } from './connection-columns.tsx'
import { useProviderTitle } from './use-provider-title.ts'

const route = getRouteApi('/inside/connections')

/** All connections of the group. */
export function ConnectionListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const group = useGroup()
  const whyNot = useWhyNot()(group.role, 'Developer')
  const title = useProviderTitle()
  const providers = useQuery(providersQuery)
  const { page = 1, q = '', sort = '', type = [], health = [] } = search
  const filter = { group_id: group.data.id, search_query: q, type, health }
  useLive('connections', group.data.id)
  const query = useQuery(connectionPageQuery({ ...filter, page, page_size: 50, sort }))
  const actions = useConnectionActions()
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const filtered = q !== '' || type.length > 0 || health.length > 0
  const columns = useConnectionColumns()
  const create = (
    <LinkButton to="/connections/new" variant="filled" icon="plus" whyNot={whyNot}>
      {t('connection.new')}
    </LinkButton>
  )
  return (
    <>
      <PageHeader
        title={t('nav.connections')}
        lead={t('connection.lead')}
        badge={<LiveSign />}
        actions={
          <>
            <LinkButton to="/use-from-app" icon="terminal">
              {t('useFromApp.title')}
            </LinkButton>
            {create}
          </>
        }
      />
      <List
        label={t('nav.connections')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        source={{ name: 'connections', path: '/v1/connections', query: filter }}
        bulk={{ actions, nameOf: ({ name }) => name }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <>
            <SearchBox
              label={t('connection.search')}
              value={q}
              onChange={(next) => change({ q: next || undefined })}
            />
            <MultiSelect
              aria-label={t('connection.type')}
              placeholder={type.length === 0 ? t('connection.anyType') : undefined}
              data={
                providers.data?.map(({ provider }) => ({ value: provider, label: title(provider) })) ?? []
              }
              value={type}
              clearable
              clearButtonProps={{ 'aria-label': t('list.clearFilter') }}
              onChange={(next) => change({ type: next.length > 0 ? next : undefined })}
            />
            <MultiSelect
              aria-label={t('health.title')}
              placeholder={health.length === 0 ? t('health.any') : undefined}
              data={HEALTH_STATES.map((state) => ({ value: state, label: t(`health.state.${state}`) }))}
              value={health}
              clearable
              clearButtonProps={{ 'aria-label': t('list.clearFilter') }}
              onChange={(next) => {
                const states = HEALTH_STATES.filter((state) => next.includes(state))
                change({ health: states.length > 0 ? states : undefined })
              }}
            />
          </>
        }
        empty={
          filtered ? (
            <Empty icon="search" title={t('list.nothingFound')}>
              {t('list.nothingFoundWords')}
            </Empty>
          ) : (
            <Empty icon="connection" title={t('connection.none')} action={create}>
              {t('connection.noneWords')}
            </Empty>
          )
        }
      />
    </>
  )
}
