import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { linkAccount, methodsQuery } from '../api/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Failure } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'

/** Binds one's account at the provider to the user one is; shown where there is a provider. */
export function LinkProvider() {
  const { t } = useTranslation()
  const name = useQuery(methodsQuery).data?.oidc_name
  const [error, setError] = useState<unknown>(null)
  if (name === undefined || name === null) return null
  const link = async () => {
    setError(null)
    try {
      const { url } = await linkAccount('/me')
      window.location.assign(url)
    } catch (caught) {
      setError(caught)
    }
  }
  return (
    <Section title={t('signIn.link', { name })} lead={t('signIn.linkWords', { name })}>
      {error !== null && <Failure error={error} />}
      <ActionButton icon="connection" onClick={() => void link()}>
        {t('signIn.linkAction')}
      </ActionButton>
    </Section>
  )
}
