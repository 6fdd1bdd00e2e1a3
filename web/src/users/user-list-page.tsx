import { Select } from '@mantine/core'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { meQuery } from '../api/session.ts'
import { closeUser, type User, USER_STATUSES, usersQuery } from '../api/users.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List } from '../ui/list.tsx'
import type { ListColumn } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { When } from '../ui/when.tsx'
import { NewUserDialog } from './new-user-dialog.tsx'
import { UserBadge } from './user-badge.tsx'

const route = getRouteApi('/inside/users')

/** Everybody who can sign in to this hub. */
export function UserListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const me = useSuspenseQuery(meQuery).data
  const [adding, setAdding] = useState(false)
  const { page = 1, q = '', sort = '', status } = search
  const filter = { search_query: q, status }
  const query = useQuery(usersQuery({ ...filter, page, page_size: 50, sort }))
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const columns: ListColumn<User>[] = [
    {
      id: 'username',
      show: 'always',
      header: t('signIn.username'),
      cell: ({ id, username }) => (
        <Link to="/users/$userId" params={{ userId: id }}>
          {username}
        </Link>
      ),
      sort: 'username',
      value: ({ username }) => username,
    },
    {
      id: 'name',
      header: t('user.displayName'),
      cell: ({ display_name }) => display_name,
      sort: 'display_name',
      value: ({ display_name }) => display_name,
    },
    {
      id: 'email',
      header: t('user.email'),
      cell: ({ email }) => email,
      sort: 'email',
      value: ({ email }) => email,
    },
    {
      id: 'status',
      header: t('user.state'),
      cell: ({ status }) => <UserBadge status={status} />,
      sort: 'status',
      value: ({ status }) => status,
    },
    {
      id: 'superuser',
      header: t('role.Superuser'),
      cell: ({ is_superuser }) => (is_superuser ? t('common.yes') : ''),
      sort: 'is_superuser',
      value: ({ is_superuser }) => Number(is_superuser),
    },
    {
      id: 'created',
      header: t('common.created'),
      cell: ({ created_at }) => <When at={created_at} />,
      sort: 'created_at',
      value: ({ created_at }) => created_at,
    },
    {
      id: 'id',
      header: t('common.id'),
      show: 'asked',
      cell: ({ id }) => id,
      sort: 'id',
      value: ({ id }) => id,
    },
  ]
  const whyNot = me.is_superuser ? undefined : t('user.bySuperuser')
  return (
    <>
      <PageHeader
        title={t('nav.users')}
        lead={t('user.lead')}
        actions={
          <ActionButton variant="filled" icon="plus" whyNot={whyNot} onClick={() => setAdding(true)}>
            {t('user.new')}
          </ActionButton>
        }
      />
      <List
        label={t('nav.users')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        source={{ name: 'users', path: '/v1/users', query: filter }}
        bulk={{
          nameOf: ({ username }) => username,
          actions: [
            {
              id: 'close',
              label: t('user.close'),
              icon: 'close',
              danger: true,
              whyNot,
              words: t('user.bulkClose'),
              act: async ({ id }) => {
                if (id === me.id) throw new Error(t('user.notYourself'))
                await closeUser(id)
                return undefined
              },
            },
          ],
        }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <>
            <SearchBox
              label={t('user.search')}
              value={q}
              onChange={(next) => change({ q: next || undefined })}
            />
            {me.is_superuser && (
              <Select
                aria-label={t('user.state')}
                placeholder={t('user.anyState')}
                clearable
                clearButtonProps={{ 'aria-label': t('list.clearFilter') }}
                data={USER_STATUSES.map((one) => ({ value: one, label: t(`user.status.${one}`) }))}
                value={status ?? null}
                onChange={(next) => change({ status: USER_STATUSES.find((one) => one === next) })}
              />
            )}
          </>
        }
        empty={
          <Empty icon="search" title={t('list.nothingFound')}>
            {t('list.nothingFoundWords')}
          </Empty>
        }
      />
      {adding && <NewUserDialog onClose={() => setAdding(false)} />}
    </>
  )
}
