import { Button, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { CallSamples } from '../ui/call-samples.tsx'
import { operatorCommand } from '../ui/call-text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { createGroup } from '../api/groups.ts'
import { meQuery } from '../api/session.ts'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'

/** A new group, of which one is the owner. */
export function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const me = useSuspenseQuery(meQuery).data
  const navigate = useNavigate()
  const form = useForm({
    initialValues: { name: '', description: '', slug: '' },
    validateInputOnBlur: true,
    validate: {
      name: (name) => (name.trim().length < 3 ? t('form.nameLength') : null),
      slug: (slug) => (slug === '' || /^[a-z0-9][a-z0-9._-]{0,62}$/.test(slug) ? null : t('group.slugRule')),
    },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ name, description, slug }) => {
    const group = await submit(() =>
      createGroup({ name: name.trim(), description, ...(slug !== '' && { slug }) }),
    )
    if (group === undefined) return
    await queries.invalidateQueries({ queryKey: ['groups'] })
    say(t('group.saved', { name: group.name }))
    onClose()
    await navigate({ to: '/groups/$groupId', params: { groupId: group.id }, search: { group: group.id } })
  })
  return (
    <Dialog title={t('group.new')} onClose={onClose}>
      <Form label={t('group.new')} onSubmit={send}>
        <TextInput
          label={t('common.name')}
          required
          maxLength={128}
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
        <TextInput
          label={t('group.slug')}
          description={t('group.slugWords')}
          autoComplete="off"
          {...form.getInputProps('slug')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('group.create')}
          </Button>
        </FormActions>
        <CallSamples
          method="POST"
          path="/v1/groups"
          body={{ ...form.values, slug: form.values.slug === '' ? undefined : form.values.slug }}
          cli={operatorCommand('group create', form.values.name, {
            owner: me.username,
            slug: form.values.slug,
            description: form.values.description,
          })}
        />
      </Form>
    </Dialog>
  )
}
