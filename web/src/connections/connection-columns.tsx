import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import type { ListColumn } from '../ui/list-table.tsx'
import { When } from '../ui/when.tsx'
import { addressOf } from './address.ts'
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
}
