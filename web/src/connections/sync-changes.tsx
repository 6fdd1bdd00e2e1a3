import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Sync, syncChangesQuery } from '../api/syncs.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Pager } from '../ui/pager.tsx'
import { ChangeTable } from './change-table.tsx'

/** What one sync found changed, line by line. */
export function SyncChanges({ sync, onClose }: { sync: Sync; onClose: () => void }) {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const query = useQuery(syncChangesQuery(sync.id, page))
  return (
    <Dialog title={t('sync.changesOf', { id: sync.id })} onClose={onClose} wide>
      {query.isPending ? (
        <Loading lines={4} />
      ) : query.isError && query.data === undefined ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <Empty icon="search" title={t('sync.noChanges')} />
      ) : (
        <>
          <ChangeTable label={t('sync.changes')} changes={query.data.items} />
          <Pager meta={query.data.meta} of={t('sync.changes')} onPage={setPage} />
        </>
      )}
    </Dialog>
  )
}
