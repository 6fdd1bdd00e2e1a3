import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import {
  changeConnection,
  type Connection,
  type ConnectionBody,
  connectionQuery,
  createConnection,
  providersQuery,
} from '../api/connections.ts'
import { useAdoptGroup, useGroup, useWhyNot } from '../frame/use-group.ts'
import { Notice } from '../ui/notice.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import { ConnectionForm } from './connection-form.tsx'

/** A new connection of the group. */
export function NewConnectionPage() {
  const { t } = useTranslation()
  const above = <Link to="/connections">{t('nav.connections')}</Link>
  return (
    <>
      <PageHeader title={t('connection.new')} above={above} />
      <FormOrWhyNot />
    </>
  )
}

const editRoute = getRouteApi('/inside/connections/$connectionId/edit')

export function EditConnectionPage() {
  const { t } = useTranslation()
  const { connectionId } = editRoute.useParams()
  const query = useQuery(connectionQuery(connectionId))
  useAdoptGroup(query.data?.group_id)
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  const above = (
    <Link to="/connections/$connectionId" params={{ connectionId }}>
      {query.data.name}
    </Link>
  )
  return (
    <>
      <PageHeader title={t('connection.change')} above={above} />
      <FormOrWhyNot key={connectionId} connection={query.data} />
    </>
  )
}

function FormOrWhyNot({ connection }: { connection?: Connection }) {
  const { t } = useTranslation()
  const group = useGroup()
  const whyNot = useWhyNot()(group.role, 'Developer')
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
  if (providers.isPending) return <Loading />
  if (providers.isError) return <Failure error={providers.error} onRetry={() => void providers.refetch()} />
  const save = async (body: ConnectionBody) => {
    const saved = connection ? await changeConnection(connection.id, body) : await createConnection(body)
    await queries.invalidateQueries({ queryKey: ['connections'] })
    return saved
  }
  const onSaved = async (saved: Connection) => {
    say(t('connection.saved', { name: saved.name }))
    await navigate({ to: '/connections/$connectionId', params: { connectionId: saved.id } })
  }
  return (
    <ConnectionForm
      key={group.data.id}
      groupId={connection?.group_id ?? group.data.id}
      providers={providers.data}
      connection={connection}
      save={save}
      onSaved={onSaved}
    />
  )
}
