import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Transfer } from '../api/transfers.ts'
import { ListTable } from '../ui/list-table.tsx'
import { Empty } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { When } from '../ui/when.tsx'

const MOST = 8

/** What the schedules start next. */
export function NextRuns({ transfers }: { transfers: Transfer[] }) {
  const { t } = useTranslation()
  const next = transfers
    .filter(({ is_scheduled, next_runs }) => is_scheduled && next_runs?.[0] !== undefined)
    .toSorted((a, b) => (a.next_runs?.[0] ?? '').localeCompare(b.next_runs?.[0] ?? ''))
    .slice(0, MOST)
  return (
    <Section title={t('home.nextRuns')} flush>
      {next.length === 0 ? (
        <Empty icon="clock" title={t('home.noSchedule')}>
          {t('home.noScheduleWords')}
        </Empty>
      ) : (
        <ListTable
          label={t('home.nextRuns')}
          rows={next}
          rowKey={(transfer) => transfer.id}
          columns={[
            {
              id: 'name',
              header: t('transfer.one'),
              wide: true,
              cell: ({ id, name }) => (
                <Link to="/transfers/$transferId" params={{ transferId: id }}>
                  {name}
                </Link>
              ),
            },
            {
              id: 'next',
              header: t('transfer.nextRun'),
              cell: ({ next_runs }) => <When at={next_runs?.[0]} />,
            },
          ]}
        />
      )}
    </Section>
  )
}
