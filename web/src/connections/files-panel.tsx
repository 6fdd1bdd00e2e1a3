import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { filePageQuery } from '../api/catalogs.ts'
import { ListTable } from '../ui/list-table.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Pager } from '../ui/pager.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { Section } from '../ui/section.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import classes from './panel.module.css'

/** A store's files as the last sync found them. What came and went is told by each sync. */
export function FilesPanel({ connectionId }: { connectionId: number }) {
  const { t } = useTranslation()
  const format = useFormat()
  const [search, setSearch] = useState('')
  const [page, setPage] = useState(1)
  const query = useQuery(filePageQuery(connectionId, search, page))
  return (
    <Section title={t('files.title')} lead={t('files.lead')} flush>
      <div className={classes.part}>
        <SearchBox
          label={t('files.search')}
          value={search}
          onChange={(next) => {
            setSearch(next)
            setPage(1)
          }}
        />
      </div>
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isError && query.data === undefined ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <Empty icon="file" title={search === '' ? t('files.none') : t('list.nothingFound')}>
          {search === '' ? t('files.noneWords') : undefined}
        </Empty>
      ) : (
        <>
          <ListTable
            label={t('files.title')}
            rows={query.data.items}
            rowKey={({ path }) => path}
            columns={[
              {
                id: 'path',
                header: t('files.path'),
                wide: true,
                cell: ({ path }) => <span className="mono">{path}</span>,
              },
              {
                id: 'size',
                header: t('files.size'),
                align: 'end',
                cell: ({ size_bytes }) => <span className="nowrap">{format.bytes(size_bytes)}</span>,
              },
              {
                id: 'modified',
                header: t('common.changed'),
                cell: ({ modified_at }) => <When at={modified_at} />,
              },
            ]}
          />
          <Pager meta={query.data.meta} of={t('files.title')} onPage={setPage} />
        </>
      )}
    </Section>
  )
}
