import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeGroup, deleteGroup, type Group, membersQuery, removeMember, type Role } from '../api/groups.ts'
import { meQuery } from '../api/session.ts'
import { useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import classes from './danger-zone.module.css'

/** What cannot be taken back with a click: another owner, leaving, the group's end. */
export function DangerZone({ group, role }: { group: Group; role: Role }) {
  const { t } = useTranslation()
  const me = useSuspenseQuery(meQuery).data
  const whyNot = useWhyNot()
  const [asking, setAsking] = useState<'give' | 'leave' | 'delete' | null>(null)
  const close = () => setAsking(null)
  const personal = group.personal === true ? t('group.personalStays') : undefined
  const mine = group.owner_id === me.id
  const member = role !== 'Owner' && role !== 'Superuser'
  return (
    <Section title={t('group.danger')} tone="danger">
      <ul className={classes.list}>
        <li>
          <p>{t('group.giveWords')}</p>
          <ActionButton whyNot={personal ?? whyNot(role, 'Owner')} onClick={() => setAsking('give')}>
            {t('group.give')}
          </ActionButton>
        </li>
        <li>
          <p>{t('group.leaveWords')}</p>
          <ActionButton
            whyNot={mine ? t('group.ownerStays') : member ? undefined : t('group.notMember')}
            onClick={() => setAsking('leave')}
          >
            {t('group.leave')}
          </ActionButton>
        </li>
        <li>
          <p>{t('group.deleteWords')}</p>
          <ActionButton
            icon="trash"
            whyNot={personal ?? (me.is_superuser ? undefined : t('group.deleteBySuperuser'))}
            onClick={() => setAsking('delete')}
          >
            {t('group.delete')}
          </ActionButton>
        </li>
      </ul>
      {asking === 'give' && <GiveDialog group={group} onClose={close} />}
      {asking === 'leave' && <LeaveDialog group={group} userId={me.id} onClose={close} />}
      {asking === 'delete' && <DeleteDialog group={group} onClose={close} />}
    </Section>
  )
}

interface DialogProps {
  group: Group
  onClose: () => void
}

function GiveDialog({ group, onClose }: DialogProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const members = useQuery(membersQuery(group.id, 1))
  const [owner, setOwner] = useState<string | null>(null)
  const give = async () => {
    if (owner === null) throw new Error(t('member.chooseFirst'))
    await changeGroup(group.id, { name: group.name, description: group.description, owner_id: Number(owner) })
    await queries.invalidateQueries({ queryKey: ['groups'] })
  }
  return (
    <ConfirmDialog
      title={t('group.giveTitle', { name: group.name })}
      action={t('group.giveAction')}
      onConfirm={give}
      onClose={onClose}
    >
      <p>{t('group.giveMeans')}</p>
      <Select
        mt="sm"
        label={t('group.newOwner')}
        data={members.data?.items.map(({ id, username }) => ({ value: String(id), label: username })) ?? []}
        value={owner}
        onChange={setOwner}
      />
    </ConfirmDialog>
  )
}

/** After leaving or deleting there is nothing here to see: home, with whatever group is left. */
function useAway(): () => Promise<void> {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return async () => {
    localStorage.removeItem('crosstie.group')
    await queries.invalidateQueries({ queryKey: ['groups', 'all'] })
    await navigate({ to: '/groups', search: { group: undefined } })
    await queries.invalidateQueries({ queryKey: ['groups'] })
  }
}

function LeaveDialog({ group, userId, onClose }: DialogProps & { userId: number }) {
  const { t } = useTranslation()
  const away = useAway()
  const leave = async () => {
    await removeMember(group.id, userId)
    await away()
    say(t('group.left', { name: group.name }))
  }
  return (
    <ConfirmDialog
      title={t('group.leaveTitle', { name: group.name })}
      action={t('group.leave')}
      onConfirm={leave}
      onClose={onClose}
    >
      {t('group.leaveMeans')}
    </ConfirmDialog>
  )
}

function DeleteDialog({ group, onClose }: DialogProps) {
  const { t } = useTranslation()
  const away = useAway()
  const remove = async () => {
    await deleteGroup(group.id)
    await away()
    say(t('group.deleted', { name: group.name }))
  }
  return (
    <ConfirmDialog
      title={t('group.deleteTitle', { name: group.name })}
      action={t('group.delete')}
      typedName={group.name}
      onConfirm={remove}
      onClose={onClose}
    >
      {t('group.deleteMeans')}
    </ConfirmDialog>
  )
}
