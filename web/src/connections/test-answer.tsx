import { useTranslation } from 'react-i18next'
import type { TestAnswer as Answer } from '../api/connections.ts'
import { hubWords } from '../ui/hub-words.ts'
import { Notice } from '../ui/notice.tsx'
import { Failure } from '../ui/page-state.tsx'
import { useFormat } from '../ui/use-format.ts'

export type Tried = { answer: Answer } | { error: unknown }

/** What the other system said, in words. */
export function TestAnswer({ tried }: { tried: Tried | null }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (tried === null) return null
  if ('error' in tried) return <Failure error={tried.error} />
  const { ok, message, details, duration_ms } = tried.answer
  const version = typeof details?.version === 'string' ? details.version : null
  return (
    <Notice tone={ok ? 'good' : 'failure'} title={ok ? t('connection.works') : t('connection.fails')} live>
      <p>{hubWords(message)}</p>
      <p className="dimmed">
        {version !== null && !message.includes(version) && `${version} · `}
        {t('connection.took', { time: format.duration(duration_ms) })}
      </p>
    </Notice>
  )
}
