import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { live } from '../api/realtime.ts'
import { Badge } from '../ui/state-badge.tsx'

/** Whether what one sees changes by itself. */
export function LiveSign() {
  const { t } = useTranslation()
  const state = useSyncExternalStore(live.subscribe, live.get)
  return (
    <span role="status" title={state === 'paused' ? t('live.pausedWords') : undefined}>
      {state === 'live' && (
        <Badge tone="good" icon="live">
          {t('live.on')}
        </Badge>
      )}
      {state === 'paused' && (
        <Badge tone="attention" icon="clock">
          {t('live.paused')}
        </Badge>
      )}
    </span>
  )
}
