import { MultiSelect, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { allConnectionsQuery, providersQuery } from '../api/connections.ts'
import { allQueuesQuery } from '../api/queues.ts'
import { transferPageQuery } from '../api/transfers.ts'
import { useProviderTitle } from '../connections/use-provider-title.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { List } from '../ui/list.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { useTransferActions } from './transfer-bulk.tsx'
import { useTransferColumns } from './transfer-columns.tsx'

const route = getRouteApi('/inside/transfers')

/** All transfers of the group. */
export function TransferListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data: group, role } = useGroup()
  const whyNot = useWhyNot()(role, 'Developer')
  const queues = useQuery(allQueuesQuery(group.id))
  const providers = useQuery(providersQuery)
  const connections = useQuery(allConnectionsQuery(group.id))
  const title = useProviderTitle()
  const { page = 1, q = '', sort = '', queue, scheduled, from = [], to = [], connection } = search
  const filter = {
    group_id: group.id,
    search_query: q,
    queue_id: queue,
    is_scheduled: scheduled,
    source_connection_id: connection,
    source_connection_type: from,
    target_connection_type: to,
  }
  const query = useQuery(transferPageQuery({ ...filter, page, page_size: 50, sort }))
  const actions = useTransferActions()
  const columns = useTransferColumns()
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const filtered =
    q !== '' || [queue, scheduled, connection].some((one) => one !== undefined) || from.length + to.length > 0
  const types = providers.data?.map(({ provider }) => ({ value: provider, label: title(provider) })) ?? []
  const create = (
    <LinkButton to="/transfers/new" variant="filled" icon="plus" whyNot={whyNot}>
      {t('transfer.new')}
    </LinkButton>
  )
  const clear = { 'aria-label': t('list.clearFilter') }
  return (
    <>
      <PageHeader title={t('nav.transfers')} lead={t('transfer.lead')} actions={create} />
      <List
        label={t('nav.transfers')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        source={{ name: 'transfers', path: '/v1/transfers', query: filter }}
        bulk={{ actions, nameOf: ({ name }) => name }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <>
            <SearchBox
              label={t('transfer.search')}
              value={q}
              onChange={(next) => change({ q: next || undefined })}
            />
            <Select
              aria-label={t('transfer.queue')}
              placeholder={t('transfer.anyQueue')}
              data={queues.data?.map(({ id, name }) => ({ value: String(id), label: name })) ?? []}
              value={queue === undefined ? null : String(queue)}
              clearable
              clearButtonProps={clear}
              onChange={(value) => change({ queue: value === null ? undefined : Number(value) })}
            />
            <Select
              aria-label={t('transfer.schedule')}
              placeholder={t('transfer.anySchedule')}
              data={[
                { value: 'true', label: t('transfer.scheduled') },
                { value: 'false', label: t('transfer.byHand') },
              ]}
              value={scheduled === undefined ? null : String(scheduled)}
              clearable
              clearButtonProps={clear}
              onChange={(value) => change({ scheduled: value === null ? undefined : value === 'true' })}
            />
            <MultiSelect
              aria-label={t('transfer.sourceType')}
              placeholder={from.length === 0 ? t('transfer.anySource') : undefined}
              data={types}
              value={from}
              clearable
              clearButtonProps={clear}
              onChange={(next) => change({ from: next.length > 0 ? next : undefined })}
            />
            <MultiSelect
              aria-label={t('transfer.targetType')}
              placeholder={to.length === 0 ? t('transfer.anyTarget') : undefined}
              data={types}
              value={to}
              clearable
              clearButtonProps={clear}
              onChange={(next) => change({ to: next.length > 0 ? next : undefined })}
            />
            <Select
              aria-label={t('transfer.sourceConnection')}
              placeholder={t('transfer.anyEnd')}
              searchable
              data={connections.data?.map(({ id, name }) => ({ value: String(id), label: name })) ?? []}
              value={connection === undefined ? null : String(connection)}
              clearable
              clearButtonProps={clear}
              onChange={(value) => change({ connection: value === null ? undefined : Number(value) })}
            />
          </>
        }
        empty={
          filtered ? (
            <Empty icon="search" title={t('list.nothingFound')}>
              {t('list.nothingFoundWords')}
            </Empty>
          ) : (
            <Empty icon="transfer" title={t('transfer.none')} action={create}>
              {t('transfer.noneWords')}
            </Empty>
          )
        }
      />
    </>
  )
}
