import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { allConnectionsQuery, providersQuery } from '../api/connections.ts'
import { allQueuesQuery } from '../api/queues.ts'
import {
  changeTransfer,
  createTransfer,
  type Transfer,
  type TransferBody,
  transferQuery,
} from '../api/transfers.ts'
import { useAdoptGroup, useGroup, useWhyNot } from '../frame/use-group.ts'
import { Notice } from '../ui/notice.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import { formatOf, splitPath } from './file-format.ts'
import { TransferForm } from './transfer-form.tsx'
import { freshValues, type TransferValues, valuesOf } from './transfer-values.ts'

const newRoute = getRouteApi('/inside/transfers/new')
const editRoute = getRouteApi('/inside/transfers/$transferId/edit')

/** A new transfer; the address may name its source. */
export function NewTransferPage() {
  const { t } = useTranslation()
  const { source, path } = newRoute.useSearch()
  return (
    <>
      <PageHeader
        title={t('transfer.new')}
        above={<Link to="/transfers">{t('nav.transfers')}</Link>}
        lead={t('transfer.newLead')}
      />
      <FormOrWhyNot start={startFrom(source, path)} />
    </>
  )
}

function startFrom(source: number | undefined, path: string | undefined): TransferValues {
  const values = freshValues(Intl.DateTimeFormat().resolvedOptions().timeZone)
  if (source === undefined) return values
  const end = { ...values.source_params, table_name: path ?? '' }
  if (path !== undefined)
    Object.assign(end, splitPath(path), formatOf(path) && { file_format: formatOf(path) })
  return { ...values, source_connection_id: String(source), source_params: end }
}

export function EditTransferPage() {
  const { t } = useTranslation()
  const { transferId } = editRoute.useParams()
  const query = useQuery(transferQuery(transferId))
  useAdoptGroup(query.data?.group_id)
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  const above = (
    <Link to="/transfers/$transferId" params={{ transferId }}>
      {query.data.name}
    </Link>
  )
  return (
    <>
      <PageHeader title={t('transfer.change')} above={above} />
      <FormOrWhyNot key={transferId} transfer={query.data} start={valuesOf(query.data)} />
    </>
  )
}

function FormOrWhyNot({ transfer, start }: { transfer?: Transfer; start: TransferValues }) {
  const { t } = useTranslation()
  const group = useGroup()
  const groupId = transfer?.group_id ?? group.data.id
  const whyNot = useWhyNot()(group.role, 'Developer')
  const connections = useQuery(allConnectionsQuery(groupId))
  const queues = useQuery(allQueuesQuery(groupId))
  const providers = useQuery(providersQuery)
  const queries = useQueryClient()
  const navigate = useNavigate()
  if (whyNot !== undefined) {
    return (
      <Notice tone="attention" title={t('failure.denied')}>
        {whyNot}
      </Notice>
    )
  }
  const failed = [connections, queues, providers].find((query) => query.isError)
  if (failed) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />
  if (!connections.data || !queues.data || !providers.data) return <Loading />
  const save = async (body: TransferBody) => {
    const saved = transfer ? await changeTransfer(transfer.id, body) : await createTransfer(body)
    await queries.invalidateQueries({ queryKey: ['transfers'] })
    return saved
  }
  const onSaved = async (saved: Transfer) => {
    say(t('transfer.saved', { name: saved.name }))
    await navigate({ to: '/transfers/$transferId', params: { transferId: saved.id }, search: {} })
  }
  return (
    <TransferForm
      key={groupId}
      groupId={groupId}
      transfer={transfer}
      start={start}
      connections={connections.data}
      queues={queues.data}
      providers={providers.data}
      save={save}
      onSaved={onSaved}
    />
  )
}
