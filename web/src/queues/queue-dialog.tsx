import { Button, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CallSamples } from '../ui/call-samples.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { changeQueue, createQueue, type Queue } from '../api/queues.ts'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'

interface QueueDialogProps {
  groupId: number
  /** Absent: a new one. */
  queue?: Queue | undefined
  onSaved?: (queue: Queue) => void
  onClose: () => void
}

/** A queue's name and description; small enough for a dialog, since a transfer's form needs it in passing. */
export function QueueDialog({ groupId, queue, onSaved, onClose }: QueueDialogProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const form = useForm({
    initialValues: { name: queue?.name ?? '', description: queue?.description ?? '' },
    validateInputOnBlur: true,
    validate: { name: (name) => (/^[ -~]{3,128}$/.test(name.trim()) ? null : t('queue.nameRule')) },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ name, description }) => {
    const body = { name: name.trim(), description }
    const saved = await submit(() =>
      queue === undefined ? createQueue({ ...body, group_id: groupId }) : changeQueue(queue.id, body),
    )
    if (saved === undefined) return
    await queries.invalidateQueries({ queryKey: ['queues'] })
    say(t('queue.saved', { name: saved.name }))
    onSaved?.(saved)
    onClose()
  })
  const title = queue === undefined ? t('queue.new') : t('queue.change')
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} onSubmit={send}>
        <TextInput
          label={t('common.name')}
          description={t('queue.nameRule')}
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        <Textarea
          label={t('common.description')}
          maxLength={512}
          autosize
          minRows={2}
          {...form.getInputProps('description')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {queue === undefined ? t('queue.create') : t('common.save')}
          </Button>
        </FormActions>
        <CallSamples
          method={queue === undefined ? 'POST' : 'PUT'}
          path={queue === undefined ? '/v1/queues' : `/v1/queues/${queue.id}`}
          body={queue === undefined ? { ...form.values, group_id: groupId } : form.values}
        />
      </Form>
    </Dialog>
  )
}
