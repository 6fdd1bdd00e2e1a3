import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Run } from '../api/runs.ts'
import type { ListColumn } from '../ui/list-table.tsx'
import { ListTable } from '../ui/list-table.tsx'
import { RunBadge } from '../ui/state-badge.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import { durationOf } from './run-figures.ts'

/** Runs as every list shows them: state, which, when, how long, how much. */
export function useRunColumns({ withTransfer }: { withTransfer: boolean }): ListColumn<Run>[] {
  const { t } = useTranslation()
  const format = useFormat()
  const transfer: ListColumn<Run> = {
    id: 'transfer',
    header: t('transfer.one'),
    wide: true,
    cell: ({ transfer_id, transfer_name }) => (
      <Link to="/transfers/$transferId" params={{ transferId: transfer_id }}>
        {transfer_name ?? `#${transfer_id}`}
      </Link>
    ),
    sort: 'transfer_name',
    value: ({ transfer_name }) => transfer_name,
  }
  return [
    {
      id: 'run',
      show: 'always',
      header: t('run.one'),
      cell: ({ id }) => (
        <Link to="/runs/$runId" params={{ runId: id }} className="nowrap">
          {t('run.number', { id })}
        </Link>
      ),
      sort: 'id',
      value: ({ id }) => id,
    },
    {
      id: 'status',
      header: t('run.state'),
      cell: ({ status }) => <RunBadge status={status} />,
      sort: 'status',
      value: ({ status }) => status,
    },
    ...(withTransfer ? [transfer] : []),
    {
      id: 'started',
      header: t('run.started'),
      cell: ({ started_at }) => <When at={started_at} />,
      sort: 'started_at',
      value: ({ started_at }) => started_at,
    },
    {
      id: 'duration',
      header: t('run.duration'),
      align: 'end',
      cell: (run) => {
        const ms = durationOf(run)
        return <span className="nowrap">{ms === null ? '–' : format.duration(ms)}</span>
      },
      sort: 'duration',
      value: (run) => durationOf(run),
    },
    {
      id: 'rows',
      header: t('run.rows'),
      align: 'end',
      cell: ({ progress }) => (progress ? format.number(progress.rows) : '–'),
      sort: 'rows',
      value: ({ progress }) => progress?.rows,
    },
    {
      id: 'type',
      header: t('run.startedBy'),
      cell: ({ type }) => t(`run.type.${type}`),
      sort: 'type',
      value: ({ type }) => type,
    },
  ]
}

export function RunTable({
  label,
  runs,
  withTransfer,
}: {
  label: string
  runs: Run[]
  withTransfer: boolean
}) {
  const columns = useRunColumns({ withTransfer })
  return <ListTable label={label} columns={columns} rows={runs} rowKey={(run) => run.id} />
}
