import { MultiSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { RUN_STATUSES, type RunStatus, runPageQuery } from '../api/runs.ts'
import { useGroup } from '../frame/use-group.ts'
import { List } from '../ui/list.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { useRunColumns } from './run-table.tsx'

const route = getRouteApi('/inside/runs')

/** All runs of the group, newest first. */
export function RunListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const group = useGroup()
  const { page = 1, sort = '', status = [] } = search
  const query = useQuery(runPageQuery({ group_id: group.data.id, page, page_size: 50, status }))
  const columns = useRunColumns({ withTransfer: true })
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  return (
    <>
      <PageHeader title={t('nav.runs')} lead={t('run.lead')} />
      <List
        label={t('nav.runs')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <MultiSelect
            aria-label={t('run.state')}
            placeholder={status.length === 0 ? t('run.anyState') : undefined}
            data={RUN_STATUSES.map((one) => ({ value: one, label: t(`run.status.${one}`) }))}
            value={status}
            clearable
            clearButtonProps={{ 'aria-label': t('list.clearFilter') }}
            // The options are the states.
            onChange={(next) => change({ status: next.length > 0 ? (next as RunStatus[]) : undefined })}
          />
        }
        empty={
          status.length > 0 ? (
            <Empty icon="search" title={t('list.nothingFound')}>
              {t('list.nothingFoundWords')}
            </Empty>
          ) : (
            <Empty
              icon="run"
              title={t('run.none')}
              action={<Link to="/transfers">{t('nav.transfers')}</Link>}
            >
              {t('run.noneWords')}
            </Empty>
          )
        }
      />
    </>
  )
}
