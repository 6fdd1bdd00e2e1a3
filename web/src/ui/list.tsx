import { Button } from '@mantine/core'
import { type UseQueryResult, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Page } from '../api/page.ts'
import { BulkBar } from './bulk-bar.tsx'
import type { BulkAction } from './bulk-dialog.tsx'
import { Icon } from './icon.tsx'
import { type ListColumn, ListTable } from './list-table.tsx'
import { type ListSource, ListTools } from './list-tools.tsx'
import classes from './list.module.css'
import { type ListView, useListView } from './list-view.ts'
import { Failure, Loading } from './page-state.tsx'
import { Pager } from './pager.tsx'

interface ListProps<T> {
  label: string
  query: UseQueryResult<Page<T>>
  columns: ListColumn<T>[]
  rowKey: (row: T) => string | number
  sort?: string
  onSort: (sort: string) => void
  onPage: (page: number) => void
  /** Search and filters, above the table. */
  controls?: ReactNode
  /** What is said when there is nothing; the page knows whether a filter is the cause. */
  empty: ReactNode
  /** Where the list comes from: its columns' choice is kept by this name, and files are made from it. */
  source: ListSource
  /** What can be done with many rows at once. */
  bulk?: { actions: BulkAction<T>[]; nameOf: (row: T) => string }
}

/** A list of the API with its four faces: on its way, failed, empty, there. */
export function List<T extends object>(props: ListProps<T>) {
  const { query, controls, columns, sort = '', onSort, source } = props
  const { t } = useTranslation()
  const view = useListView(source.name, columns)
  // On a phone the filters are folded away until they are wanted.
  const [folded, setFolded] = useState(true)
  return (
    <div className={classes.list} aria-busy={query.isFetching}>
      <div className={classes.controls} data-folded={folded || undefined}>
        {controls}
        <div className={classes.tools}>
          <span className={classes.unfold}>
            <Button
              variant="default"
              leftSection={<Icon name="filter" />}
              aria-expanded={!folded}
              onClick={() => setFolded(!folded)}
            >
              {t('list.filters')}
            </Button>
          </span>
          <ListTools columns={columns} view={view} source={source} sort={sort} onSort={onSort} />
        </div>
      </div>
      <ListBody {...props} view={view} />
    </div>
  )
}

function ListBody<T extends object>({ query, empty, view, ...props }: ListProps<T> & { view: ListView }) {
  const { bulk, columns, label, onPage, onSort, rowKey, sort = '' } = props
  const queries = useQueryClient()
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  if (query.isPending) return <Loading />
  if (query.isError && query.data === undefined) {
    return (
      <div className={classes.state}>
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  const { items, meta } = query.data
  if (items.length === 0 && meta.total === 0) return empty
  const keyOf = (row: T) => String(rowKey(row))
  const rows = items.filter((row) => picked.has(keyOf(row)))
  return (
    <>
      {bulk !== undefined && (
        <BulkBar
          actions={bulk.actions}
          nameOf={bulk.nameOf}
          rows={rows}
          keyOf={keyOf}
          // What was done to a row shows in other lists too.
          onDone={() => void queries.invalidateQueries()}
          onClear={() => setPicked(new Set())}
        />
      )}
      <ListTable
        {...{ columns, label, onSort, rowKey, rows: items, sort }}
        visible={view.visible}
        density={view.density}
        // Only what is seen can be chosen: a row of another page is not.
        selection={bulk && { keys: new Set(rows.map(keyOf)), onChange: setPicked, nameOf: bulk.nameOf }}
      />
      <Pager meta={meta} onPage={onPage} />
    </>
  )
}
