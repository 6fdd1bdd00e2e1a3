import { Select } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  changeMember,
  GIVEN_ROLES,
  type GivenRole,
  type Group,
  type Member,
  membersQuery,
  removeMember,
  type Role,
} from '../api/groups.ts'
import { useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { ListTable } from '../ui/list-table.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Pager } from '../ui/pager.tsx'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { AddMember } from './add-member.tsx'

interface MembersProps {
  group: Group
  role: Role
  page: number
  onPage: (page: number) => void
}

/** Who works in the group beside its owner, and with which role. */
export function Members({ group, role, page, onPage }: MembersProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const query = useQuery(membersQuery(group.id, page))
  const whyNot = useWhyNot()(role, 'Owner')
  const [removing, setRemoving] = useState<Member | null>(null)
  const [error, setError] = useState<unknown>(null)
  const refresh = () => queries.invalidateQueries({ queryKey: ['groups', 'members', group.id] })
  const change = async (member: Member, next: GivenRole) => {
    setError(null)
    try {
      await changeMember(group.id, member.id, next)
      say(t('member.changed', { name: member.username, role: t(`role.${next}`) }))
    } catch (caught) {
      setError(caught)
    }
    await refresh()
  }
  return (
    <Section title={t('member.title')} lead={t('member.lead')} flush>
      <AddMember group={group} whyNot={whyNot} onAdded={refresh} />
      {error !== null && <Failure error={error} />}
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isError ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <Empty icon="group" title={t('member.none')}>
          {t('member.noneWords')}
        </Empty>
      ) : (
        <>
          <ListTable
            label={t('member.title')}
            rows={query.data.items}
            rowKey={({ id }) => id}
            columns={[
              { id: 'username', header: t('signIn.username'), wide: true, cell: ({ username }) => username },
              {
                id: 'role',
                header: t('role.title'),
                cell: (member) =>
                  whyNot === undefined ? (
                    <Select
                      size="xs"
                      w={150}
                      aria-label={t('member.roleOf', { name: member.username })}
                      allowDeselect={false}
                      data={GIVEN_ROLES.map((one) => ({ value: one, label: t(`role.${one}`) }))}
                      value={member.role}
                      // The options are the roles.
                      onChange={(next) => next !== null && void change(member, next as GivenRole)}
                    />
                  ) : (
                    t(`role.${member.role}`)
                  ),
              },
              {
                id: 'actions',
                header: t('common.actions'),
                align: 'end',
                cell: (member) => (
                  <ActionButton size="xs" icon="close" whyNot={whyNot} onClick={() => setRemoving(member)}>
                    {t('member.remove')}
                  </ActionButton>
                ),
              },
            ]}
          />
          <Pager meta={query.data.meta} onPage={onPage} />
        </>
      )}
      {removing !== null && (
        <ConfirmDialog
          title={t('member.removeTitle', { name: removing.username, group: group.name })}
          action={t('member.removeAction')}
          onConfirm={async () => {
            await removeMember(group.id, removing.id)
            await refresh()
          }}
          onClose={() => setRemoving(null)}
        >
          {t('member.removeWords')}
        </ConfirmDialog>
      )}
    </Section>
  )
}
