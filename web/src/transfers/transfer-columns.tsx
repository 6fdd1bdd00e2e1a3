import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
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
      header: t('common.name'),
      wide: true,
      cell: ({ id, name }) => (
        <Link to="/transfers/$transferId" params={{ transferId: id }}>
          {name}
        </Link>
      ),
      sortBy: ({ name }) => name,
    },
    {
      id: 'source',
      header: t('transfer.source'),
      cell: ({ source_params }) => <span className="mono">{endText(source_params)}</span>,
      sortBy: ({ source_params }) => endText(source_params),
    },
    {
      id: 'target',
      header: t('transfer.target'),
      cell: ({ target_params }) => <span className="mono">{endText(target_params)}</span>,
      sortBy: ({ target_params }) => endText(target_params),
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
      sortBy: ({ last_run }) => last_run?.started_at,
    },
    {
      id: 'next',
      header: t('transfer.nextRun'),
      cell: ({ is_scheduled, next_runs }) =>
        is_scheduled ? <When at={next_runs?.[0]} /> : <span className="dimmed">{t('transfer.byHand')}</span>,
      sortBy: ({ is_scheduled, next_runs }) => (is_scheduled ? next_runs?.[0] : undefined),
    },
  ]
}
