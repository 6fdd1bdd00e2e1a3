import { Button, Checkbox, Menu, Popover, SegmentedControl, Select } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { QueryValue } from '../api/client.ts'
import { Icon } from './icon.tsx'
import { csvOf, EXPORT_LIMIT, readWhole, saveFile } from './list-export.ts'
import type { ListColumn } from './list-table.tsx'
import type { ListView } from './list-view.ts'
import classes from './list-tools.module.css'
import { say } from './toast.ts'
import { useFormat } from './use-format.ts'

/** Where a list comes from, so that all its pages can be fetched. */
export interface ListSource {
  path: string
  query: Record<string, QueryValue>
  /** Of the file, and of what is kept of the list's look. */
  name: string
}

interface ListToolsProps<T> {
  columns: ListColumn<T>[]
  view: ListView
  source: ListSource
  sort: string
  onSort: (sort: string) => void
}

/** How the list looks, and the list as a file. */
export function ListTools<T>({ columns, view, source, sort, onSort }: ListToolsProps<T>) {
  return (
    <div className={classes.tools}>
      <ViewChoice columns={columns} view={view} sort={sort} onSort={onSort} />
      <ExportMenu columns={columns} view={view} source={source} sort={sort} />
    </div>
  )
}

function ViewChoice<T>({ columns, view, sort, onSort }: Omit<ListToolsProps<T>, 'source'>) {
  const { t } = useTranslation()
  const sortable = columns.flatMap(({ sort: by, header }) =>
    by === undefined
      ? []
      : [
          { value: by, label: t('list.up', { column: header }) },
          { value: `-${by}`, label: t('list.down', { column: header }) },
        ],
  )
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Icon name="view" />}>
          {t('list.view')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('list.view')}>
        <div className={classes.view}>
          {sortable.length > 0 && (
            <Select
              label={t('list.sort')}
              placeholder={t('list.ownOrder')}
              size="xs"
              clearable
              clearButtonProps={{ 'aria-label': t('list.ownOrder') }}
              comboboxProps={{ withinPortal: false }}
              data={sortable}
              value={sort === '' ? null : sort}
              onChange={(next) => onSort(next ?? '')}
            />
          )}
          <fieldset className={classes.columns}>
            <legend>{t('list.columns')}</legend>
            {columns.map(({ id, header, show }) => (
              <Checkbox
                key={id}
                size="xs"
                label={header}
                disabled={show === 'always'}
                checked={view.visible[id] !== false}
                onChange={(event) => view.setVisible(id, event.currentTarget.checked)}
              />
            ))}
          </fieldset>
          <SegmentedControl
            size="xs"
            aria-label={t('list.density')}
            data={[
              { value: 'dense', label: t('list.dense') },
              { value: 'roomy', label: t('list.roomy') },
            ]}
            value={view.density}
            onChange={(next) => view.setDensity(next === 'roomy' ? 'roomy' : 'dense')}
          />
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

function ExportMenu<T>({ columns, view, source, sort }: Omit<ListToolsProps<T>, 'onSort'>) {
  const { t } = useTranslation()
  const format = useFormat()
  const [progress, setProgress] = useState<string | null>(null)
  const [error, setError] = useState<string | null>(null)
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])
  const save = async (kind: 'csv' | 'json') => {
    const control = new AbortController()
    abort.current = control
    setError(null)
    setProgress(t('list.exporting'))
    try {
      const told = (read: number, total: number) =>
        setProgress(
          t('list.exported', {
            read: format.number(read),
            total: format.number(Math.min(total, EXPORT_LIMIT)),
          }),
        )
      const query = { ...source.query, sort, view: 'full' }
      const { items, total } = await readWhole<T>(source.path, query, told, control.signal)
      const shown = columns.filter(({ id }) => view.visible[id] !== false)
      if (kind === 'csv') saveFile(`${source.name}.csv`, 'text/csv', csvOf(shown, items))
      else saveFile(`${source.name}.json`, 'application/json', `${JSON.stringify(items, null, 2)}\n`)
      const figures = { count: items.length, shown: format.number(items.length), total: format.number(total) }
      say(total > items.length ? t('list.exportCut', figures) : t('list.exportDone', figures))
    } catch (caught) {
      if (!control.signal.aborted) setError(caught instanceof Error ? caught.message : String(caught))
    } finally {
      setProgress(null)
    }
  }
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" leftSection={<Icon name="download" />} loading={progress !== null}>
            {t('list.export')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void save('csv')}>{t('list.csv')}</Menu.Item>
          <Menu.Item onClick={() => void save('json')}>{t('list.json')}</Menu.Item>
          <Menu.Label>{t('list.exportLimit', { limit: format.number(EXPORT_LIMIT) })}</Menu.Label>
        </Menu.Dropdown>
      </Menu>
      <span role="status" className="dimmed">
        {progress}
      </span>
      {error !== null && (
        <span role="alert" className={classes.error}>
          {error}
        </span>
      )}
    </>
  )
}
