import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from './action-button.tsx'
import { curlSample } from './call-text.ts'
import { CodeBlock } from './code-block.tsx'

interface CallSamplesProps {
  method: string
  path: string
  body: unknown
  /** The terminal's way to the same, where there is one. */
  cli?: string | null
}

/** What the form's button sends, for whoever wants to send it without the form. */
export function CallSamples({ method, path, body, cli }: CallSamplesProps) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(false)
  return (
    <div>
      <ActionButton
        size="xs"
        variant="subtle"
        icon={shown ? 'chevronDown' : 'chevronRight'}
        onClick={() => setShown(!shown)}
      >
        {t('form.asCall')}
      </ActionButton>
      {shown && (
        <div style={{ display: 'grid', gap: 12, marginTop: 8 }}>
          <CodeBlock label={t('form.asCurl')} text={curlSample(method, location.origin + path, body)} />
          {cli && <CodeBlock label={t('form.asCli')} text={cli} />}
        </div>
      )}
    </div>
  )
}
