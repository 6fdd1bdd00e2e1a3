import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deleteQueue, type Queue, queuePageQuery } from '../api/queues.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List } from '../ui/list.tsx'
import type { ListColumn } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { QueueDialog } from './queue-dialog.tsx'

const route = getRouteApi('/inside/queues')

/** All queues of the group. */
export function QueueListPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { data: group, role } = useGroup()
  const whyNot = useWhyNot()(role, 'Maintainer')
  const [adding, setAdding] = useState(false)
  const { page = 1, q = '', sort = '' } = search
  const filter = { group_id: group.id, search_query: q }
  const query = useQuery(queuePageQuery({ ...filter, page, page_size: 50, sort }))
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const columns: ListColumn<Queue>[] = [
    {
      id: 'name',
      show: 'always',
      header: t('common.name'),
      cell: ({ id, name }) => (
        <Link to="/queues/$queueId" params={{ queueId: id }}>
          {name}
        </Link>
      ),
      sort: 'name',
      value: ({ name }) => name,
    },
    {
      id: 'slug',
      header: t('queue.slug'),
      cell: ({ slug }) => <code>{slug}</code>,
      sort: 'slug',
      value: ({ slug }) => slug,
    },
    {
      id: 'description',
      header: t('common.description'),
      wide: true,
      cell: ({ description }) => description,
      sort: 'description',
      value: ({ description }) => description,
    },
    {
      id: 'id',
      header: t('common.id'),
      show: 'asked',
      cell: ({ id }) => id,
      sort: 'id',
      value: ({ id }) => id,
    },
  ]
  const create = (
    <ActionButton variant="filled" icon="plus" whyNot={whyNot} onClick={() => setAdding(true)}>
      {t('queue.new')}
    </ActionButton>
  )
  return (
    <>
      <PageHeader title={t('nav.queues')} lead={t('queue.lead')} actions={create} />
      <List
        label={t('nav.queues')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        source={{ name: 'queues', path: '/v1/queues', query: filter }}
        bulk={{
          nameOf: ({ name }) => name,
          actions: [
            {
              id: 'delete',
              label: t('common.delete'),
              icon: 'trash',
              danger: true,
              whyNot,
              words: t('queue.bulkDelete'),
              act: async ({ id }) => {
                await deleteQueue(id)
                return undefined
              },
            },
          ],
        }}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        controls={
          <SearchBox
            label={t('queue.search')}
            value={q}
            onChange={(next) => change({ q: next || undefined })}
          />
        }
        empty={
          q === '' ? (
            <Empty icon="queue" title={t('queue.none')} action={create}>
              {t('queue.noneWords')}
            </Empty>
          ) : (
            <Empty icon="search" title={t('list.nothingFound')}>
              {t('list.nothingFoundWords')}
            </Empty>
          )
        }
      />
      {adding && <QueueDialog groupId={group.id} onClose={() => setAdding(false)} />}
    </>
  )
}
