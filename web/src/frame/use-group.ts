import { useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { type GroupWithRole, groupsQuery, type Role } from '../api/groups.ts'

const KEY = 'crosstie.group'

const LEVELS: Record<Role, number> = { Guest: 1, Developer: 2, Maintainer: 3, Owner: 4, Superuser: 5 }

/** The group that one works in: the address's, else the last one, else the first shared one, else one's own. */
export function useGroup(): GroupWithRole {
  const groups = useSuspenseQuery(groupsQuery).data
  const { group: asked } = useSearch({ strict: false })
  const kept = Number(localStorage.getItem(KEY))
  const found =
    groups.find(({ data }) => data.id === asked) ??
    groups.find(({ data }) => data.id === kept) ??
    groups.find(({ data }) => data.personal !== true) ??
    groups[0]
  if (found === undefined) throw new Error('This account belongs to no group.')
  return found
}

/** Keeps the address and the memory in step with the group that is shown. Used once, by the frame. */
export function useGroupInAddress(group: GroupWithRole): void {
  const navigate = useNavigate()
  const { group: asked } = useSearch({ strict: false })
  const { id } = group.data
  useEffect(() => {
    localStorage.setItem(KEY, String(id))
    if (asked !== id) void navigate({ to: '.', search: (old) => ({ ...old, group: id }), replace: true })
  }, [id, asked, navigate])
}

/** A page of one thing belongs to the thing's group, whatever group one came from. */
export function useAdoptGroup(groupId: number | undefined): void {
  const navigate = useNavigate()
  const { group: asked } = useSearch({ strict: false })
  useEffect(() => {
    if (groupId === undefined || asked === groupId) return
    void navigate({ to: '.', search: (old) => ({ ...old, group: groupId }), replace: true })
  }, [groupId, asked, navigate])
}

/** Why somebody may not do what needs a role, in words; undefined when they may. */
export function useWhyNot(): (role: Role, needed: Role) => string | undefined {
  const { t } = useTranslation()
  return (role, needed) =>
    LEVELS[role] >= LEVELS[needed]
      ? undefined
      : t('role.needs', { needed: t(`role.${needed}`), yours: t(`role.${role}`) })
}
