import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addMember, GIVEN_ROLES, type GivenRole, type Group } from '../api/groups.ts'
import { usersQuery } from '../api/users.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Failure } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import classes from './add-member.module.css'

interface AddMemberProps {
  group: Group
  whyNot: string | undefined
  onAdded: () => Promise<unknown>
}

/** Finds a user by name and gives them a role. */
export function AddMember({ group, whyNot, onAdded }: AddMemberProps) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [query] = useDebouncedValue(text, 200)
  const [user, setUser] = useState<string | null>(null)
  const [role, setRole] = useState<GivenRole>('Developer')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const users = useQuery({
    ...usersQuery({ page: 1, page_size: 20, search_query: query }),
    enabled: whyNot === undefined,
  })
  const options = (users.data?.items ?? []).filter(({ id }) => id !== group.owner_id)
  const add = async () => {
    if (user === null) return
    setBusy(true)
    setError(null)
    try {
      await addMember(group.id, Number(user), role)
      await onAdded()
      say(t('member.added', { name: text }))
      setUser(null)
      setText('')
    } catch (caught) {
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className={classes.add}>
      <Select
        aria-label={t('member.user')}
        placeholder={t('member.findUser')}
        searchable
        disabled={whyNot !== undefined}
        data={options.map(({ id, username }) => ({ value: String(id), label: username }))}
        filter={({ options: found }) => found}
        nothingFoundMessage={t('list.nothingFound')}
        value={user}
        onChange={setUser}
        searchValue={text}
        onSearchChange={setText}
      />
      <Select
        aria-label={t('role.title')}
        disabled={whyNot !== undefined}
        allowDeselect={false}
        data={GIVEN_ROLES.map((one) => ({ value: one, label: t(`role.${one}`) }))}
        value={role}
        // The options are the roles.
        onChange={(next) => next !== null && setRole(next as GivenRole)}
      />
      <ActionButton
        icon="plus"
        loading={busy}
        whyNot={whyNot ?? (user === null ? t('member.chooseFirst') : undefined)}
        onClick={() => void add()}
      >
        {t('member.add')}
      </ActionButton>
      {error !== null && (
        <div className={classes.error}>
          <Failure error={error} />
        </div>
      )}
    </div>
  )
}
