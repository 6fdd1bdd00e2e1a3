import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type ConnectionBody, testUntried } from '../api/connections.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { TestAnswer, type Tried } from './test-answer.tsx'

interface TestUntriedProps {
  /** The form's body, or null when it is not ready to be sent. */
  check: () => ConnectionBody | null
  connectionId: number | undefined
  canTest: boolean
}

/** Tries what stands in the form, before it is saved. */
export function TestUntried({ check, connectionId, canTest }: TestUntriedProps) {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  const [tried, setTried] = useState<Tried | null>(null)
  const test = async () => {
    const body = check()
    if (body === null) return
    setBusy(true)
    setTried(null)
    const { group_id, type, connection_data, auth_data } = body
    const sent = {
      group_id,
      type,
      connection_data,
      auth_data,
      ...(connectionId !== undefined && { connection_id: connectionId }),
    }
    setTried(
      await testUntried(sent).then(
        (answer) => ({ answer }),
        (error: unknown) => ({ error }),
      ),
    )
    setBusy(false)
  }
  return (
    <div style={{ display: 'grid', gap: 12, justifyItems: 'start' }}>
      <ActionButton
        icon="connection"
        loading={busy}
        whyNot={canTest ? undefined : t('connection.cannotTest')}
        onClick={() => void test()}
      >
        {t('connection.test')}
      </ActionButton>
      <TestAnswer tried={tried} />
    </div>
  )
}
