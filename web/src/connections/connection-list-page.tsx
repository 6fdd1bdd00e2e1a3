import { MultiSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type Connection,
  connectionPageQuery,
  copyConnection,
  deleteConnection,
  providersQuery,
} from '../api/connections.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import type { BulkAction } from '../ui/bulk-dialog.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { List } from '../ui/list.tsx'
import type { ListColumn } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { When } from '../ui/when.tsx'
import { addressOf } from './address.ts'
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
  const { page = 1, q = '', sort = '', type = [] } = search
  const filter = { group_id: group.data.id, search_query: q, type }
  const query = useQuery(connectionPageQuery({ ...filter, page, page_size: 50, sort }))
  const actions = useBulkActions()
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const filtered = q !== '' || type.length > 0
  const columns: ListColumn<Connection>[] = [
    {
      id: 'name',
      show: 'always',
      header: t('common.name'),
      wide: true,
      cell: ({ id, name }) => (
        <Link to="/connections/$connectionId" params={{ connectionId: id }}>
          {name}
        </Link>
      ),
      sort: 'name',
      value: ({ name }) => name,
    },
    {
      id: 'type',
      header: t('connection.type'),
      cell: ({ type: one }) => title(one),
      sort: 'type',
      value: ({ type: one }) => title(one),
    },
    {
      id: 'address',
      header: t('connection.address'),
      cell: (connection) => <span className="mono">{addressOf(connection)}</span>,
      value: addressOf,
    },
    {
      id: 'description',
      header: t('common.description'),
      cell: ({ description }) => description,
      sort: 'description',
      value: ({ description }) => description,
    },
    {
      id: 'id',
      header: t('common.id'),
      show: 'asked',
      cell: ({ id }) => id,
      sort: 'id',
      value: ({ id }) => id,
    },
    {
      id: 'status',
      header: t('connection.status'),
      show: 'asked',
      cell: ({ status }) => status,
      sort: 'status',
      value: ({ status }) => status,
    },
    {
      id: 'created',
      header: t('common.created'),
      show: 'asked',
      cell: ({ created_at }) => <When at={created_at} />,
      sort: 'created_at',
      value: ({ created_at }) => created_at,
    },
    {
      id: 'updated',
      header: t('common.changed'),
      show: 'asked',
      cell: ({ updated_at }) => <When at={updated_at} />,
      sort: 'updated_at',
      value: ({ updated_at }) => updated_at,
    },
  ]
  const create = (
    <LinkButton to="/connections/new" variant="filled" icon="plus" whyNot={whyNot}>
      {t('connection.new')}
    </LinkButton>
  )
  return (
    <>
      <PageHeader title={t('nav.connections')} lead={t('connection.lead')} actions={create} />
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

function useBulkActions(): BulkAction<Connection>[] {
  const { t } = useTranslation()
  const { data, role } = useGroup()
  const whyNot = useWhyNot()
  const [group, setGroup] = useState(data.id)
  return [
    {
      id: 'copy',
      label: t('copy.action'),
      icon: 'copy',
      words: (
        <>
          <p>{t('copy.secrets')}</p>
          <p>{t('copy.sameName')}</p>
        </>
      ),
      fields: <GroupSelect label={t('copy.group')} needed="Developer" value={group} onChange={setGroup} />,
      act: async ({ id, name, group_id }) => {
        const new_name = (group === group_id ? t('copy.of', { name }) : name).slice(0, 128)
        const made = await copyConnection(id, { new_group_id: group, new_name, remove_source: false })
        return t('copy.done', { name: made.name })
      },
    },
    {
      id: 'delete',
      label: t('common.delete'),
      icon: 'trash',
      danger: true,
      whyNot: whyNot(role, 'Maintainer'),
      words: t('connection.bulkDelete'),
      act: async ({ id }) => {
        await deleteConnection(id)
        return undefined
      },
    },
  ]
}
