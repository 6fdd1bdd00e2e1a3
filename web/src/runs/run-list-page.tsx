import { MultiSelect, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import {
  isOver,
  retryRun,
  type Run,
  RUN_STATUSES,
  RUN_TYPES,
  type RunStatus,
  runPageQuery,
  stopRun,
} from '../api/runs.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { LiveSign } from '../realtime/live-sign.tsx'
import { useLive } from '../realtime/use-live.ts'
import type { BulkAction } from '../ui/bulk-dialog.tsx'
import { List } from '../ui/list.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { useRunColumns } from './run-table.tsx'

const route = getRouteApi('/inside/runs')

/** All runs of the group, newest first. */
export function RunListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const group = useGroup()
  const { page = 1, q = '', sort = '', status = [], type, since, until } = search
  const filter = {
    group_id: group.data.id,
    search_query: q,
    status,
    type: type === undefined ? [] : [type],
    started_at_since: since && new Date(`${since}T00:00:00`).toISOString(),
    started_at_until: until && new Date(`${until}T23:59:59.999`).toISOString(),
  }
  const query = useQuery(runPageQuery({ ...filter, page, page_size: 50, sort }))
  useLive('runs', group.data.id)
  const filtered = q !== '' || status.length > 0 || [type, since, until].some((one) => one !== undefined)
  const actions = useBulkActions()
  const columns = useRunColumns({ withTransfer: true })
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  return (
    <>
      <PageHeader title={t('nav.runs')} lead={t('run.lead')} badge={<LiveSign />} />
      <List
        label={t('nav.runs')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        source={{ name: 'runs', path: '/v1/runs', query: filter }}
        bulk={{
          actions,
          nameOf: ({ id, transfer_name = '' }) => `${t('run.number', { id })} · ${transfer_name}`,
        }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <>
            <SearchBox
              label={t('run.search')}
              value={q}
              onChange={(next) => change({ q: next || undefined })}
            />
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
            <Select
              aria-label={t('run.startedBy')}
              placeholder={t('run.anyType')}
              clearable
              clearButtonProps={{ 'aria-label': t('list.clearFilter') }}
              data={RUN_TYPES.map((one) => ({ value: one, label: t(`run.type.${one}`) }))}
              value={type ?? null}
              onChange={(next) => change({ type: RUN_TYPES.find((one) => one === next) })}
            />
            <TextInput
              type="date"
              aria-label={t('run.since')}
              title={t('run.since')}
              value={since ?? ''}
              onChange={(event) => change({ since: event.currentTarget.value || undefined })}
            />
            <TextInput
              type="date"
              aria-label={t('run.until')}
              title={t('run.until')}
              value={until ?? ''}
              onChange={(event) => change({ until: event.currentTarget.value || undefined })}
            />
          </>
        }
        empty={
          filtered ? (
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

function useBulkActions(): BulkAction<Run>[] {
  const { t } = useTranslation()
  const whyNot = useWhyNot()(useGroup().role, 'Developer')
  return [
    {
      id: 'retry',
      label: t('run.again'),
      icon: 'retry',
      whyNot,
      words: t('run.bulkRetry'),
      act: async ({ id, status }) => {
        if (!isOver(status)) throw new Error(t('run.notOver'))
        return t('transfer.started', { id: (await retryRun(id)).id })
      },
    },
    {
      id: 'stop',
      label: t('run.stop'),
      icon: 'stop',
      danger: true,
      whyNot,
      words: t('run.bulkStop'),
      act: async ({ id, status }) => {
        if (isOver(status)) throw new Error(t('run.isOver'))
        await stopRun(id)
        return undefined
      },
    },
  ]
}
