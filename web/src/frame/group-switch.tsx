import { Select } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { groupsQuery } from '../api/groups.ts'
import { Icon } from '../ui/icon.tsx'
import { useGroup } from './use-group.ts'

/** Which group all lists show. From a thing's own page one goes to the list that it stands in. */
export function GroupSwitch() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const groups = useSuspenseQuery(groupsQuery).data
  const current = useGroup()
  const name = ({ data }: (typeof groups)[number]) =>
    data.personal === true ? t('group.personalName', { name: data.name }) : data.name
  const change = (value: string | null) => {
    if (value === null) return
    const room =
      /^\/(connections|use-from-app|transfers|queues|runs|applications|audit)\b/.exec(
        location.pathname,
      )?.[0] ?? '/'
    void navigate({ to: room, search: { group: Number(value) } })
  }
  return (
    <Select
      aria-label={t('frame.group')}
      data={groups.map((group) => ({ value: String(group.data.id), label: name(group) }))}
      value={String(current.data.id)}
      onChange={change}
      searchable
      allowDeselect={false}
      nothingFoundMessage={t('list.nothingFound')}
      leftSection={<Icon name="group" />}
      rightSection={<Icon name="chevronDown" size={14} />}
      rightSectionPointerEvents="none"
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
      size="xs"
    />
  )
}
