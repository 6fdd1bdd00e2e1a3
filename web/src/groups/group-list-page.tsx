import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type GroupWithRole, groupPageQuery, ROLES } from '../api/groups.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List } from '../ui/list.tsx'
import type { ListColumn } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { When } from '../ui/when.tsx'
import { NewGroupDialog } from './new-group-dialog.tsx'

const route = getRouteApi('/inside/groups')

/** The groups that one belongs to. */
export function GroupListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [adding, setAdding] = useState(false)
  const { page = 1, q = '', sort = '', role: wanted } = search
  const filter = { search_query: q, personal: true, role: wanted }
  const query = useQuery(groupPageQuery({ ...filter, page, page_size: 50, sort }))
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const columns: ListColumn<GroupWithRole>[] = [
    {
      id: 'name',
      show: 'always',
      header: t('common.name'),
      cell: ({ data }) => (
        <Link to="/groups/$groupId" params={{ groupId: data.id }}>
          {data.personal === true ? t('group.personalName', { name: data.name }) : data.name}
        </Link>
      ),
      sort: 'name',
      value: ({ data }) => data.name,
    },
    {
      id: 'role',
      header: t('group.yourRole'),
      cell: ({ role }) => t(`role.${role}`),
      value: ({ role }) => role,
    },
    {
      id: 'slug',
      header: t('group.slug'),
      cell: ({ data }) => <code>{data.slug}</code>,
      sort: 'slug',
      value: ({ data }) => data.slug,
    },
    {
      id: 'description',
      header: t('common.description'),
      wide: true,
      cell: ({ data }) => data.description,
      sort: 'description',
      value: ({ data }) => data.description,
    },
    {
      id: 'id',
      header: t('common.id'),
      show: 'asked',
      cell: ({ data }) => data.id,
      sort: 'id',
      value: ({ data }) => data.id,
    },
    {
      id: 'created',
      header: t('common.created'),
      show: 'asked',
      cell: ({ data }) => <When at={data.created_at} />,
      sort: 'created_at',
      value: ({ data }) => data.created_at,
    },
  ]
  const create = (
    <ActionButton variant="filled" icon="plus" onClick={() => setAdding(true)}>
      {t('group.new')}
    </ActionButton>
  )
  return (
    <>
      <PageHeader title={t('nav.groups')} lead={t('group.lead')} actions={create} />
      <List
        label={t('nav.groups')}
        query={query}
        columns={columns}
        rowKey={({ data }) => data.id}
        source={{ name: 'groups', path: '/v1/groups', query: filter }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <>
            <SearchBox
              label={t('group.search')}
              value={q}
              onChange={(next) => change({ q: next || undefined })}
            />
            <Select
              aria-label={t('group.yourRole')}
              placeholder={t('group.anyRole')}
              clearable
              clearButtonProps={{ 'aria-label': t('list.clearFilter') }}
              data={ROLES.filter((role) => role !== 'Superuser').map((role) => ({
                value: role,
                label: t('group.roleOrMore', { role: t(`role.${role}`) }),
              }))}
              value={wanted ?? null}
              onChange={(next) => change({ role: ROLES.find((role) => role === next) })}
            />
          </>
        }
        empty={
          <Empty icon="search" title={t('list.nothingFound')}>
            {t('list.nothingFoundWords')}
          </Empty>
        }
      />
      {adding && <NewGroupDialog onClose={() => setAdding(false)} />}
    </>
  )
}
