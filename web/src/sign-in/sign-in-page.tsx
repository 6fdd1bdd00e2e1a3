import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { methodsQuery, signIn } from '../api/session.ts'
import { Form } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Failure } from '../ui/page-state.tsx'
import { ApiError } from '../api/client.ts'
import { useSubmit } from '../ui/use-submit.ts'
import { EntryCard } from '../ui/entry-card.tsx'
import { ProviderButton } from './provider-button.tsx'
import { returnPath } from './return-path.ts'

const route = getRouteApi('/sign-in')

/** Name and password; then back to where one was going. */
export function SignInPage() {
  const { t } = useTranslation()
  const { to, problem } = route.useSearch()
  const router = useRouter()
  const queries = useQueryClient()
  const methods = useQuery(methodsQuery)
  const form = useForm({ initialValues: { username: '', password: '' } })
  const { submit, busy, error } = useSubmit(form)
  useEffect(() => {
    document.title = `${t('signIn.title')} · Crosstie`
  }, [t])
  const send = form.onSubmit(async (values) => {
    const me = await submit(() => signIn(values))
    if (me === undefined) return
    queries.clear()
    router.history.push(returnPath(to))
  })
  const provider = methods.data?.oidc_name
  const wrong = error instanceof ApiError && error.status === 401
  return (
    <EntryCard title={t('signIn.title')}>
      {methods.data?.setup_needed === true && (
        <Notice tone="attention" title={t('signIn.setupNeeded')}>
          {t('signIn.setupNeededWords')}
        </Notice>
      )}
      {problem !== undefined && (
        <Notice tone="attention" live>
          {t('signIn.providerAway', { name: provider ?? 'OpenID Connect' })}
        </Notice>
      )}
      {provider !== undefined && provider !== null && <ProviderButton name={provider} to={returnPath(to)} />}
      <Form label={t('signIn.title')} onSubmit={send}>
        <TextInput
          label={t('signIn.username')}
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          {...form.getInputProps('username')}
        />
        <PasswordInput
          label={t('signIn.password')}
          autoComplete="current-password"
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': t('common.showPassword') }}
          {...form.getInputProps('password')}
        />
        {wrong ? (
          <Notice tone="failure" live>
            {t('signIn.wrong')}
          </Notice>
        ) : (
          error !== null && <Failure error={error} />
        )}
        <Button type="submit" loading={busy}>
          {t('signIn.action')}
        </Button>
      </Form>
    </EntryCard>
  )
}
