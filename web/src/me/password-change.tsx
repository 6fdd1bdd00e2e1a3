import { Button, PasswordInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import { changeMyPassword } from '../api/session.ts'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { isPassword } from '../ui/password.ts'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'

export function PasswordChange({ username }: { username: string }) {
  const { t } = useTranslation()
  const form = useForm({
    initialValues: { current_password: '', new_password: '', again: '' },
    validateInputOnBlur: ['new_password', 'again'],
    validate: {
      current_password: (password) => (password === '' ? t('form.required') : null),
      new_password: (password) => (isPassword(password) ? null : t('form.passwordLength')),
      again: (again, { new_password }) => (again === new_password ? null : t('form.passwordsDiffer')),
    },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ current_password, new_password }) => {
    const done = await submit(async () => {
      await changeMyPassword({ current_password, new_password })
      return true
    })
    if (done !== true) return
    form.reset()
    say(t('me.passwordChanged'))
  })
  const eye = { 'aria-label': t('common.showPassword') }
  return (
    <Section title={t('me.password')}>
      <Form label={t('me.password')} onSubmit={send}>
        {/* For password managers: they ask whose password this is. */}
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordInput
          label={t('me.currentPassword')}
          autoComplete="current-password"
          visibilityToggleButtonProps={eye}
          {...form.getInputProps('current_password')}
        />
        <PasswordInput
          label={t('me.newPassword')}
          description={t('form.passwordLength')}
          autoComplete="new-password"
          visibilityToggleButtonProps={eye}
          {...form.getInputProps('new_password')}
        />
        <PasswordInput
          label={t('form.passwordAgain')}
          autoComplete="new-password"
          visibilityToggleButtonProps={eye}
          {...form.getInputProps('again')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('me.changePassword')}
          </Button>
        </FormActions>
      </Form>
    </Section>
  )
}
