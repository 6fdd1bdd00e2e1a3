import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isOver, type Run } from '../api/runs.ts'
import { TieBar } from '../ui/tie-bar.tsx'
import { useFormat } from '../ui/use-format.ts'
import { durationOf, shareOf } from './run-figures.ts'
import classes from './run-progress.module.css'

/** How far the run has come: the bar, rows, rate, what is left. */
export function RunProgress({ run }: { run: Run }) {
  const { t } = useTranslation()
  const format = useFormat()
  const over = isOver(run.status)
  const now = useNow(!over && run.started_at !== null)
  const ms = durationOf(run, now)
  const progress = run.progress ?? null
  const average = over && ms !== null && ms > 0 && progress ? (progress.rows / ms) * 1000 : null
  const phase = usePhaseWords(run)
  const rate = over ? average : (progress?.rows_per_second ?? null)
  return (
    <div className={classes.progress}>
      <TieBar label={t('run.progress')} share={shareOf(run)} state={stateOf(run)} />
      <dl className={classes.figures}>
        <Figure term={t('run.rows')}>
          {progress ? format.number(progress.rows) : '–'}
          {progress?.total_rows != null && !over && (
            <small>{t('run.of', { total: format.short(progress.total_rows) })}</small>
          )}
        </Figure>
        <Figure term={t('run.bytes')}>{progress ? format.bytes(progress.bytes) : '–'}</Figure>
        <Figure term={t('run.rate')}>
          {rate === null
            ? '–'
            : t('run.perSecond', { count: Math.round(rate), shown: format.short(Math.round(rate)) })}
        </Figure>
        <Figure term={t('run.duration')}>{ms === null ? '–' : format.duration(ms)}</Figure>
        {!over && (
          <Figure term={t('run.left')}>
            {progress?.eta_seconds == null ? '–' : format.duration(progress.eta_seconds * 1000)}
          </Figure>
        )}
      </dl>
      {!over && (
        <p className="dimmed">
          {run.status === 'CREATED' && run.waits_for ? <WaitsFor runId={run.waits_for.run_id} /> : phase}
        </p>
      )}
    </div>
  )
}

function Figure({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Runs of one transfer go one after the other. */
function WaitsFor({ runId }: { runId: number }) {
  const { t } = useTranslation()
  return (
    <Link to="/runs/$runId" params={{ runId }}>
      {t('run.waitsFor', { id: runId })}
    </Link>
  )
}

function stateOf(run: Run): 'moving' | 'done' | 'failed' | 'rest' {
  if (run.status === 'FINISHED') return 'done'
  if (run.status === 'FAILED') return 'failed'
  return run.status === 'STARTED' ? 'moving' : 'rest'
}

/** What the run does now, in words. */
function usePhaseWords(run: Run): string {
  const { t } = useTranslation()
  if (run.status === 'CREATED') return t('run.waiting')
  if (run.status === 'SEND_STOP_SIGNAL') return t('run.stopping')
  const phase = run.progress?.phase
  return phase === undefined ? t('run.starting') : t(`phase.${phase as 'reading'}`, { defaultValue: phase }) // the keys of the catalogue
}

/** The time, told anew each half second while something moves. */
function useNow(moving: boolean): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    if (!moving) return
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [moving])
  return now
}
