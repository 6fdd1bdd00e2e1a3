import { Select } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Queue } from '../api/queues.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { QueueDialog } from '../queues/queue-dialog.tsx'
import { ActionButton } from '../ui/action-button.tsx'
import classes from './end-fields.module.css'
import type { TransferForm } from './end-fields.tsx'

/** In which queue the runs wait; a first one can be made in passing. */
export function QueueField({
  form,
  queues,
  groupId,
}: {
  form: TransferForm
  queues: Queue[]
  groupId: number
}) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()(role, 'Maintainer')
  const [adding, setAdding] = useState(false)
  return (
    <div className={classes.connection}>
      <Select
        label={t('transfer.queue')}
        required
        searchable
        allowDeselect={false}
        placeholder={t('transfer.chooseQueue')}
        data={queues.map(({ id, name }) => ({ value: String(id), label: name }))}
        nothingFoundMessage={t('list.nothingFound')}
        {...form.getInputProps('queue_id')}
      />
      <ActionButton icon="plus" whyNot={whyNot} onClick={() => setAdding(true)}>
        {t('queue.new')}
      </ActionButton>
      {adding && (
        <QueueDialog
          groupId={groupId}
          onSaved={(queue) => form.setFieldValue('queue_id', String(queue.id))}
          onClose={() => setAdding(false)}
        />
      )}
    </div>
  )
}
