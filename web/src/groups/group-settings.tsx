import { Button, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { changeGroup, type Group, type Role } from '../api/groups.ts'
import { userQuery } from '../api/users.ts'
import { useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { CallSamples } from '../ui/call-samples.tsx'
import { Facts } from '../ui/facts.tsx'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'
import { When } from '../ui/when.tsx'

/** The group's name and description; its owner may change them. */
export function GroupSettings({ group, role }: { group: Group; role: Role }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const owner = useQuery(userQuery(group.owner_id))
  const whyNot = useWhyNot()(role, 'Owner')
  const form = useForm({
    initialValues: { name: group.name, description: group.description },
    validateInputOnBlur: true,
    validate: { name: (name) => (name.trim().length < 3 ? t('form.nameLength') : null) },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ name, description }) => {
    const body = { name: name.trim(), description, owner_id: group.owner_id }
    const saved = await submit(() => changeGroup(group.id, body))
    if (saved === undefined) return
    form.resetDirty()
    await queries.invalidateQueries({ queryKey: ['groups'] })
    say(t('group.saved', { name: saved.name }))
  })
  const facts = (
    <Facts
      items={[
        [t('group.owner'), owner.data?.username ?? `#${group.owner_id}`],
        [t('group.slug'), group.slug && <code>{group.slug}</code>],
        [t('common.created'), group.created_at && <When at={group.created_at} />],
      ]}
    />
  )
  const readOnly = whyNot !== undefined
  return (
    <Section title={t('group.what')}>
      <Form label={t('group.what')} onSubmit={send}>
        {facts}
        <TextInput
          label={t('common.name')}
          required
          maxLength={128}
          readOnly={readOnly}
          {...form.getInputProps('name')}
        />
        <Textarea
          label={t('common.description')}
          maxLength={512}
          autosize
          minRows={1}
          readOnly={readOnly}
          {...form.getInputProps('description')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          {readOnly ? (
            <ActionButton whyNot={whyNot}>{t('common.save')}</ActionButton>
          ) : (
            <Button type="submit" loading={busy}>
              {t('common.save')}
            </Button>
          )}
        </FormActions>
        <CallSamples
          method="PUT"
          path={`/v1/groups/${group.id}`}
          body={{ ...form.values, owner_id: group.owner_id }}
        />
      </Form>
    </Section>
  )
}
