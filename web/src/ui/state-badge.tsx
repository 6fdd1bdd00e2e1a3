import { useTranslation } from 'react-i18next'
import type { RunStatus } from '../api/runs.ts'
import { Icon, type IconName } from './icon.tsx'
import classes from './state-badge.module.css'

export type Tone = 'good' | 'moving' | 'waiting' | 'attention' | 'failure' | 'quiet'

/** A state: an icon and a word, so that colour is never the only sign. */
export function Badge({ tone, icon, children }: { tone: Tone; icon: IconName; children: string }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      <span className={tone === 'moving' ? classes.turning : undefined}>
        <Icon name={icon} size={14} />
      </span>
      {children}
    </span>
  )
}

const RUN: Record<RunStatus, { tone: Tone; icon: IconName }> = {
  CREATED: { tone: 'waiting', icon: 'clock' },
  STARTED: { tone: 'moving', icon: 'moving' },
  SEND_STOP_SIGNAL: { tone: 'attention', icon: 'stop' },
  FINISHED: { tone: 'good', icon: 'done' },
  FAILED: { tone: 'failure', icon: 'failed' },
  STOPPED: { tone: 'quiet', icon: 'stopped' },
}

export function RunBadge({ status }: { status: RunStatus }) {
  const { t } = useTranslation()
  return <Badge {...RUN[status]}>{t(`run.status.${status}`)}</Badge>
}
