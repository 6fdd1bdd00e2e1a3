import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queueQuery } from '../api/queues.ts'
import type { Transfer } from '../api/transfers.ts'
import type { ListColumn } from '../ui/list-table.tsx'
import { RunBadge } from '../ui/state-badge.tsx'
import { When } from '../ui/when.tsx'
import { endText } from './end-text.ts'

/** Transfers as every list shows them: what, from where to where, how it went, when it goes again. */
export function useTransferColumns(): ListColumn<Transfer>[] {
  const { t } = useTranslation()
  return [
    {
      id: 'name',
      show: 'always',
      header: t('common.name'),
      wide: true,
      cell: ({ id, name }) => (
        <Link to="/transfers/$transferId" params={{ transferId: id }}>
          {name}
        </Link>
      ),
      sort: 'name',
      value: ({ name }) => name,
    },
    {
      id: 'source',
      header: t('transfer.source'),
      cell: ({ source_params }) => <span className="mono">{endText(source_params)}</span>,
      sort: 'source',
      value: ({ source_params }) => endText(source_params),
    },
    {
      id: 'target',
      header: t('transfer.target'),
      cell: ({ target_params }) => <span className="mono">{endText(target_params)}</span>,
      sort: 'target',
      value: ({ target_params }) => endText(target_params),
    },
    {
      id: 'queue',
      header: t('transfer.queue'),
      show: 'asked',
      cell: ({ queue_id }) => <QueueName id={queue_id} />,
      sort: 'queue',
      value: ({ queue_id }) => queue_id,
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
      id: 'updated',
      header: t('common.changed'),
      show: 'asked',
      cell: ({ updated_at }) => <When at={updated_at} />,
      sort: 'updated_at',
      value: ({ updated_at }) => updated_at,
    },
    {
      id: 'last',
      header: t('transfer.lastRun'),
      cell: ({ last_run }) =>
        last_run ? (
          <Link to="/runs/$runId" params={{ runId: last_run.id }}>
            <RunBadge status={last_run.status} />
          </Link>
        ) : (
          <span className="dimmed">{t('transfer.never')}</span>
        ),
      sort: 'last_run',
      value: ({ last_run }) => last_run?.started_at,
    },
    {
      id: 'next',
      header: t('transfer.nextRun'),
      cell: ({ is_scheduled, next_runs }) =>
        is_scheduled ? <When at={next_runs?.[0]} /> : <span className="dimmed">{t('transfer.byHand')}</span>,
      value: ({ is_scheduled, next_runs }) => (is_scheduled ? next_runs?.[0] : undefined),
    },
  ]
}

function QueueName({ id }: { id: number }) {
  const queue = useQuery(queueQuery(id))
  return (
    <Link to="/queues/$queueId" params={{ queueId: id }}>
      {queue.data?.name ?? `#${id}`}
    </Link>
  )
}
