import { Button, PasswordInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeConnection, type Connection } from '../api/connections.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Form, FormActions } from '../ui/form.tsx'
import { Notice } from '../ui/notice.tsx'
import { Failure } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'

const KEY_BYTES = 24

/** A new signing secret; the one before may go on beside it until the other system knows the new one. */
export function RotateHookSecret({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [secret] = useState(newSecret)
  const [before, setBefore] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const save = async () => {
    setBusy(true)
    setError(null)
    const { id, group_id, name, description, type, connection_data } = connection
    try {
      await changeConnection(id, {
        group_id,
        name,
        description,
        type,
        connection_data,
        auth_data: { type: 'hmac', secret: [secret, before.trim()].filter((one) => one !== '').join('\n') },
      })
      await queries.invalidateQueries({ queryKey: ['connections'] })
      say(t('hook.rotated'))
      onClose()
    } catch (caught) {
      setError(caught)
      setBusy(false)
    }
  }
  return (
    <Dialog title={t('hook.rotateTitle')} onClose={onClose} dismissible={false}>
      <Form
        label={t('hook.rotateTitle')}
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <Notice tone="attention">{t('application.once')}</Notice>
        <CodeBlock label={t('hook.newSecret')} text={secret} />
        <PasswordInput
          label={t('hook.before')}
          description={t('hook.beforeWords')}
          autoComplete="off"
          value={before}
          onChange={(event) => setBefore(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('common.showPassword') }}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('hook.rotateAction')}
          </Button>
          <ActionButton onClick={onClose}>{t('common.cancel')}</ActionButton>
        </FormActions>
      </Form>
    </Dialog>
  )
}

/** As Standard Webhooks writes them; plain signatures take it as text. */
function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  return `whsec_${btoa(String.fromCharCode(...bytes))}`
}
