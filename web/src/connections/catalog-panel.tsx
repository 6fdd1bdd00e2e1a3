import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type Catalog,
  catalogPageQuery,
  catalogQuery,
  type CatalogTable,
  type CatalogVersion,
} from '../api/catalogs.ts'
import { Icon } from '../ui/icon.tsx'
import { ListTable } from '../ui/list-table.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Pager } from '../ui/pager.tsx'
import { Section } from '../ui/section.tsx'
import { Badge } from '../ui/state-badge.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import { ChangeTable } from './change-table.tsx'
import classes from './panel.module.css'

/** A database's tables as the syncs found them: each version, what changed with it, and what it holds. */
export function CatalogPanel({ connectionId }: { connectionId: number }) {
  const { t } = useTranslation()
  const [page, setPage] = useState(1)
  const [chosen, setChosen] = useState<number | null>(null)
  const query = useQuery(catalogPageQuery(connectionId, page))
  const newest = useQuery(catalogPageQuery(connectionId, 1)).data?.items[0]?.version
  const version = chosen ?? newest
  return (
    <Section title={t('catalog.title')} lead={t('catalog.lead')} flush>
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isError && query.data === undefined ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : version === undefined ? (
        <Empty icon="table" title={t('catalog.none')}>
          {t('catalog.noneWords')}
        </Empty>
      ) : (
        <>
          <Versions versions={query.data.items} chosen={version} onChoose={setChosen} />
          <Pager meta={query.data.meta} of={t('catalog.versions')} onPage={setPage} />
          <Version connectionId={connectionId} version={version} />
        </>
      )}
    </Section>
  )
}

/** `first` is no change; breaking is told by icon and word. */
function ChangeBadge({ change }: { change: CatalogVersion['change'] }) {
  const { t } = useTranslation()
  const looks = {
    first: { tone: 'quiet', icon: 'info' },
    non_breaking: { tone: 'good', icon: 'done' },
    breaking: { tone: 'failure', icon: 'warning' },
  } as const
  return <Badge {...looks[change]}>{t(`catalog.change.${change}`)}</Badge>
}

interface VersionsProps {
  versions: CatalogVersion[]
  chosen: number
  onChoose: (version: number) => void
}

function Versions({ versions, chosen, onChoose }: VersionsProps) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <ListTable
      label={t('catalog.versions')}
      rows={versions}
      rowKey={({ version }) => version}
      columns={[
        {
          id: 'version',
          header: t('catalog.version'),
          cell: ({ version }) => (
            <button
              type="button"
              className="link"
              aria-current={version === chosen || undefined}
              onClick={() => onChoose(version)}
            >
              {t('catalog.number', { version })}
            </button>
          ),
        },
        { id: 'at', header: t('catalog.found'), cell: ({ created_at }) => <When at={created_at} /> },
        {
          id: 'tables',
          header: t('catalog.tables'),
          align: 'end',
          cell: ({ tables }) => format.number(tables),
        },
        {
          id: 'change',
          header: t('catalog.forReaders'),
          wide: true,
          cell: ({ change }) => <ChangeBadge change={change} />,
        },
      ]}
    />
  )
}

function Version({ connectionId, version }: { connectionId: number; version: number }) {
  const { t } = useTranslation()
  const query = useQuery(catalogQuery(connectionId, version))
  if (query.isPending) return <Loading lines={4} />
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />
  const { diff, change } = query.data
  return (
    <>
      {diff.length > 0 && (
        <div>
          <div className={classes.part}>
            <h3>{t('catalog.changedWith', { version: query.data.version })}</h3>
            <ChangeBadge change={change} />
          </div>
          <ChangeTable label={t('catalog.changedWith', { version: query.data.version })} changes={diff} />
        </div>
      )}
      <Tables catalog={query.data} />
    </>
  )
}

/** More would make the page heavy; the search reaches all of them. */
const MOST_DRAWN = 200

function Tables({ catalog: { catalog, version } }: { catalog: Catalog }) {
  const { t } = useTranslation()
  const [search, setSearch] = useState('')
  const wanted = useDeferredValue(search.trim().toLocaleLowerCase())
  const found = catalog.filter(
    ({ name, columns }) =>
      wanted === '' ||
      [name, ...columns.map((column) => column.name)].some((one) => one.toLocaleLowerCase().includes(wanted)),
  )
  return (
    <>
      <div className={classes.part}>
        <h3>{t('catalog.holds', { version })}</h3>
        <TextInput
          type="search"
          aria-label={t('catalog.search')}
          placeholder={t('catalog.search')}
          leftSection={<Icon name="search" />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <span className="dimmed" role="status">
          {t('catalog.shown', { count: found.length })}
        </span>
      </div>
      {found.length > 0 && (
        <div
          className={classes.tables}
          role="group"
          tabIndex={0}
          aria-label={t('catalog.holds', { version })}
        >
          {found.slice(0, MOST_DRAWN).map((table) => (
            <TableEntry key={table.name} table={table} />
          ))}
        </div>
      )}
    </>
  )
}

function TableEntry({ table: { name, kind, columns, rows } }: { table: CatalogTable }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <details className={classes.table}>
      <summary>
        <Icon name={kind} /> <strong className="mono">{name}</strong>
        <span className="dimmed">{t('catalog.columns', { count: columns.length })}</span>
        {rows !== undefined && (
          <span className="dimmed">{t('connection.about', { count: rows, shown: format.short(rows) })}</span>
        )}
      </summary>
      <ul>
        {columns.map((column) => (
          <li key={column.name}>
            <span className="mono">{column.name}</span>
            <span className="dimmed">
              {[
                column.type,
                column.primary_key && t('connection.primaryKey'),
                !column.nullable && t('connection.notNull'),
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
