import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import { isOpen, startSync, stopSync, type Sync, syncPageQuery } from '../api/syncs.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Pager } from '../ui/pager.tsx'
import { Section } from '../ui/section.tsx'
import { TieBar } from '../ui/tie-bar.tsx'
import { useFormat } from '../ui/use-format.ts'
import { SyncTable } from './sync-table.tsx'
import classes from './panel.module.css'

/** Keeping in step with the other system: now, and how it went before. */
export function SyncPanel({ connection }: { connection: Connection }) {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const query = useQuery(syncPageQuery(connection.id, page))
  const newest = useQuery(syncPageQuery(connection.id, 1)).data?.items ?? []
  // The one at work before the one that waits behind it.
  const open = newest.findLast(({ state }) => isOpen(state))
  useEndOf(open, connection.id)
  return (
    <Section
      title={t('sync.title')}
      lead={t('sync.lead')}
      actions={<SyncActions connection={connection} open={open} />}
      flush
    >
      {open !== undefined && <SyncProgress sync={open} />}
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isError && query.data === undefined ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <Empty icon="retry" title={t('sync.none')}>
          {t('sync.noneWords')}
        </Empty>
      ) : (
        <>
          <SyncTable label={t('sync.history')} syncs={query.data.items} />
          <Pager meta={query.data.meta} of={t('sync.history')} onPage={setPage} />
        </>
      )}
    </Section>
  )
}

function SyncActions({ connection, open }: { connection: Connection; open: Sync | undefined }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const denied = useWhyNot()(role, 'Developer')
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const act = async (send: () => Promise<unknown>) => {
    setBusy(true)
    setError(null)
    try {
      await send()
      await queries.invalidateQueries({ queryKey: ['syncs', connection.id] })
    } catch (caught) {
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  const off = connection.status === 'inactive' ? t('sync.isOff') : undefined
  const running = open === undefined ? undefined : t('sync.isOpen')
  const stopping = open?.state === 'stopping' ? t('run.stopping') : undefined
  return (
    <>
      <span className={classes.buttons}>
        <ActionButton
          icon="stop"
          whyNot={denied ?? (open === undefined ? t('sync.noneOpen') : stopping)}
          onClick={() => void (open && act(() => stopSync(open.id)))}
        >
          {t('sync.stop')}
        </ActionButton>
        <ActionButton
          icon="retry"
          variant="filled"
          loading={busy}
          whyNot={denied ?? off ?? running}
          onClick={() => void act(() => startSync(connection.id))}
        >
          {t('sync.now')}
        </ActionButton>
      </span>
      {error !== null && <Failure error={error} />}
    </>
  )
}

function SyncProgress({ sync }: { sync: Sync }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { progress, state } = sync
  const share = progress?.total ? progress.done / progress.total : null
  const words =
    state === 'pending'
      ? t('sync.waiting')
      : state === 'stopping'
        ? t('run.stopping')
        : progress === null
          ? t('run.starting')
          : t('sync.done', {
              phase: t(`sync.phase.${progress.phase as 'reading'}`, { defaultValue: progress.phase }), // a key or the hub's own word
              done: format.number(progress.done),
            })
  return (
    <div className={classes.progress}>
      <TieBar label={t('sync.progress')} share={share} state={state === 'running' ? 'moving' : 'rest'} />
      <p className="dimmed" role="status">
        {words}
      </p>
    </div>
  )
}

/** What a sync brought is read when it is over. */
function useEndOf(open: Sync | undefined, connectionId: number): void {
  const queries = useQueryClient()
  const before = useRef(open?.id)
  useEffect(() => {
    if (before.current !== undefined && before.current !== open?.id) {
      void queries.invalidateQueries({ queryKey: ['syncs', connectionId] })
      void queries.invalidateQueries({ queryKey: ['connections'] })
    }
    before.current = open?.id
  }, [open?.id, connectionId, queries])
}
