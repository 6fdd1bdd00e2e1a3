import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'
import classes from './notice.module.css'

export type NoticeTone = 'info' | 'good' | 'attention' | 'failure'

const ICONS: Record<NoticeTone, IconName> = {
  info: 'info',
  good: 'done',
  attention: 'warning',
  failure: 'failed',
}

interface NoticeProps {
  tone: NoticeTone
  title?: string
  children?: ReactNode
  actions?: ReactNode
  /** Read out as soon as it appears. */
  live?: boolean
}

/** Words in the page that need to be seen: an answer, a warning, a failure. */
export function Notice({ tone, title, children, actions, live = false }: NoticeProps) {
  const role = live ? (tone === 'failure' ? 'alert' : 'status') : undefined
  return (
    <div className={classes.notice} data-tone={tone} role={role}>
      <span className={classes.icon}>
        <Icon name={ICONS[tone]} size={18} />
      </span>
      <div className={classes.words}>
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
    </div>
  )
}
