import { useTranslation } from 'react-i18next'
import type { SyncState } from '../api/syncs.ts'
import type { IconName } from '../ui/icon.tsx'
import { Badge, type Tone } from '../ui/state-badge.tsx'

const LOOKS: Record<SyncState, { tone: Tone; icon: IconName }> = {
  pending: { tone: 'waiting', icon: 'clock' },
  running: { tone: 'moving', icon: 'moving' },
  stopping: { tone: 'attention', icon: 'stop' },
  succeeded: { tone: 'good', icon: 'done' },
  failed: { tone: 'failure', icon: 'failed' },
  stopped: { tone: 'quiet', icon: 'stopped' },
  skipped: { tone: 'quiet', icon: 'minus' },
}

/** The state of a sync; it looks as a run's does. */
export function SyncBadge({ state }: { state: SyncState }) {
  const { t } = useTranslation()
  return <Badge {...LOOKS[state]}>{t(`sync.state.${state}`)}</Badge>
}
