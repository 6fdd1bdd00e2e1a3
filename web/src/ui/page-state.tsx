import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client.ts'
import { ActionButton } from './action-button.tsx'
import { hubWords } from './hub-words.ts'
import { Icon, type IconName } from './icon.tsx'
import { Notice } from './notice.tsx'
import classes from './page-state.module.css'

/** The grey outline of a page or list on its way. */
export function Loading({ lines = 6 }: { lines?: number }) {
  const { t } = useTranslation()
  return (
    <div role="status" aria-label={t('common.loading')} className={classes.loading}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={14} width={`${92 - ((line * 17) % 45)}%`} />
      ))}
    </div>
  )
}

interface EmptyProps {
  icon: IconName
  title: string
  children?: ReactNode
  action?: ReactNode
}

/** Nothing here yet, and what to do next. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.emptyIcon}>
        <Icon name={icon} size={28} />
      </span>
      <p className={classes.emptyTitle}>{title}</p>
      {children !== undefined && <div className={classes.emptyWords}>{children}</div>}
      {action !== undefined && <div className={classes.emptyAction}>{action}</div>}
    </div>
  )
}

interface FailureProps {
  error: unknown
  onRetry?: (() => void) | undefined
  /** `false` where a heading says the title already. */
  titled?: boolean
}

/** The kind of failure, as a heading. */
export function useFailureTitle(): (error: unknown) => string {
  const { t } = useTranslation()
  return (error) => {
    const status = error instanceof ApiError ? error.status : null
    if (status === 403) return t('failure.denied')
    if (status === 404) return t('failure.missing')
    return status === 0 ? t('failure.unreachable') : t('failure.failed')
  }
}

/** What went wrong in words, the request's id for whoever reads the hub's log, and a way to try again. */
export function Failure({ error, onRetry, titled = true }: FailureProps) {
  const { t } = useTranslation()
  const title = useFailureTitle()(error)
  const api = error instanceof ApiError ? error : null
  const denied = api?.status === 403
  const missing = api?.status === 404
  const unreachable = api?.status === 0
  const message = unreachable
    ? t('failure.unreachableWords')
    : error instanceof Error
      ? hubWords(error.message)
      : String(error)
  const retry =
    onRetry !== undefined && !denied && !missing ? (
      <ActionButton icon="retry" size="xs" onClick={onRetry}>
        {t('common.retry')}
      </ActionButton>
    ) : undefined
  return (
    <Notice
      tone={denied || missing ? 'attention' : 'failure'}
      {...(titled && { title })}
      actions={retry}
      live
    >
      <p>{message}</p>
      {denied && <p>{t('failure.deniedWords')}</p>}
      {missing && <p>{t('failure.missingWords')}</p>}
      {api?.requestId && (
        <p className={classes.request}>
          {t('failure.request')} <code>{api.requestId}</code>
        </p>
      )}
    </Notice>
  )
}
