import { Button, Checkbox, PasswordInput, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CallSamples } from '../ui/call-samples.tsx'
import { operatorCommand } from '../ui/call-text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { createUser } from '../api/users.ts'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { isPassword } from '../ui/password.ts'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'

/** Somebody new who can sign in. */
export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const form = useForm({
    initialValues: { username: '', display_name: '', email: '', password: '', is_superuser: false },
    validateInputOnBlur: true,
    validate: {
      username: (name) => (name.trim() === '' ? t('form.required') : null),
      password: (password) => (isPassword(password) ? null : t('form.passwordLength')),
    },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ username, display_name, email, password, is_superuser }) => {
    const user = await submit(() =>
      createUser({
        username: username.trim(),
        password,
        is_superuser,
        ...(display_name !== '' && { display_name }),
        ...(email !== '' && { email }),
      }),
    )
    if (user === undefined) return
    await queries.invalidateQueries({ queryKey: ['users'] })
    say(t('user.created', { name: user.username }))
    onClose()
  })
  return (
    <Dialog title={t('user.new')} onClose={onClose}>
      <Form label={t('user.new')} onSubmit={send}>
        <TextInput
          label={t('signIn.username')}
          required
          autoComplete="off"
          data-autofocus
          {...form.getInputProps('username')}
        />
        <TextInput label={t('user.displayName')} autoComplete="off" {...form.getInputProps('display_name')} />
        <TextInput label={t('user.email')} type="email" autoComplete="off" {...form.getInputProps('email')} />
        <PasswordInput
          label={t('signIn.password')}
          description={t('form.passwordLength')}
          required
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('common.showPassword') }}
          {...form.getInputProps('password')}
        />
        <Checkbox
          label={t('user.makeSuperuser')}
          description={t('user.superuserWords')}
          {...form.getInputProps('is_superuser', { type: 'checkbox' })}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('user.create')}
          </Button>
        </FormActions>
        <CallSamples
          method="POST"
          path="/v1/users"
          body={form.values}
          cli={`printf '%s' "$PASSWORD" | ${operatorCommand('user create', form.values.username, {
            email: form.values.email,
            'display-name': form.values.display_name,
            superuser: form.values.is_superuser,
            'password-stdin': true,
          })}`}
        />
      </Form>
    </Dialog>
  )
}
