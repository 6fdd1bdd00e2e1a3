import { Button, SegmentedControl, Select, TextInput, useMantineColorScheme } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { changeMe, type Me, meQuery } from '../api/session.ts'
import { LinkProvider } from '../sign-in/link-provider.tsx'
import { Form, FormActions } from '../ui/form.tsx'
import { changeLanguage, type Language, LANGUAGES } from '../ui/language.ts'
import { PageHeader } from '../ui/page-header.tsx'
import { Failure } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { say } from '../ui/toast.ts'
import { useSubmit } from '../ui/use-submit.ts'
import { PasswordChange } from './password-change.tsx'
import { Sessions } from './sessions.tsx'

/** One's own account, and how the page looks for one. */
export function MePage() {
  const { t } = useTranslation()
  const me = useSuspenseQuery(meQuery).data
  return (
    <>
      <PageHeader title={t('nav.me')} lead={me.username} />
      <div className="stack">
        <Account me={me} />
        <Looks />
        <PasswordChange username={me.username} />
        <LinkProvider />
        <Sessions />
      </div>
    </>
  )
}

function Account({ me }: { me: Me }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const form = useForm({ initialValues: { display_name: me.display_name ?? '', email: me.email ?? '' } })
  const { submit, busy, error } = useSubmit(form)
  const send = form.onSubmit(async ({ display_name, email }) => {
    const saved = await submit(() => changeMe({ display_name, email: email === '' ? null : email }))
    if (saved === undefined) return
    await queries.invalidateQueries({ queryKey: ['me'] })
    say(t('common.saved'))
  })
  return (
    <Section title={t('me.account')}>
      <Form label={t('me.account')} onSubmit={send}>
        <TextInput
          label={t('user.displayName')}
          autoComplete="name"
          {...form.getInputProps('display_name')}
        />
        <TextInput
          label={t('user.email')}
          type="email"
          autoComplete="email"
          {...form.getInputProps('email')}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('common.save')}
          </Button>
        </FormActions>
      </Form>
    </Section>
  )
}

function Looks() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Section title={t('me.looks')} lead={t('me.looksWords')}>
      <div style={{ display: 'grid', gap: 16, justifyItems: 'start' }}>
        <Select
          label={t('frame.language')}
          allowDeselect={false}
          data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
          value={i18n.language}
          // The options are the languages.
          onChange={(next) => next !== null && void changeLanguage(next as Language)}
        />
        <SegmentedControl
          aria-label={t('frame.scheme')}
          data={[
            { value: 'light', label: t('scheme.light') },
            { value: 'dark', label: t('scheme.dark') },
            { value: 'auto', label: t('scheme.auto') },
          ]}
          value={colorScheme}
          onChange={setColorScheme}
        />
      </div>
    </Section>
  )
}
