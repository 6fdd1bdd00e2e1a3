import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { methodsQuery, setUp } from '../api/session.ts'
import { EntryCard } from '../ui/entry-card.tsx'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Failure } from '../ui/page-state.tsx'
import { isPassword } from '../ui/password.ts'
import { useSubmit } from '../ui/use-submit.ts'

const route = getRouteApi('/setup')

/** The one-time link from the hub's log ends here: the first superuser is made, and signed in. */
export function SetupPage() {
  const { t } = useTranslation()
  const { token } = route.useSearch()
  const methods = useQuery(methodsQuery)
  useEffect(() => {
    document.title = `${t('setup.title')} · Crosstie`
  }, [t])
  const over = methods.data?.setup_needed === false
  return (
    <EntryCard title={t('setup.title')} lead={t('setup.lead')}>
      {over ? (
        <Notice tone="info" title={t('setup.over')} actions={<Link to="/sign-in">{t('signIn.title')}</Link>}>
          {t('setup.overWords')}
        </Notice>
      ) : token === undefined ? (
        <Notice tone="attention" title={t('setup.noToken')}>
          {t('setup.noTokenWords')}
        </Notice>
      ) : (
        <SetupForm token={token} />
      )}
    </EntryCard>
  )
}

function SetupForm({ token }: { token: string }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const form = useForm({
    initialValues: { username: '', password: '', again: '', email: '' },
    validateInputOnBlur: true,
    validate: {
      username: (value) => (value.trim() === '' ? t('form.required') : null),
      password: (value) => (isPassword(value) ? null : t('form.passwordLength')),
      again: (value, values) => (value === values.password ? null : t('form.passwordsDiffer')),
    },
  })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ username, password, email }) => {
    const body = { token, username: username.trim(), password, ...(email !== '' && { email }) }
    const me = await submit(() => setUp(body))
    if (me === undefined) return
    queries.clear()
    await navigate({ to: '/', search: {} })
  })
  const eye = { 'aria-label': t('common.showPassword') }
  return (
    <Form label={t('setup.title')} onSubmit={send}>
      <TextInput
        label={t('signIn.username')}
        autoComplete="username"
        autoFocus
        {...form.getInputProps('username')}
      />
      <PasswordInput
        label={t('signIn.password')}
        description={t('form.passwordLength')}
        autoComplete="new-password"
        visibilityToggleButtonProps={eye}
        {...form.getInputProps('password')}
      />
      <PasswordInput
        label={t('form.passwordAgain')}
        autoComplete="new-password"
        visibilityToggleButtonProps={eye}
        {...form.getInputProps('again')}
      />
      <TextInput
        label={t('setup.email')}
        type="email"
        autoComplete="email"
        {...form.getInputProps('email')}
      />
      {error !== null && <Failure error={error} />}
      <Button type="submit" loading={busy}>
        {t('setup.action')}
      </Button>
    </Form>
  )
}
