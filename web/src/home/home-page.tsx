import { useQuery } from '@tanstack/react-query'
import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { allConnectionsQuery } from '../api/connections.ts'
import { allQueuesQuery } from '../api/queues.ts'
import { runPageQuery } from '../api/runs.ts'
import { transferPageQuery } from '../api/transfers.ts'
import { useGroup } from '../frame/use-group.ts'
import { useLive } from '../realtime/use-live.ts'
import { lazily } from '../ui/lazily.ts'
import { PageHeader } from '../ui/page-header.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { Doors } from './doors.tsx'
import classes from './home-page.module.css'
import { NextRuns } from './next-runs.tsx'
import { RecentRuns } from './recent-runs.tsx'
import { Steps } from './steps.tsx'

const RunHistory = lazily(() => import('../runs/run-history.tsx'), 'RunHistory')

/** What this group does now. One that does nothing yet is shown the doors and the steps to a first copy. */
export function HomePage() {
  const { t } = useTranslation()
  const group = useGroup()
  const { id, name, personal } = group.data
  const connections = useQuery(allConnectionsQuery(id))
  const queues = useQuery(allQueuesQuery(id))
  const transfers = useQuery(transferPageQuery({ group_id: id, page: 1, page_size: 50 }))
  const runs = useQuery(runPageQuery({ group_id: id, page: 1, page_size: 50 }))
  useLive('runs', id)
  const title = personal === true ? t('home.personal') : name
  const parts = [connections, queues, transfers, runs]
  const failed = parts.find((part) => part.isError && part.data === undefined)
  if (failed !== undefined) {
    return (
      <>
        <PageHeader title={title} />
        <Failure error={failed.error} onRetry={() => parts.forEach((part) => void part.refetch())} />
      </>
    )
  }
  if (!connections.data || !queues.data || !transfers.data || !runs.data) {
    return (
      <>
        <PageHeader title={title} />
        <Loading />
      </>
    )
  }
  const started = runs.data.meta.total > 0
  return (
    <>
      <PageHeader title={title} lead={started ? group.data.description : t('home.lead')} />
      {!started && <Doors />}
      {!started && (
        <Steps
          connections={connections.data.length}
          queues={queues.data.length}
          transfer={transfers.data.items[0]}
          role={group.role}
        />
      )}
      {started && (
        <Suspense fallback={<Loading lines={4} />}>
          <RunHistory title={t('home.lastRuns')} runs={runs.data.items} withTransfer />
        </Suspense>
      )}
      {started && (
        <div className={classes.columns}>
          <RecentRuns runs={runs.data.items.slice(0, 10)} />
          <NextRuns transfers={transfers.data.items} />
        </div>
      )}
    </>
  )
}
