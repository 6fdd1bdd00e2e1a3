import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Page } from '../api/page.ts'
import { type ListColumn, ListTable } from './list-table.tsx'
import classes from './list.module.css'
import { Failure, Loading } from './page-state.tsx'
import { Pager } from './pager.tsx'

interface ListProps<T> {
  label: string
  query: UseQueryResult<Page<T>>
  columns: ListColumn<T>[]
  rowKey: (row: T) => string | number
  sort?: string
  onSort?: (sort: string) => void
  onPage: (page: number) => void
  /** Search and filters, above the table. */
  controls?: ReactNode
  /** What is said when there is nothing; the page knows whether a filter is the cause. */
  empty: ReactNode
}

/** A list of the API with its four faces: on its way, failed, empty, there. */
export function List<T extends object>({ query, controls, empty, onPage, ...table }: ListProps<T>) {
  return (
    <div className={classes.list} aria-busy={query.isFetching}>
      {controls !== undefined && <div className={classes.controls}>{controls}</div>}
      <ListBody query={query} empty={empty} onPage={onPage} {...table} />
    </div>
  )
}

function ListBody<T extends object>({ query, empty, onPage, ...table }: Omit<ListProps<T>, 'controls'>) {
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
  return (
    <>
      <ListTable {...table} rows={items} />
      <Pager meta={meta} onPage={onPage} />
    </>
  )
}
