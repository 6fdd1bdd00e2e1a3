import { Select } from '@mantine/core'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { groupsQuery, type Role } from '../api/groups.ts'
import { useWhyNot } from '../frame/use-group.ts'

interface GroupSelectProps {
  label: string
  value: number
  onChange: (groupId: number) => void
  /** The role one must have in a group to choose it. */
  needed: Role
}

/** A group to put something into; those where one may not are named with the reason. */
export function GroupSelect({ label, value, onChange, needed }: GroupSelectProps) {
  const { t } = useTranslation()
  const groups = useSuspenseQuery(groupsQuery).data
  const whyNot = useWhyNot()
  return (
    <Select
      label={label}
      required
      searchable
      allowDeselect={false}
      nothingFoundMessage={t('list.nothingFound')}
      data={groups.map(({ data, role }) => {
        const name = data.personal === true ? t('group.personalName', { name: data.name }) : data.name
        const reason = whyNot(role, needed)
        return {
          value: String(data.id),
          label: reason === undefined ? name : `${name} – ${reason}`,
          disabled: reason !== undefined,
        }
      })}
      value={String(value)}
      onChange={(next) => next !== null && onChange(Number(next))}
    />
  )
}
