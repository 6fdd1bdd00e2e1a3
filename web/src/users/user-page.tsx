import { Button, Checkbox, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { meQuery } from '../api/session.ts'
import { changeUser, closeUser, type User, userQuery } from '../api/users.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { CallSamples } from '../ui/call-samples.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { DataView } from '../ui/data-view.tsx'
import { Form, FormActions } from '../ui/form.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { PageFailure } from '../ui/page-failure.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'
import { PasswordReset } from './password-reset.tsx'
import { UserBadge } from './user-badge.tsx'

const route = getRouteApi('/inside/users/$userId')

/** One user, for superusers. */
export function UserPage() {
  const { userId } = route.useParams()
  const query = useQuery(userQuery(userId))
  if (query.isPending) return <Loading />
  if (query.isError) return <PageFailure error={query.error} onRetry={() => void query.refetch()} />
  return <UserView key={userId} user={query.data} />
}

function UserView({ user }: { user: User }) {
  const { t } = useTranslation()
  const me = useSuspenseQuery(meQuery).data
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [closing, setClosing] = useState(false)
  const whyNot = me.is_superuser ? undefined : t('user.bySuperuser')
  const closed = user.status === 'forbidden' ? t('user.isClosed') : undefined
  const close = async () => {
    await closeUser(user.id)
    await queries.invalidateQueries({ queryKey: ['users'] })
    await navigate({ to: '/users' })
    say(t('user.closed', { name: user.username }))
  }
  return (
    <>
      <PageHeader
        title={user.username}
        above={<Link to="/users">{t('nav.users')}</Link>}
        lead={user.display_name}
        badge={<UserBadge status={user.status} />}
        actions={
          <>
            <DataView name={user.username} path={`/v1/users/${user.id}`} value={user} />
            <ActionButton
              icon="close"
              whyNot={whyNot ?? closed ?? (me.id === user.id ? t('user.notYourself') : undefined)}
              onClick={() => setClosing(true)}
            >
              {t('user.close')}
            </ActionButton>
          </>
        }
      />
      <div className="stack">
        <UserForm user={user} whyNot={whyNot ?? closed} />
        <PasswordReset user={user} whyNot={whyNot ?? closed} />
      </div>
      {closing && (
        <ConfirmDialog
          title={t('user.closeTitle', { name: user.username })}
          action={t('user.close')}
          typedName={user.username}
          onConfirm={close}
          onClose={() => setClosing(false)}
        >
          {t('user.closeWords')}
        </ConfirmDialog>
      )}
    </>
  )
}

function UserForm({ user, whyNot }: { user: User; whyNot: string | undefined }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const form = useForm({
    initialValues: {
      display_name: user.display_name ?? '',
      email: user.email ?? '',
      is_superuser: user.is_superuser,
      active: user.status === undefined || user.status === 'active',
    },
  })
  const { submit, busy, error } = useSubmit(form)
  const { display_name, email, is_superuser } = form.values
  const send = form.onSubmit(async ({ active }) => {
    const status = user.status === 'pending' && active ? { status: 'active' as const } : {}
    const saved = await submit(() =>
      changeUser(user.id, { display_name, email: email === '' ? null : email, is_superuser, ...status }),
    )
    if (saved === undefined) return
    await queries.invalidateQueries({ queryKey: ['users'] })
    say(t('common.saved'))
  })
  return (
    <Section title={t('user.what')}>
      <Form label={t('user.what')} onSubmit={send}>
        <TextInput label={t('user.displayName')} autoComplete="off" {...form.getInputProps('display_name')} />
        <TextInput label={t('user.email')} type="email" autoComplete="off" {...form.getInputProps('email')} />
        <Checkbox
          label={t('user.makeSuperuser')}
          description={t('user.superuserWords')}
          {...form.getInputProps('is_superuser', { type: 'checkbox' })}
        />
        {user.status === 'pending' && (
          <Checkbox label={t('user.approve')} {...form.getInputProps('active', { type: 'checkbox' })} />
        )}
        {error !== null && <Failure error={error} />}
        <FormActions>
          {whyNot === undefined ? (
            <Button type="submit" loading={busy}>
              {t('common.save')}
            </Button>
          ) : (
            <ActionButton whyNot={whyNot}>{t('common.save')}</ActionButton>
          )}
        </FormActions>
        <CallSamples
          method="PUT"
          path={`/v1/users/${user.id}`}
          body={{ display_name, email: email === '' ? null : email, is_superuser }}
        />
      </Form>
    </Section>
  )
}
