import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { runPageQuery } from '../api/runs.ts'
import { explainQuery, type Transfer, transferQuery } from '../api/transfers.ts'
import { useAdoptGroup } from '../frame/use-group.ts'
import { LiveSign } from '../realtime/live-sign.tsx'
import { useLive } from '../realtime/use-live.ts'
import { useRunColumns } from '../runs/run-table.tsx'
import { ActionButton } from '../ui/action-button.tsx'
import { lazily } from '../ui/lazily.ts'
import { List } from '../ui/list.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { Definition } from './definition.tsx'
import { ExplanationView } from './explanation-view.tsx'
import { TransferActions } from './transfer-actions.tsx'

const route = getRouteApi('/inside/transfers/$transferId')

const RunHistory = lazily(() => import('../runs/run-history.tsx'), 'RunHistory')

/** One transfer: what it copies, how it went, what it would do now. */
export function TransferPage() {
  const { transferId } = route.useParams()
  const query = useQuery(transferQuery(transferId))
  useAdoptGroup(query.data?.group_id)
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  return <TransferView key={transferId} transfer={query.data} />
}

function TransferView({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation()
  const { page = 1, sort = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const runs = useQuery(runPageQuery({ transfer_id: transfer.id, page, page_size: 20, sort }))
  // The chart is of the newest, whatever page and order the list shows.
  const history = useQuery(runPageQuery({ transfer_id: transfer.id, page: 1, page_size: 50 }))
  useLive('runs', transfer.group_id)
  const columns = useRunColumns({ withTransfer: false })
  return (
    <>
      <PageHeader
        title={transfer.name}
        above={<Link to="/transfers">{t('nav.transfers')}</Link>}
        lead={transfer.description}
        badge={<LiveSign />}
        actions={<TransferActions transfer={transfer} />}
      />
      <div className="stack">
        <Section title={t('transfer.what')}>
          <Definition transfer={transfer} />
        </Section>
        <Explain transferId={transfer.id} />
        <section aria-label={t('nav.runs')}>
          <Suspense fallback={<Loading lines={4} />}>
            {history.data !== undefined && history.data.items.length > 1 && (
              <RunHistory title={t('run.history')} runs={history.data.items} />
            )}
          </Suspense>
          <List
            label={t('transfer.runs')}
            query={runs}
            columns={columns}
            rowKey={({ id }) => id}
            sort={sort}
            onSort={(next) =>
              void navigate({ search: (old) => ({ ...old, page: undefined, sort: next || undefined }) })
            }
            onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next }) })}
            source={{ name: 'runs', path: '/v1/runs', query: { transfer_id: transfer.id } }}
            controls={<h2 style={{ flex: 'none', fontSize: 14, fontWeight: 600 }}>{t('transfer.runs')}</h2>}
            empty={
              <Empty icon="run" title={t('transfer.noRuns')}>
                {t('transfer.noRunsWords')}
              </Empty>
            }
          />
        </section>
      </div>
    </>
  )
}

/** Asked for by hand: it connects to both sides. */
function Explain({ transferId }: { transferId: number }) {
  const { t } = useTranslation()
  const [asked, setAsked] = useState(false)
  const query = useQuery({ ...explainQuery(transferId, 20), enabled: asked })
  return (
    <div className="stack">
      <div>
        <ActionButton
          icon="view"
          loading={query.isFetching}
          onClick={() => (asked ? void query.refetch() : setAsked(true))}
        >
          {t('explain.action')}
        </ActionButton>
      </div>
      {query.isError && <Failure error={query.error} />}
      {query.data !== undefined && <ExplanationView explanation={query.data} />}
    </div>
  )
}
