import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { transferPageQuery } from '../api/transfers.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { LiveSign } from '../realtime/live-sign.tsx'
import { useLive } from '../realtime/use-live.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { List } from '../ui/list.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { useTransferActions } from './transfer-bulk.tsx'
import { useTransferColumns } from './transfer-columns.tsx'
import { TransferFilters } from './transfer-filters.tsx'

const route = getRouteApi('/inside/transfers')

/** All transfers of the group. */
export function TransferListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data: group, role } = useGroup()
  useLive('runs', group.id)
  const whyNot = useWhyNot()(role, 'Developer')
  const { page = 1, q = '', sort = '', queue, scheduled, from = [], to = [], connection, into } = search
  const filter = {
    group_id: group.id,
    search_query: q,
    queue_id: queue,
    is_scheduled: scheduled,
    source_connection_id: connection,
    target_connection_id: into,
    source_connection_type: from,
    target_connection_type: to,
  }
  const query = useQuery(transferPageQuery({ ...filter, page, page_size: 50, sort }))
  const actions = useTransferActions()
  const columns = useTransferColumns()
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const filtered =
    q !== '' ||
    [queue, scheduled, connection, into].some((one) => one !== undefined) ||
    from.length + to.length > 0
  const create = (
    <LinkButton to="/transfers/new" variant="filled" icon="plus" whyNot={whyNot}>
      {t('transfer.new')}
    </LinkButton>
  )
  return (
    <>
      <PageHeader
        title={t('nav.transfers')}
        lead={t('transfer.lead')}
        badge={<LiveSign />}
        actions={create}
      />
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
        controls={<TransferFilters groupId={group.id} search={search} onChange={change} />}
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
