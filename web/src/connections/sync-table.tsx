import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isOpen, type Sync } from '../api/syncs.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { type ListColumn, ListTable } from '../ui/list-table.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import { SyncBadge } from './sync-badge.tsx'
import { SyncChanges } from './sync-changes.tsx'
import classes from './panel.module.css'

/** Syncs as runs are shown: state, when, how long, how much, what was said. */
export function SyncTable({ label, syncs }: { label: string; syncs: Sync[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const [shown, setShown] = useState<Sync | null>(null)
  const count = (id: 'added' | 'updated' | 'deleted' | 'unchanged'): ListColumn<Sync> => ({
    id,
    header: t(`sync.count.${id}`),
    align: 'end',
    cell: (sync) => (isOpen(sync.state) ? '–' : format.number(sync[id])),
  })
  const columns: ListColumn<Sync>[] = [
    { id: 'state', header: t('run.state'), cell: ({ state }) => <SyncBadge state={state} /> },
    {
      id: 'started',
      header: t('run.started'),
      cell: ({ started_at, queued_at }) => <When at={started_at ?? queued_at} />,
    },
    { id: 'trigger', header: t('run.startedBy'), cell: ({ trigger }) => t(`sync.trigger.${trigger}`) },
    {
      id: 'duration',
      header: t('run.duration'),
      align: 'end',
      cell: ({ duration_ms }) => (
        <span className="nowrap">{duration_ms === null ? '–' : format.duration(duration_ms)}</span>
      ),
    },
    count('added'),
    count('updated'),
    count('deleted'),
    count('unchanged'),
    {
      id: 'result',
      header: t('sync.result'),
      wide: true,
      cell: (sync) => <Result sync={sync} />,
    },
    {
      id: 'changes',
      header: t('sync.changes'),
      cell: (sync) =>
        sync.added + sync.updated + sync.deleted === 0 ? (
          '–'
        ) : (
          <ActionButton
            size="xs"
            aria-label={t('sync.showChangesOf', { id: sync.id })}
            onClick={() => setShown(sync)}
          >
            {t('sync.showChanges')}
          </ActionButton>
        ),
    },
  ]
  return (
    <>
      <ListTable label={label} columns={columns} rows={syncs} rowKey={({ id }) => id} />
      {shown !== null && <SyncChanges sync={shown} onClose={() => setShown(null)} />}
    </>
  )
}

/** A sentence of the hub; of a failure also who must act. */
function Result({ sync: { error, summary } }: { sync: Sync }) {
  const { t } = useTranslation()
  if (error === null)
    return <div className={classes.result}>{summary === null ? '–' : hubWords(summary)}</div>
  return (
    <div className={classes.result}>
      {hubWords(error.message)} <span className="dimmed">{t(`health.actor.${error.actor}`)}</span>
    </div>
  )
}
