import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import type { ListColumn } from '../ui/list-table.tsx'
import { When } from '../ui/when.tsx'
import { addressOf } from './address.ts'
import { HealthBadge } from './health-badge.tsx'
import { SyncBadge } from './sync-badge.tsx'
import { useProviderTitle } from './use-provider-title.ts'

/** What the list of connections can show of each. */
export function useConnectionColumns(): ListColumn<Connection>[] {
  const { t } = useTranslation()
  const title = useProviderTitle()
  return [
    {
      id: 'name',
      show: 'always',
      header: t('common.name'),
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
      id: 'health',
      header: t('health.title'),
      cell: (connection) => <HealthBadge health={connection.health} since />,
      value: (connection) => connection.health?.state,
    },
    {
      id: 'last-sync',
      header: t('sync.last'),
      cell: ({ last_sync }) => <LastSync sync={last_sync ?? null} />,
      value: ({ last_sync }) => last_sync?.state,
    },
    {
      id: 'next-sync',
      header: t('sync.next'),
      cell: ({ next_sync_at }) => <When at={next_sync_at} />,
      value: ({ next_sync_at }) => next_sync_at,
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
}

function LastSync({ sync }: { sync: NonNullable<Connection['last_sync']> | null }) {
  if (sync === null) return '–'
  return (
    <span>
      <SyncBadge state={sync.state} />{' '}
      <span className="dimmed">
        <When at={sync.ended_at ?? sync.queued_at} />
      </span>
    </span>
  )
}
