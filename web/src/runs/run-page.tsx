import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isOver, type Run, runQuery } from '../api/runs.ts'
import { transferQuery } from '../api/transfers.ts'
import { useAdoptGroup } from '../frame/use-group.ts'
import { CodeBlock } from '../ui/code-block.tsx'
import { DataView } from '../ui/data-view.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { Facts } from '../ui/facts.tsx'
import { Notice } from '../ui/notice.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { RunBadge } from '../ui/state-badge.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import { RunActions } from './run-actions.tsx'
import { durationOf } from './run-figures.ts'
import { RunLog } from './run-log.tsx'
import { RunProgress } from './run-progress.tsx'
import { useRunEvents } from './use-run-events.ts'

const route = getRouteApi('/inside/runs/$runId')

/** One run: live while it moves, and afterwards what happened. */
export function RunPage() {
  const { runId } = route.useParams()
  const query = useQuery({
    ...runQuery(runId),
    // The stream tells of every change; this is for a stream that a proxy in between holds up.
    refetchInterval: ({ state }) => (state.data && !isOver(state.data.status) ? 5000 : false),
  })
  if (query.isPending) return <Loading />
  if (query.isError && query.data === undefined) {
    return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  }
  return <RunView key={runId} run={query.data} />
}

function RunView({ run }: { run: Run }) {
  const { t } = useTranslation()
  const transfer = useQuery(transferQuery(run.transfer_id))
  useAdoptGroup(transfer.data?.group_id)
  const { lines, live } = useRunEvents(run.id, true)
  const name = transfer.data?.name ?? run.transfer_name ?? `#${run.transfer_id}`
  return (
    <>
      <PageHeader
        title={t('run.title', { id: run.id })}
        above={
          <Link to="/transfers/$transferId" params={{ transferId: run.transfer_id }} search={{}}>
            {name}
          </Link>
        }
        badge={
          <span role="status">
            <RunBadge status={run.status} />
          </span>
        }
        actions={
          <>
            <RunActions run={run} />
            <DataView
              name={t('run.title', { id: run.id })}
              path={`/v1/runs/${run.id}`}
              value={run}
              cli={`crosstie transfer log ${run.id}`}
            />
          </>
        }
      />
      <div className="stack">
        {run.status === 'FAILED' && (
          <Notice tone="failure" title={t('run.failed')} live>
            {run.error ? hubWords(run.error) : t('run.noReason')}
          </Notice>
        )}
        <Section title={t('run.progress')}>
          <RunProgress run={run} />
        </Section>
        <Section title={t('run.what')}>
          <RunFacts run={run} />
        </Section>
        <RunLog lines={lines} live={live && !isOver(run.status)} over={isOver(run.status)} />
        {run.transfer_dump !== undefined && (
          <Section title={t('run.dump')} lead={t('run.dumpWords')}>
            <CodeBlock label={t('run.dump')} text={JSON.stringify(run.transfer_dump, null, 2)} />
          </Section>
        )}
      </div>
    </>
  )
}

function RunFacts({ run }: { run: Run }) {
  const { t } = useTranslation()
  const format = useFormat()
  const ms = durationOf(run)
  return (
    <Facts
      items={[
        [t('run.startedBy'), t(`run.type.${run.type}`)],
        [t('run.queued'), run.queued_at && <When at={run.queued_at} exact />],
        [t('run.started'), run.started_at && <When at={run.started_at} exact />],
        [t('run.ended'), run.ended_at && <When at={run.ended_at} exact />],
        [t('run.duration'), ms === null || !isOver(run.status) ? undefined : format.duration(ms)],
        [
          t('run.engine'),
          run.engine ? t(`explain.route.${run.engine as 'copy'}`, { defaultValue: run.engine }) : undefined,
        ],
        [
          t('run.attempts'),
          run.attempts !== undefined && run.attempts > 1 ? format.number(run.attempts) : undefined,
        ],
      ]}
    />
  )
}
