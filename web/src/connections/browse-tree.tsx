import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type BrowseItem, type BrowseKind, browseQuery, columnsQuery } from '../api/connections.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import classes from './browse-tree.module.css'

const ICONS: Record<BrowseKind, IconName> = {
  schema: 'schema',
  table: 'table',
  view: 'view',
  folder: 'folder',
  file: 'file',
}

interface BrowseTreeProps {
  connectionId: number
  /** Why there is nothing to browse. */
  whyNot?: string | undefined
  /** With it, tables, views and files can be chosen; folders too where `folders` says so. */
  onPick?: (item: BrowseItem) => void
  picked?: string | undefined
  folders?: boolean
}

/** What is behind a connection: schemas, tables and their columns; folders and files. */
export function BrowseTree({ connectionId, whyNot, ...rest }: BrowseTreeProps) {
  const { t } = useTranslation()
  if (whyNot !== undefined) {
    return (
      <Empty icon="view" title={t('connection.cannotBrowseTitle')}>
        {whyNot}
      </Empty>
    )
  }
  return (
    <div className={classes.tree}>
      <Level connectionId={connectionId} path="" depth={0} {...rest} />
    </div>
  )
}

type LevelProps = Omit<BrowseTreeProps, 'whyNot'> & { path: string; depth: number }

function Level({ connectionId, path, depth, ...rest }: LevelProps) {
  const { t } = useTranslation()
  const query = useQuery(browseQuery(connectionId, path))
  if (query.isPending) return <Loading lines={3} />
  if (query.isError) {
    return (
      <div className={classes.state}>
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  if (query.data.items.length === 0) return <p className={classes.nothing}>{t('connection.nothingHere')}</p>
  return (
    <ul className={classes.level}>
      {query.data.items.map((item) => (
        <Node key={item.path} item={item} connectionId={connectionId} depth={depth} {...rest} />
      ))}
    </ul>
  )
}

function Node({ item, ...rest }: Omit<LevelProps, 'path'> & { item: BrowseItem }) {
  const { t } = useTranslation()
  const { connectionId, depth, onPick, picked, folders = false } = rest
  const [open, setOpen] = useState(depth === 0 && (picked?.startsWith(item.path) ?? false))
  const branch = item.kind === 'schema' || item.kind === 'folder'
  const table = item.kind === 'table' || item.kind === 'view' || item.kind === 'file'
  const pickable = onPick !== undefined && (!branch || (folders && item.kind === 'folder'))
  return (
    <li>
      <div
        className={classes.node}
        style={{ paddingLeft: 12 + depth * 20 }}
        data-picked={picked === item.path || undefined}
      >
        <button
          type="button"
          className={classes.toggle}
          aria-expanded={open}
          aria-label={
            open
              ? t('connection.closeNode', { name: item.name })
              : t('connection.openNode', { name: item.name })
          }
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'chevronDown' : 'chevronRight'} size={13} />
          <Icon name={ICONS[item.kind]} />
          <span className={classes.name}>{item.name}</span>
        </button>
        <Figures item={item} />
        {pickable && (
          <button
            type="button"
            className={classes.pick}
            aria-pressed={picked === item.path}
            aria-label={
              picked === item.path
                ? t('connection.pickedNode', { name: item.name })
                : t('connection.pickNode', { name: item.name })
            }
            onClick={() => onPick(item)}
          >
            {picked === item.path ? t('connection.picked') : t('connection.pick')}
          </button>
        )}
      </div>
      {open && branch && <Level {...rest} path={item.path} depth={depth + 1} />}
      {open && table && <Columns connectionId={connectionId} path={item.path} depth={depth + 1} />}
    </li>
  )
}

function Figures({ item }: { item: BrowseItem }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <span className={classes.figures}>
      {item.format && <span>{item.format}</span>}
      {typeof item.rows === 'number' && item.rows >= 0 && (
        <span>{t('connection.about', { count: item.rows, shown: format.short(item.rows) })}</span>
      )}
      {typeof item.size_bytes === 'number' && <span>{format.bytes(item.size_bytes)}</span>}
      {item.modified_at && <When at={item.modified_at} />}
    </span>
  )
}

function Columns({ connectionId, path, depth }: { connectionId: number; path: string; depth: number }) {
  const { t } = useTranslation()
  const query = useQuery(columnsQuery(connectionId, path))
  if (query.isPending) return <Loading lines={3} />
  if (query.isError) {
    return (
      <div className={classes.state}>
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  return (
    <ul
      className={classes.columns}
      style={{ paddingLeft: 32 + depth * 20 }}
      aria-label={t('connection.columnsOf', { name: path })}
    >
      {query.data.items.map((column) => (
        <li key={column.name}>
          <code>{column.name}</code>
          <span className="dimmed">
            {column.type}
            {!column.nullable && ` · ${t('connection.notNull')}`}
          </span>
          {column.primary_key && <span className={classes.key}>{t('connection.primaryKey')}</span>}
        </li>
      ))}
    </ul>
  )
}
