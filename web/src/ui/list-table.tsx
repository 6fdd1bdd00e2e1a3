import {
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  tableFeatures,
  useTable,
  type ColumnDef,
} from '@tanstack/react-table'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'
import classes from './list-table.module.css'
import { nextSort } from './next-sort.ts'

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() })

export interface ListColumn<T> {
  id: string
  header: string
  cell: (row: T) => ReactNode
  /** What the column is sorted by; without it the column cannot be. */
  sortBy?: (row: T) => string | number | null | undefined
  align?: 'end'
  /** Takes what room is left. */
  wide?: boolean
}

interface ListTableProps<T> {
  label: string
  columns: ListColumn<T>[]
  rows: T[]
  rowKey: (row: T) => string | number
  /** `name` or `-name`, as the URL keeps it; empty is the hub's own order. */
  sort?: string
  onSort?: (sort: string) => void
}

/** A dense table; narrow screens get each row as a card with the headers as labels. */
export function ListTable<T extends object>({
  label,
  columns,
  rows,
  rowKey,
  sort = '',
  onSort,
}: ListTableProps<T>) {
  const { t, i18n } = useTranslation()
  const definitions = useMemo(() => define(columns, i18n.language), [columns, i18n.language])
  const sorting = useMemo<SortingState>(
    () => (sort === '' ? [] : [{ id: sort.replace(/^-/, ''), desc: sort.startsWith('-') }]),
    [sort],
  )
  const table = useTable({
    features,
    columns: definitions,
    data: rows,
    state: { sorting },
    getRowId: (row) => String(rowKey(row)),
  })
  const byId = new Map(columns.map((column) => [column.id, column]))
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                data-align={column.align}
                data-wide={column.wide || undefined}
                aria-sort={ariaSort(column.id, sort)}
              >
                {column.sortBy === undefined || onSort === undefined ? (
                  column.header
                ) : (
                  <button
                    type="button"
                    className={classes.sort}
                    title={t('list.sortBy', { column: column.header })}
                    onClick={() => onSort(nextSort(column.id, sort))}
                  >
                    {column.header}
                    <SortSign id={column.id} sort={sort} />
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getAllCells().map((cell) => {
                const column = byId.get(cell.column.id)
                return (
                  <td key={cell.id} data-label={column?.header} data-align={column?.align}>
                    {column?.cell(row.original)}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function define<T extends object>(
  columns: ListColumn<T>[],
  language: string,
): ColumnDef<typeof features, T>[] {
  const order = new Intl.Collator(language, { numeric: true, sensitivity: 'base' })
  return columns.map((column) => ({
    id: column.id,
    header: column.header,
    accessorFn: (row: T) => column.sortBy?.(row) ?? undefined,
    sortUndefined: 'last' as const,
    sortFn: (a, b, id) => {
      const [left, right] = [a.getValue<string | number>(id), b.getValue<string | number>(id)]
      if (typeof left === 'number' && typeof right === 'number') return left - right
      return order.compare(String(left), String(right))
    },
  }))
}

function ariaSort(id: string, sort: string): 'ascending' | 'descending' | undefined {
  if (sort === id) return 'ascending'
  return sort === `-${id}` ? 'descending' : undefined
}

function SortSign({ id, sort }: { id: string; sort: string }) {
  if (sort === id) return <Icon name="chevronUp" size={12} />
  return sort === `-${id}` ? <Icon name="chevronDown" size={12} /> : null
}
