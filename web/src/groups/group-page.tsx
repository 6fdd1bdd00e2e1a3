import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { groupQuery } from '../api/groups.ts'
import { useAdoptGroup } from '../frame/use-group.ts'
import { Badge } from '../ui/state-badge.tsx'
import { DataView } from '../ui/data-view.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Loading } from '../ui/page-state.tsx'
import { DangerZone } from './danger-zone.tsx'
import { GroupSettings } from './group-settings.tsx'
import { Members } from './members.tsx'

const route = getRouteApi('/inside/groups/$groupId')

/** One group: its name, its members, its end. */
export function GroupPage() {
  const { t } = useTranslation()
  const { groupId } = route.useParams()
  const { page = 1 } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(groupQuery(groupId))
  useAdoptGroup(query.data?.data.id)
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  const { data: group, role } = query.data
  return (
    <>
      <PageHeader
        title={group.personal === true ? t('group.personalName', { name: group.name }) : group.name}
        above={<Link to="/groups">{t('nav.groups')}</Link>}
        lead={group.description}
        badge={
          <Badge tone="quiet" icon="users">
            {t(`role.${role}`)}
          </Badge>
        }
        actions={<DataView name={group.name} path={`/v1/groups/${group.id}`} value={query.data} />}
      />
      <div className="stack">
        <GroupSettings key={groupId} group={group} role={role} />
        <Members
          group={group}
          role={role}
          page={page}
          onPage={(next) => void navigate({ search: (old) => ({ ...old, page: next }) })}
        />
        <DangerZone group={group} role={role} />
      </div>
    </>
  )
}
