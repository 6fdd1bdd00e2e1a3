import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type Connection,
  connectionQuery,
  deleteConnection,
  providersQuery,
  testConnection,
} from '../api/connections.ts'
import { useAdoptGroup, useGroup, useWhyNot } from '../frame/use-group.ts'
import { LiveSign } from '../realtime/live-sign.tsx'
import { useLive } from '../realtime/use-live.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { DataView } from '../ui/data-view.tsx'
import { Facts } from '../ui/facts.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Loading } from '../ui/page-state.tsx'
import { useLabel } from '../ui/schema-form/schema-fields.tsx'
import { textOf } from '../ui/schema-form/schema-values.ts'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { When } from '../ui/when.tsx'
import { BrowseTree } from './browse-tree.tsx'
import { CatalogPanel } from './catalog-panel.tsx'
import { ConnectionTransfers } from './connection-transfers.tsx'
import { CopyConnection } from './copy-connection.tsx'
import { FilesPanel } from './files-panel.tsx'
import { HealthBadge } from './health-badge.tsx'
import { HealthPanel } from './health-panel.tsx'
import { HookPanel } from './hook-panel.tsx'
import { SyncPanel } from './sync-panel.tsx'
import { SyncSchedule } from './sync-schedule.tsx'
import { TestAnswer, type Tried } from './test-answer.tsx'
import { useProviderTitle } from './use-provider-title.ts'

const route = getRouteApi('/inside/connections/$connectionId')

/** One connection: what it is, whether it works, what is behind it, what uses it. */
export function ConnectionPage() {
  const { connectionId } = route.useParams()
  const query = useQuery(connectionQuery(connectionId))
  useAdoptGroup(query.data?.group_id)
  useLive('connections', query.data?.group_id)
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  return <ConnectionView key={connectionId} connection={query.data} />
}

function ConnectionView({ connection }: { connection: Connection }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()
  const title = useProviderTitle()
  const queries = useQueryClient()
  const providers = useQuery(providersQuery)
  const can = providers.data?.find(({ provider }) => provider === connection.type)?.can
  const notCarried =
    providers.data !== undefined && can === undefined ? t('connection.notCarried') : undefined
  // Who may not change it may not have the hub ask the other system either.
  const whyNotTest = notCarried ?? whyNot(role, 'Developer')
  const [tried, setTried] = useState<Tried | null>(null)
  const [busy, setBusy] = useState(false)
  const [removing, setRemoving] = useState(false)
  const [copying, setCopying] = useState(false)
  const test = async () => {
    setBusy(true)
    setTried(null)
    setTried(
      await testConnection(connection.id).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      ),
    )
    setBusy(false)
    // How it went is its health now.
    void queries.invalidateQueries({ queryKey: ['connections', 'health', connection.id] })
    void queries.invalidateQueries({ queryKey: ['connections', 'page'] })
    void queries.invalidateQueries({ queryKey: ['connections', 'one', connection.id] })
  }
  const params = { connectionId: connection.id }
  return (
    <>
      <PageHeader
        title={connection.name}
        above={<Link to="/connections">{t('nav.connections')}</Link>}
        lead={connection.description}
        badge={
          <>
            <HealthBadge health={connection.health} />
            <LiveSign />
          </>
        }
        actions={
          <>
            <ActionButton icon="connection" loading={busy} whyNot={whyNotTest} onClick={() => void test()}>
              {t('connection.test')}
            </ActionButton>
            <LinkButton
              to="/connections/$connectionId/edit"
              params={params}
              icon="edit"
              whyNot={whyNot(role, 'Developer')}
            >
              {t('common.change')}
            </LinkButton>
            <ActionButton icon="copy" onClick={() => setCopying(true)}>
              {t('copy.action')}
            </ActionButton>
            <DataView
              name={connection.name}
              path={`/v1/connections/${connection.id}`}
              value={connection}
              cli={`crosstie connection show ${connection.id}`}
            />
            <ActionButton icon="trash" whyNot={whyNot(role, 'Maintainer')} onClick={() => setRemoving(true)}>
              {t('common.delete')}
            </ActionButton>
          </>
        }
      />
      <div className="stack">
        <TestAnswer tried={tried} />
        <HealthPanel
          connection={connection}
          onCheck={() => void test()}
          checking={busy}
          whyNotCheck={whyNotTest}
        />
        <Section title={t('connection.what')}>
          <ConnectionFacts connection={connection} type={title(connection.type)} />
        </Section>
        {can?.hook === true && <HookPanel connection={connection} />}
        {can?.sync === true && (
          <>
            <SyncPanel connection={connection} />
            <SyncSchedule connectionId={connection.id} />
          </>
        )}
        {can?.sync === true && connection.connector_type === 'database' && (
          <CatalogPanel connectionId={connection.id} />
        )}
        {can?.sync === true && connection.connector_type === 'file' && (
          <FilesPanel connectionId={connection.id} />
        )}
        {can?.discover !== false && (
          <Section title={t('connection.behind')} lead={t('connection.behindWords')} flush>
            <BrowseTree connectionId={connection.id} whyNot={whyNotTest} />
          </Section>
        )}
        {(can === undefined || can.source || can.target) && <ConnectionTransfers connection={connection} />}
      </div>
      {copying && <CopyConnection connection={connection} onClose={() => setCopying(false)} />}
      {removing && <RemoveConnection connection={connection} onClose={() => setRemoving(false)} />}
    </>
  )
}

function ConnectionFacts({ connection, type }: { connection: Connection; type: string }) {
  const { t } = useTranslation()
  const label = useLabel()
  const plain = (data: Record<string, unknown>): [string, string][] =>
    Object.entries(data)
      .filter(([name, value]) => name !== 'type' && value !== '' && value !== null && !isEmptyObject(value))
      .map(([name, value]) => [
        label(name),
        typeof value === 'object' ? JSON.stringify(value) : textOf(value),
      ])
  const secret = connection.auth_data === null ? t('connection.noCredentials') : t('connection.sealed')
  return (
    <Facts
      items={[
        [t('connection.type'), type],
        ...plain(connection.connection_data),
        ...plain(connection.auth_data ?? {}),
        [t('connection.credentials'), connection.auth_data?.type === 'none' ? undefined : secret],
        [t('common.created'), connection.created_at && <When at={connection.created_at} />],
        [t('common.changed'), connection.updated_at && <When at={connection.updated_at} />],
      ]}
    />
  )
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function RemoveConnection({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const remove = async () => {
    await deleteConnection(connection.id)
    await navigate({ to: '/connections' })
    queries.removeQueries({ queryKey: ['connections', 'one', connection.id] })
    await queries.invalidateQueries({ queryKey: ['connections'] })
    say(t('connection.removed', { name: connection.name }))
  }
  return (
    <ConfirmDialog
      title={t('connection.removeTitle', { name: connection.name })}
      action={t('connection.removeAction')}
      onConfirm={remove}
      onClose={onClose}
    >
      {t('connection.removeWords')}
    </ConfirmDialog>
  )
}
