import { Checkbox, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Connection, copyConnection } from '../api/connections.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { say } from '../ui/toast.ts'

/** A copy of a connection, here or in another group; says what becomes of its credentials. */
export function CopyConnection({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()(role, 'Maintainer')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [group, setGroup] = useState(connection.group_id)
  const [typed, setTyped] = useState<string | null>(null)
  const [remove, setRemove] = useState(false)
  const suggested = group === connection.group_id ? t('copy.of', { name: connection.name }) : connection.name
  const name = typed ?? suggested.slice(0, 128)
  const copy = async () => {
    const made = await copyConnection(connection.id, {
      new_group_id: group,
      new_name: name.trim(),
      remove_source: remove,
    })
    await navigate({
      to: '/connections/$connectionId',
      params: { connectionId: made.id },
      search: { group: made.group_id },
    })
    await queries.invalidateQueries({ queryKey: ['connections'] })
    say(t('copy.done', { name: made.name }))
  }
  return (
    <ConfirmDialog
      title={t('copy.connectionTitle', { name: connection.name })}
      action={t('copy.do')}
      danger={remove}
      onConfirm={copy}
      onClose={onClose}
    >
      <div className="stack">
        <p>{t('copy.secrets')}</p>
        <GroupSelect label={t('copy.group')} needed="Developer" value={group} onChange={setGroup} />
        <TextInput
          label={t('copy.newName')}
          required
          minLength={3}
          maxLength={128}
          value={name}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Checkbox
          label={t('copy.remove')}
          description={whyNot ?? t('copy.removeWords')}
          disabled={whyNot !== undefined}
          checked={remove}
          onChange={(event) => setRemove(event.currentTarget.checked)}
        />
      </div>
    </ConfirmDialog>
  )
}
