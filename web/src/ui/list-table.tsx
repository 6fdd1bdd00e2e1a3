import { Checkbox } from '@mantine/core'
import { columnVisibilityFeature, tableFeatures, useTable, type ColumnDef } from '@tanstack/react-table'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'
import classes from './list-table.module.css'
import { nextSort } from './next-sort.ts'

const features = tableFeatures({ columnVisibilityFeature })

export type CellValue = string | number | boolean | null | undefined

export interface ListColumn<T> {
  id: string
  header: string
  cell: (row: T) => ReactNode
  /** What the cell says, for a file; without it the column is not in one. */
  value?: (row: T) => CellValue
  /** The hub's name for it in `sort=`; without it the column cannot be sorted by. */
  sort?: string
  align?: 'end'
  /** Takes what room is left. */
  wide?: boolean
  /** `always` cannot be hidden, `asked` is hidden until one wants it. */
  show?: 'always' | 'asked'
}

export interface Selection<T> {
  keys: ReadonlySet<string>
  onChange: (keys: ReadonlySet<string>) => void
  nameOf: (row: T) => string
}

interface ListTableProps<T> {
  label: string
  columns: ListColumn<T>[]
  rows: T[]
  rowKey: (row: T) => string | number
  /** `name` or `-name`, as the URL keeps it; empty is the hub's own order. */
  sort?: string
  onSort?: (sort: string) => void
  /** Which columns are shown, by id; all that are not named are. */
  visible?: Record<string, boolean>
  density?: 'dense' | 'roomy'
  selection?: Selection<T> | undefined
}

/** A dense table; narrow screens get each row as a card with the headers as labels. */
export function ListTable<T extends object>(props: ListTableProps<T>) {
  const { label, columns, rows, rowKey, sort = '', onSort, visible, density = 'dense', selection } = props
  const definitions = useMemo(
    (): ColumnDef<typeof features, T>[] =>
      columns.map(({ id, header }) => ({ id, header, accessorFn: () => undefined })),
    [columns],
  )
  const table = useTable({
    features,
    columns: definitions,
    data: rows,
    state: { columnVisibility: visible ?? {} },
    getRowId: (row) => String(rowKey(row)),
  })
  const byId = new Map(columns.map((column) => [column.id, column]))
  const shown = columns.filter(({ id }) => visible?.[id] !== false)
  return (
    <div className={classes.frame}>
      <table className={classes.table} aria-label={label} data-density={density}>
        <thead>
          <tr>
            {selection !== undefined && (
              <th scope="col" className={classes.pick}>
                <PickAll keys={rows.map((row) => String(rowKey(row)))} selection={selection} />
              </th>
            )}
            {shown.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} data-picked={selection?.keys.has(row.id) || undefined}>
              {selection !== undefined && (
                <td className={classes.pick}>
                  <Pick id={row.id} name={selection.nameOf(row.original)} selection={selection} />
                </td>
              )}
              {row.getVisibleCells().map((cell) => {
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

interface HeadProps<T> {
  column: ListColumn<T>
  sort: string
  onSort: ((sort: string) => void) | undefined
}

function Head<T>({ column, sort, onSort }: HeadProps<T>) {
  const { t } = useTranslation()
  const { header, sort: by, align, wide } = column
  return (
    <th
      scope="col"
      data-align={align}
      data-wide={wide || undefined}
      aria-sort={by === undefined ? undefined : ariaSort(by, sort)}
    >
      {by === undefined || onSort === undefined ? (
        header
      ) : (
        <button
          type="button"
          className={classes.sort}
          title={t('list.sortBy', { column: header })}
          onClick={() => onSort(nextSort(by, sort))}
        >
          {header}
          <SortSign by={by} sort={sort} />
        </button>
      )}
    </th>
  )
}

function PickAll<T>({ keys, selection }: { keys: string[]; selection: Selection<T> }) {
  const { t } = useTranslation()
  const all = keys.length > 0 && keys.every((key) => selection.keys.has(key))
  return (
    <Checkbox
      size="xs"
      aria-label={t('list.selectAll')}
      checked={all}
      indeterminate={!all && selection.keys.size > 0}
      onChange={() => selection.onChange(new Set(all ? [] : keys))}
    />
  )
}

function Pick<T>({ id, name, selection }: { id: string; name: string; selection: Selection<T> }) {
  const { t } = useTranslation()
  const { keys, onChange } = selection
  const toggle = () => {
    const next = new Set(keys)
    if (!next.delete(id)) next.add(id)
    onChange(next)
  }
  return (
    <Checkbox size="xs" aria-label={t('list.selectOne', { name })} checked={keys.has(id)} onChange={toggle} />
  )
}

function ariaSort(by: string, sort: string): 'ascending' | 'descending' | undefined {
  if (sort === by) return 'ascending'
  return sort === `-${by}` ? 'descending' : undefined
}

function SortSign({ by, sort }: { by: string; sort: string }) {
  if (sort === by) return <Icon name="chevronUp" size={12} />
  return sort === `-${by}` ? <Icon name="chevronDown" size={12} /> : null
}
