import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { type SupabaseKeys, supabaseQuery } from '../api/realtime.ts'
import { useGroup } from '../frame/use-group.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { Notice } from '../ui/notice.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { clientSample, tokenSample } from './supabase-sample.ts'

/** What a Supabase client is given, to read this group's connectors and follow them live. */
export function UseFromAppPage() {
  const { t } = useTranslation()
  const query = useQuery(supabaseQuery)
  return (
    <>
      <PageHeader
        title={t('useFromApp.title')}
        above={<Link to="/connections">{t('nav.connections')}</Link>}
        lead={t('useFromApp.lead')}
      />
      {query.isPending ? (
        <Loading />
      ) : query.isError ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Parts keys={query.data} />
      )}
    </>
  )
}

function Parts({ keys: { url, anon_key: anonKey } }: { keys: SupabaseKeys }) {
  const { t } = useTranslation()
  const { data: group } = useGroup()
  return (
    <div className="stack">
      <Section title={t('useFromApp.address')} lead={t('useFromApp.addressWords')}>
        <div className="stack">
          <CodeBlock label={t('useFromApp.url')} text={url} />
          <CodeBlock label={t('useFromApp.anonKey')} text={anonKey} />
        </div>
      </Section>
      <Section
        title={t('useFromApp.token')}
        lead={t('useFromApp.tokenWords', { name: group.name })}
        actions={<Link to="/applications">{t('nav.applications')}</Link>}
      >
        <div className="stack">
          <CodeBlock label={t('useFromApp.token')} text={tokenSample({ url, groupId: group.id })} />
          <Notice tone="info">{t('useFromApp.application')}</Notice>
        </div>
      </Section>
      <Section title={t('useFromApp.client')} lead={t('useFromApp.clientWords')}>
        <CodeBlock label={t('useFromApp.client')} text={clientSample({ url, anonKey, groupId: group.id })} />
      </Section>
    </div>
  )
}
