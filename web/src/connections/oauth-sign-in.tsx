import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import { beginSignIn } from '../api/health.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Failure } from '../ui/page-state.tsx'

/** For connections whose tokens a person's sign-in gives: leads to the other system and comes back to this page. */
export function OAuthSignIn({ connection: { id, auth_data: auth } }: { connection: Connection }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const denied = useWhyNot()(role, 'Developer')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const asked = auth?.type === 'oauth2' && Boolean(auth['authorization_url'])
  if (!asked) return null
  const begin = async () => {
    setBusy(true)
    setError(null)
    try {
      const { url } = await beginSignIn(id)
      window.location.assign(url)
    } catch (caught) {
      setError(caught)
      setBusy(false)
    }
  }
  return (
    <>
      <ActionButton icon="key" loading={busy} whyNot={denied} onClick={() => void begin()}>
        {t('health.signIn')}
      </ActionButton>
      {error !== null && <Failure error={error} />}
    </>
  )
}

/** What came of a sign-in that has just come back, when it did not go well. */
export function SignInOutcome() {
  const { t } = useTranslation()
  const code = new URLSearchParams(window.location.search).get('sign_in')
  if (code === null || code === 'done') return null
  return <p role="alert">{t('health.signInFailed', { code })}</p>
}
