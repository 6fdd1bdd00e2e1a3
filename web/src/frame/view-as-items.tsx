import { Menu } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Role } from '../api/groups.ts'
import { VIEWED_ROLES, type ViewedRole } from '../api/view-as.ts'
import { Icon } from '../ui/icon.tsx'
import { useGroup } from './use-group.ts'
import { useViewAs } from './view-as-banner.tsx'

/** The roles below each that may look through another's eyes. */
const BELOW: Partial<Record<Role, readonly ViewedRole[]>> = {
  Maintainer: ['Guest', 'Developer'],
  Owner: VIEWED_ROLES,
  Superuser: VIEWED_ROLES,
}

/** For administrators of the group: to see it as its other members do. */
export function ViewAsItems() {
  const { t } = useTranslation()
  const { data, role } = useGroup()
  const look = useViewAs()
  const below = BELOW[role]
  if (below === undefined) return null
  return (
    <>
      <Menu.Divider />
      <Menu.Label>{t('viewAs.choose', { name: data.name })}</Menu.Label>
      {below.map((one) => (
        <Menu.Item
          key={one}
          leftSection={<Icon name="view" />}
          onClick={() => look({ role: one, groupId: data.id })}
        >
          {t(`role.${one}`)}
        </Menu.Item>
      ))}
    </>
  )
}
