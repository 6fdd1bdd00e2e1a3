import { Switch, TextInput } from '@mantine/core'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { type AuditEntry, auditQuery } from '../api/audit.ts'
import { groupsQuery } from '../api/groups.ts'
import { meQuery } from '../api/session.ts'
import { useGroup } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List } from '../ui/list.tsx'
import type { ListColumn } from '../ui/list-table.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { Empty } from '../ui/page-state.tsx'
import { SearchBox } from '../ui/search-box.tsx'
import { When } from '../ui/when.tsx'

const route = getRouteApi('/inside/audit')

/** Who did what, when and from where. */
export function AuditPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const me = useSuspenseQuery(meQuery).data
  const groups = useSuspenseQuery(groupsQuery).data
  const group = useGroup()
  const { page = 1, sort = '', action, actor, since, until, all } = search
  const whole = all === true && me.is_superuser
  const filter = {
    group_id: whole ? undefined : group.data.id,
    actor_id: actor,
    action: action?.match(/^[a-z_]+(\.[a-z_]+)?/)?.[0],
    since: since && new Date(`${since}T00:00:00`).toISOString(),
    until: until && new Date(`${until}T23:59:59.999`).toISOString(),
  }
  const query = useQuery(auditQuery({ ...filter, page, page_size: 50, sort }))
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const nameOf = (id: number | null) =>
    groups.find(({ data }) => data.id === id)?.data.name ?? (id === null ? '' : `#${id}`)
  const columns: ListColumn<AuditEntry>[] = [
    {
      id: 'at',
      header: t('audit.at'),
      show: 'always',
      cell: ({ created_at }) => <When at={created_at} exact />,
      sort: 'created_at',
      value: ({ created_at }) => created_at,
    },
    {
      id: 'actor',
      header: t('audit.actor'),
      cell: ({ actor_name, actor_id }) =>
        actor_id === null ? (
          actor_name
        ) : (
          <button
            type="button"
            className="link"
            title={t('audit.onlyActor')}
            onClick={() => change({ actor: actor_id })}
          >
            {actor_name ?? `#${actor_id}`}
          </button>
        ),
      sort: 'actor_name',
      value: ({ actor_name, actor_id }) => actor_name ?? actor_id,
    },
    {
      id: 'action',
      header: t('audit.action'),
      cell: ({ action: what }) => <code>{what}</code>,
      sort: 'action',
      value: ({ action: what }) => what,
    },
    {
      id: 'object',
      header: t('audit.object'),
      wide: true,
      cell: ({ object_name, object_id }) => object_name ?? (object_id === null ? '' : `#${object_id}`),
      sort: 'object_name',
      value: ({ object_name, object_id }) => object_name ?? object_id,
    },
    ...(whole
      ? [
          {
            id: 'group',
            header: t('frame.group'),
            cell: ({ group_id }: AuditEntry) => nameOf(group_id),
            value: ({ group_id }: AuditEntry) => nameOf(group_id),
          },
        ]
      : []),
    {
      id: 'address',
      header: t('audit.address'),
      cell: ({ address }) => address,
      value: ({ address }) => address,
    },
    {
      id: 'request',
      header: t('failure.request'),
      show: 'asked',
      cell: ({ request_id }) => <code>{request_id}</code>,
      value: ({ request_id }) => request_id,
    },
    {
      id: 'details',
      header: t('audit.details'),
      cell: ({ details }) =>
        details === null || Object.keys(details).length === 0 ? (
          ''
        ) : (
          <code className="mono">{JSON.stringify(details)}</code>
        ),
      value: ({ details }) => (details === null ? '' : JSON.stringify(details)),
    },
  ]
  return (
    <>
      <PageHeader title={t('nav.audit')} lead={t('audit.lead')} />
      <List
        label={t('nav.audit')}
        query={query}
        columns={columns}
        rowKey={({ id }) => id}
        sort={sort}
        onSort={(next) => change({ sort: next || undefined })}
        onPage={(next) => change({ page: next })}
        source={{ name: 'audit', path: '/v1/audit', query: filter }}
        controls={
          <>
            <SearchBox
              label={t('audit.filterAction')}
              value={action ?? ''}
              onChange={(next) => change({ action: next || undefined })}
            />
            <TextInput
              type="date"
              aria-label={t('audit.since')}
              value={since ?? ''}
              onChange={(event) => change({ since: event.currentTarget.value || undefined })}
            />
            <TextInput
              type="date"
              aria-label={t('audit.until')}
              value={until ?? ''}
              onChange={(event) => change({ until: event.currentTarget.value || undefined })}
            />
            {actor !== undefined && (
              <ActionButton icon="close" onClick={() => change({ actor: undefined })}>
                {t('audit.everyActor')}
              </ActionButton>
            )}
            {me.is_superuser && (
              <Switch
                label={t('audit.all')}
                checked={whole}
                onChange={(event) => change({ all: event.currentTarget.checked ? true : undefined })}
              />
            )}
          </>
        }
        empty={
          <Empty icon="audit" title={t('list.nothingFound')}>
            {t('list.nothingFoundWords')}
          </Empty>
        }
      />
    </>
  )
}
