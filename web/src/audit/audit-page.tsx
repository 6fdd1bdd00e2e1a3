import { Switch, TextInput } from '@mantine/core'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { type AuditEntry, auditQuery } from '../api/audit.ts'
import { groupsQuery } from '../api/groups.ts'
import { meQuery } from '../api/session.ts'
import { useGroup } from '../frame/use-group.ts'
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
  const { page = 1, action, since, until, all } = search
  const whole = all === true && me.is_superuser
  const query = useQuery(
    auditQuery({
      page,
      group_id: whole ? undefined : group.data.id,
      action: action?.match(/^[a-z_]+(\.[a-z_]+)?/)?.[0],
      since: since && new Date(`${since}T00:00:00`).toISOString(),
      until: until && new Date(`${until}T23:59:59.999`).toISOString(),
    }),
  )
  const change = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, page: undefined, ...next }), replace: true })
  const nameOf = (id: number | null) =>
    groups.find(({ data }) => data.id === id)?.data.name ?? (id === null ? '' : `#${id}`)
  const columns: ListColumn<AuditEntry>[] = [
    { id: 'at', header: t('audit.at'), cell: ({ created_at }) => <When at={created_at} exact /> },
    {
      id: 'actor',
      header: t('audit.actor'),
      cell: ({ actor_name, actor_id }) => actor_name ?? (actor_id === null ? '' : `#${actor_id}`),
    },
    { id: 'action', header: t('audit.action'), cell: ({ action: what }) => <code>{what}</code> },
    {
      id: 'object',
      header: t('audit.object'),
      wide: true,
      cell: ({ object_name, object_id }) => object_name ?? (object_id === null ? '' : `#${object_id}`),
    },
    ...(whole
      ? [{ id: 'group', header: t('frame.group'), cell: ({ group_id }: AuditEntry) => nameOf(group_id) }]
      : []),
    { id: 'address', header: t('audit.address'), cell: ({ address }) => address },
    {
      id: 'details',
      header: t('audit.details'),
      cell: ({ details }) =>
        details === null || Object.keys(details).length === 0 ? '' : <code>{JSON.stringify(details)}</code>,
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
        onPage={(next) => change({ page: next })}
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
