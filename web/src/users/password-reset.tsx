import { PasswordInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { resetPassword, type User } from '../api/users.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { isPassword } from '../ui/password.ts'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'

/** A new password for somebody who has lost theirs. */
export function PasswordReset({ user, whyNot }: { user: User; whyNot: string | undefined }) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: { new_password: '' },
    validate: { new_password: (password) => (isPassword(password) ? null : t('form.passwordLength')) },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ new_password }) => {
    const done = await submit(async () => {
      await resetPassword(user.id, new_password)
      return true
    })
    if (done !== true) return
    form.reset()
    say(t('user.passwordReset', { name: user.username }))
  })
  return (
    <Section title={t('user.resetTitle')} lead={t('user.resetWords')}>
      <Form label={t('user.resetTitle')} onSubmit={send}>
        <PasswordInput
          label={t('me.newPassword')}
          description={t('form.passwordLength')}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('common.showPassword') }}
          {...form.getInputProps('new_password')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <ActionButton type="submit" icon="key" loading={busy} whyNot={whyNot}>
            {t('user.resetAction')}
          </ActionButton>
        </FormActions>
      </Form>
    </Section>
  )
}
