import { Button, Select, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { meQuery } from '../api/session.ts'
import { useGroup } from '../frame/use-group.ts'
import { CallSamples } from '../ui/call-samples.tsx'
import { operatorCommand } from '../ui/call-text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { APPLICATION_TYPES, type ApplicationType, createApplication } from '../api/applications.ts'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { useSubmit } from '../ui/use-submit.ts'

interface NewApplicationDialogProps {
  /** Absent: one's own. */
  groupId: number | undefined
  onSecret: (secret: { name: string; secret: string }) => void
  onClose: () => void
}

const DAY_MS = 86_400_000

/** A new client; its secret is shown when the dialog has closed, and never again. */
export function NewApplicationDialog({ groupId, onSecret, onClose }: NewApplicationDialogProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const me = useSuspenseQuery(meQuery).data
  const group = useGroup()
  const form = useForm<{ name: string; description: string; type: ApplicationType; days: string }>({
    initialValues: { name: '', description: '', type: 'all', days: '90' },
    validateInputOnBlur: true,
    validate: { name: (name) => (name.trim() === '' ? t('form.required') : null) },
  })
  const { submit, busy, error } = useSubmit(form)
  const bodyOf = ({ name, description, type, days }: typeof form.values) => ({
    name: name.trim(),
    type,
    ...(description !== '' && { description }),
    ...(groupId === undefined ? { user: true as const } : { group_id: groupId }),
    ...(days !== '' && { expires_at: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
  })
  const body = bodyOf(form.values)
  const send = form.onSubmit(async ({ name, description, type, days }) => {
    const made = await submit(() => createApplication(bodyOf({ name, description, type, days })))
    if (made === undefined) return
    onClose()
    onSecret({ name: made.name, secret: made.secret })
    await queries.invalidateQueries({ queryKey: ['applications'] })
  })
  return (
    <Dialog title={t('application.new')} onClose={onClose}>
      <Form label={t('application.new')} onSubmit={send}>
        <TextInput
          label={t('common.name')}
          required
          maxLength={128}
          data-autofocus
          {...form.getInputProps('name')}
        />
        <TextInput label={t('common.description')} maxLength={127} {...form.getInputProps('description')} />
        <Select
          label={t('application.type')}
          description={t(`application.typeWords.${form.values.type}`)}
          allowDeselect={false}
          data={APPLICATION_TYPES.map((type) => ({ value: type, label: t(`application.types.${type}`) }))}
          {...form.getInputProps('type')}
        />
        <Select
          label={t('application.expires')}
          allowDeselect={false}
          data={[
            ...['30', '90', '365'].map((days) => ({
              value: days,
              label: t('application.days', { count: Number(days) }),
            })),
            { value: '', label: t('application.never') },
          ]}
          {...form.getInputProps('days')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('application.create')}
          </Button>
        </FormActions>
        <CallSamples
          method="POST"
          path="/v1/applications"
          body={body}
          cli={operatorCommand('application create', body.name, {
            ...(groupId === undefined ? { user: me.username } : { group: group.data.slug }),
            type: body.type,
            description: body.description,
            expires: body.expires_at,
          })}
        />
      </Form>
    </Dialog>
  )
}
