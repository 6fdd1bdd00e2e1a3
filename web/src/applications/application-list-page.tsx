import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Application, applicationsQuery } from '../api/applications.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List } from '../ui/list.tsx'
import type { ListColumn } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SecretOnce } from '../ui/secret-once.tsx'
import { Badge } from '../ui/state-badge.tsx'
import { When } from '../ui/when.tsx'
import { ApplicationActions } from './application-actions.tsx'
import { NewApplicationDialog } from './new-application-dialog.tsx'

const route = getRouteApi('/inside/applications')

/** Clients with secrets of their own: one's own, or the group's. */
export function ApplicationListPage() {
  const { t } = useTranslation()
  const { page = 1, sort = '', q } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: group, role } = useGroup()
  const ofGroup = q === 'group'
  const whyNot = useWhyNot()(role, 'Maintainer')
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState<{ name: string; secret: string } | null>(null)
  const filter = { group_id: ofGroup ? group.id : undefined }
  const query = useQuery(applicationsQuery({ ...filter, page, page_size: 50, sort }))
  const change = (next: { page?: number | undefined; sort?: string | undefined; q?: string | undefined }) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const columns: ListColumn<Application>[] = [
    {
      id: 'name',
      show: 'always',
      header: t('common.name'),
      wide: true,
      cell: ({ name }) => <strong>{name}</strong>,
      sort: 'name',
      value: ({ name }) => name,
    },
    {
      id: 'type',
      header: t('application.type'),
      cell: ({ type }) => t(`application.types.${type}`),
      sort: 'type',
      value: ({ type }) => type,
    },
    {
      id: 'status',
      header: t('application.state'),
      cell: (one) => <ApplicationBadge application={one} />,
      sort: 'status',
      value: ({ status }) => status,
    },
    {
      id: 'used',
      header: t('application.used'),
      cell: ({ used_at }) => <When at={used_at} />,
      sort: 'used_at',
      value: ({ used_at }) => used_at,
    },
    {
      id: 'expires',
      header: t('application.expires'),
      cell: ({ expires_at }) => (expires_at ? <When at={expires_at} /> : t('application.never')),
      sort: 'expires_at',
      value: ({ expires_at }) => expires_at,
    },
    {
      id: 'description',
      header: t('common.description'),
      show: 'asked',
      cell: ({ description }) => description,
      sort: 'description',
      value: ({ description }) => description,
    },
    {
      id: 'actions',
      header: t('common.actions'),
      align: 'end',
      cell: (application) => <ApplicationActions application={application} onSecret={setSecret} />,
    },
  ]
  const create = (
    <ActionButton
      variant="filled"
      icon="plus"
      whyNot={ofGroup ? whyNot : undefined}
      onClick={() => setAdding(true)}
    >
      {t('application.new')}
    </ActionButton>
  )
  return (
    <>
      <PageHeader title={t('nav.applications')} lead={t('application.lead')} actions={create} />
      <List
        label={t('nav.applications')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        source={{ name: 'applications', path: '/v1/applications', query: filter }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <Select
            aria-label={t('application.whose')}
            allowDeselect={false}
            data={[
              { value: 'mine', label: t('application.mine') },
              { value: 'group', label: t('application.ofGroup', { name: group.name }) },
            ]}
            value={ofGroup ? 'group' : 'mine'}
            onChange={(value) => change({ q: value === 'group' ? 'group' : undefined })}
          />
        }
        empty={
          <Empty icon="key" title={t('application.none')} action={create}>
            {t('application.noneWords')}
          </Empty>
        }
      />
      {adding && (
        <NewApplicationDialog
          groupId={ofGroup ? group.id : undefined}
          onSecret={setSecret}
          onClose={() => setAdding(false)}
        />
      )}
      {secret !== null && (
        <SecretOnce
          title={t('application.secretOf', { name: secret.name })}
          secret={secret.secret}
          onClose={() => setSecret(null)}
        />
      )}
    </>
  )
}

function ApplicationBadge({ application }: { application: Application }) {
  const { t } = useTranslation()
  const { status, expires_at } = application
  if (expires_at && new Date(expires_at) < new Date()) {
    return (
      <Badge tone="attention" icon="clock">
        {t('application.expired')}
      </Badge>
    )
  }
  return status === 'disabled' ? (
    <Badge tone="quiet" icon="stopped">
      {t('application.disabled')}
    </Badge>
  ) : (
    <Badge tone="good" icon="done">
      {t('application.enabled')}
    </Badge>
  )
}
