import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deleteQueue, type Queue, queueQuery } from '../api/queues.ts'
import { transferPageQuery } from '../api/transfers.ts'
import { useAdoptGroup, useGroup, useWhyNot } from '../frame/use-group.ts'
import { useTransferColumns } from '../transfers/transfer-columns.tsx'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { DataView } from '../ui/data-view.tsx'
import { Facts } from '../ui/facts.tsx'
import { ListTable } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { QueueDialog } from './queue-dialog.tsx'

const route = getRouteApi('/inside/queues/$queueId')

/** One queue and the transfers that wait in it. */
export function QueuePage() {
  const { queueId } = route.useParams()
  const query = useQuery(queueQuery(queueId))
  useAdoptGroup(query.data?.group_id)
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  return <QueueView queue={query.data} />
}

function QueueView({ queue }: { queue: Queue }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()(role, 'Maintainer')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [changing, setChanging] = useState(false)
  const [removing, setRemoving] = useState(false)
  const remove = async () => {
    await deleteQueue(queue.id)
    await navigate({ to: '/queues' })
    queries.removeQueries({ queryKey: ['queues', 'one', queue.id] })
    await queries.invalidateQueries({ queryKey: ['queues'] })
    say(t('queue.removed', { name: queue.name }))
  }
  return (
    <>
      <PageHeader
        title={queue.name}
        above={<Link to="/queues">{t('nav.queues')}</Link>}
        lead={queue.description}
        actions={
          <>
            <DataView name={queue.name} path={`/v1/queues/${queue.id}`} value={queue} />
            <ActionButton icon="edit" whyNot={whyNot} onClick={() => setChanging(true)}>
              {t('common.change')}
            </ActionButton>
            <ActionButton icon="trash" whyNot={whyNot} onClick={() => setRemoving(true)}>
              {t('common.delete')}
            </ActionButton>
          </>
        }
      />
      <div className="stack">
        <Section title={t('queue.what')}>
          <Facts
            items={[
              [t('queue.slug'), <code key="slug">{queue.slug}</code>],
              [t('queue.worker'), t('queue.workerWords')],
            ]}
          />
        </Section>
        <QueueTransfers queue={queue} />
      </div>
      {changing && <QueueDialog groupId={queue.group_id} queue={queue} onClose={() => setChanging(false)} />}
      {removing && (
        <ConfirmDialog
          title={t('queue.removeTitle', { name: queue.name })}
          action={t('queue.removeAction')}
          onConfirm={remove}
          onClose={() => setRemoving(false)}
        >
          {t('queue.removeWords')}
        </ConfirmDialog>
      )}
    </>
  )
}

function QueueTransfers({ queue }: { queue: Queue }) {
  const { t } = useTranslation()
  const query = useQuery(
    transferPageQuery({ group_id: queue.group_id, queue_id: queue.id, page: 1, page_size: 50 }),
  )
  const columns = useTransferColumns()
  return (
    <Section title={t('queue.transfers')} flush>
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isError ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <Empty icon="transfer" title={t('queue.noTransfers')} />
      ) : (
        <ListTable
          label={t('queue.transfers')}
          rows={query.data.items}
          rowKey={({ id }) => id}
          columns={columns}
        />
      )}
    </Section>
  )
}
