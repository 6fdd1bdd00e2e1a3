import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import { hookCallPageQuery } from '../api/hooks.ts'
import { supabaseQuery } from '../api/realtime.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { ListTable } from '../ui/list-table.tsx'
import { Notice } from '../ui/notice.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Pager } from '../ui/pager.tsx'
import { Section } from '../ui/section.tsx'
import { When } from '../ui/when.tsx'
import { hookSample } from './hook-sample.ts'
import classes from './panel.module.css'
import { RotateHookSecret } from './rotate-hook-secret.tsx'

/** Where the other system calls the hub, how one tries it, and what came. */
export function HookPanel({ connection }: { connection: Connection }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()
  const keys = useQuery(supabaseQuery)
  const [rotating, setRotating] = useState(false)
  const url = `${keys.data?.url ?? location.origin}/hooks/${connection.uuid ?? ''}`
  const own = connection.type === 'webhook'
  return (
    <Section
      title={t('hook.title')}
      lead={own ? t('hook.lead') : t('hook.leadCallback')}
      actions={
        own && (
          <ActionButton icon="key" whyNot={whyNot(role, 'Developer')} onClick={() => setRotating(true)}>
            {t('hook.rotate')}
          </ActionButton>
        )
      }
      flush
    >
      <div className={classes.part}>
        <CodeBlock label={t('hook.url')} text={url} />
        {own && (
          <details>
            <summary>{t('hook.howToTest')}</summary>
            <p className="dimmed">{t('hook.howToTestWords')}</p>
            <CodeBlock label={t('hook.sample')} text={hookSample(url, connection.connection_data)} />
          </details>
        )}
      </div>
      <HookCalls connectionId={connection.id} denied={whyNot(role, 'Maintainer')} />
      {rotating && <RotateHookSecret connection={connection} onClose={() => setRotating(false)} />}
    </Section>
  )
}

function HookCalls({ connectionId, denied }: { connectionId: number; denied: string | undefined }) {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const query = useQuery({ ...hookCallPageQuery(connectionId, page), enabled: denied === undefined })
  if (denied !== undefined) {
    return (
      <div className={classes.part}>
        <Notice tone="attention" title={t('hook.callsDenied')}>
          {denied}
        </Notice>
      </div>
    )
  }
  if (query.isPending) return <Loading lines={3} />
  if (query.isError && query.data === undefined) {
    return <Failure error={query.error} onRetry={() => void query.refetch()} />
  }
  if (query.data.items.length === 0) {
    return (
      <Empty icon="message" title={t('hook.none')}>
        {t('hook.noneWords')}
      </Empty>
    )
  }
  return (
    <>
      <ListTable
        label={t('hook.calls')}
        rows={query.data.items}
        rowKey={({ event_id }) => event_id}
        columns={[
          { id: 'at', header: t('hook.received'), cell: ({ received_at }) => <When at={received_at} /> },
          { id: 'type', header: t('hook.type'), cell: ({ type }) => (type === '' ? '–' : type) },
          { id: 'id', header: t('common.id'), cell: ({ id }) => <span className="mono">{short(id)}</span> },
          {
            id: 'payload',
            header: t('hook.payload'),
            wide: true,
            cell: ({ payload }) => (
              <code className={classes.payload} title={JSON.stringify(payload, null, 2)}>
                {cut(JSON.stringify(payload))}
              </code>
            ),
          },
        ]}
      />
      <Pager meta={query.data.meta} of={t('hook.calls')} onPage={setPage} />
    </>
  )
}

const cut = (text: string) => (text.length > 160 ? `${text.slice(0, 160)}…` : text)
const short = (id: string) => (id.length > 24 ? `${id.slice(0, 22)}…` : id)
