import { Checkbox, Select, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { connectionQuery } from '../api/connections.ts'
import { allQueuesQuery } from '../api/queues.ts'
import { copyTransfer, type Transfer } from '../api/transfers.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { say } from '../ui/toast.ts'

/** Where copies go: a group that one works in, and a queue of it. */
export function useDestination(groupId: number) {
  const { t } = useTranslation()
  const [group, setGroup] = useState(groupId)
  const [chosen, setQueue] = useState<string | null>(null)
  const queues = useQuery(allQueuesQuery(group)).data ?? []
  const queue = queues.find(({ id }) => String(id) === chosen) ?? queues[0]
  const fields = (
    <>
      <GroupSelect label={t('copy.group')} needed="Developer" value={group} onChange={setGroup} />
      <Select
        label={t('copy.queue')}
        required
        allowDeselect={false}
        data={queues.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={queue === undefined ? null : String(queue.id)}
        onChange={setQueue}
        error={queue === undefined ? t('copy.noQueue') : undefined}
      />
    </>
  )
  return { group, queue: queue?.id, fields }
}

/** A copy of a transfer with copies of its two connections, here or in another group. */
export function CopyTransfer({ transfer, onClose }: { transfer: Transfer; onClose: () => void }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()(role, 'Maintainer')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const source = useQuery(connectionQuery(transfer.source_connection_id)).data?.name ?? ''
  const target = useQuery(connectionQuery(transfer.target_connection_id)).data?.name ?? ''
  const { group, queue, fields } = useDestination(transfer.group_id)
  const [typed, setTyped] = useState<Partial<Record<'name' | 'source' | 'target', string>>>({})
  const [remove, setRemove] = useState(false)
  const named = (field: 'name' | 'source' | 'target', original: string) =>
    typed[field] ?? (group === transfer.group_id ? t('copy.of', { name: original }) : original).slice(0, 128)
  const names = {
    name: named('name', transfer.name),
    source: named('source', source),
    target: named('target', target),
  }
  const copy = async () => {
    if (queue === undefined) throw new Error(t('copy.noQueue'))
    const made = await copyTransfer(transfer.id, {
      new_group_id: group,
      new_queue_id: queue,
      new_name: names.name.trim(),
      new_source_connection_name: names.source.trim(),
      new_target_connection_name: names.target.trim(),
      remove_source: remove,
    })
    await navigate({
      to: '/transfers/$transferId',
      params: { transferId: made.id },
      search: { group: made.group_id },
    })
    await queries.invalidateQueries()
    say(t('copy.done', { name: made.name }))
  }
  const field = (name: 'name' | 'source' | 'target', label: string) => (
    <TextInput
      label={label}
      required
      minLength={3}
      maxLength={128}
      value={names[name]}
      onChange={(event) => setTyped({ ...typed, [name]: event.currentTarget.value })}
    />
  )
  return (
    <ConfirmDialog
      title={t('copy.transferTitle', { name: transfer.name })}
      action={t('copy.do')}
      danger={remove}
      onConfirm={copy}
      onClose={onClose}
    >
      <div className="stack">
        <p>{t('copy.transferSecrets')}</p>
        {fields}
        {field('name', t('copy.newName'))}
        {field('source', t('copy.sourceName'))}
        {transfer.source_connection_id !== transfer.target_connection_id &&
          field('target', t('copy.targetName'))}
        <Checkbox
          label={t('copy.remove')}
          description={whyNot ?? t('copy.removeTransferWords')}
          disabled={whyNot !== undefined}
          checked={remove}
          onChange={(event) => setRemove(event.currentTarget.checked)}
        />
      </div>
    </ConfirmDialog>
  )
}
