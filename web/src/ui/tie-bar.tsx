import { useTranslation } from 'react-i18next'
import { useFormat } from './use-format.ts'
import classes from './tie-bar.module.css'

interface TieBarProps {
  label: string
  /** 0 to 1; null while the whole is unknown. */
  share: number | null
  state: 'moving' | 'done' | 'failed' | 'rest'
}

/** Progress as a track being laid: two rails, and ties as far as the work has come. */
export function TieBar({ label, share, state }: TieBarProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const percent = share === null ? null : Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <div
      className={classes.track}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
      aria-valuetext={percent === null ? t('run.unknownShare') : `${format.number(percent)} %`}
      data-state={state}
      data-open={percent === null || undefined}
    >
      {/* Another element when the whole becomes known, or it would slide back from full. */}
      <div
        key={percent === null ? 'open' : 'known'}
        className={classes.ties}
        style={{ width: `${percent ?? 100}%` }}
      />
    </div>
  )
}
