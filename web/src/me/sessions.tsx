import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { revokeMySessions } from '../api/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Section } from '../ui/section.tsx'

/** Ends every session and token of one's own, this one included. */
export function Sessions() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const revoke = async () => {
    await revokeMySessions()
    queries.clear()
    await navigate({ to: '/sign-in', search: {} })
  }
  return (
    <Section title={t('me.sessions')} lead={t('me.sessionsWords')}>
      <ActionButton icon="signOut" onClick={() => setAsking(true)}>
        {t('me.revoke')}
      </ActionButton>
      {asking && (
        <ConfirmDialog
          title={t('me.revokeTitle')}
          action={t('me.revoke')}
          onConfirm={revoke}
          onClose={() => setAsking(false)}
        >
          {t('me.revokeWords')}
        </ConfirmDialog>
      )}
    </Section>
  )
}
