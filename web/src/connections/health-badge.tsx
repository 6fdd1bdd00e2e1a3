import { useTranslation } from 'react-i18next'
import type { Health, HealthState } from '../api/health.ts'
import type { IconName } from '../ui/icon.tsx'
import { Badge, type Tone } from '../ui/state-badge.tsx'
import { When } from '../ui/when.tsx'

const LOOKS: Record<HealthState, { tone: Tone; icon: IconName }> = {
  ok: { tone: 'good', icon: 'done' },
  degraded: { tone: 'attention', icon: 'warning' },
  broken: { tone: 'failure', icon: 'failed' },
  unknown: { tone: 'quiet', icon: 'clock' },
}

/** How a connection fares; with `since`, for how long. */
export function HealthBadge({
  health,
  since = false,
}: {
  health: Pick<Health, 'state' | 'since'> | undefined
  since?: boolean
}) {
  const { t } = useTranslation()
  const state = health?.state ?? 'unknown'
  return (
    <span>
      <Badge {...LOOKS[state]}>{t(`health.state.${state}`)}</Badge>
      {since && health?.since != null && state !== 'unknown' && (
        <>
          {' '}
          <span className="dimmed">
            <When at={health.since} />
          </span>
        </>
      )}
    </span>
  )
}
