import { useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Run, RunStatus } from '../api/runs.ts'
import { Section } from '../ui/section.tsx'
import { useFormat } from '../ui/use-format.ts'
import { useShade } from '../ui/use-shade.ts'
import { type Bar, drawMarks } from './run-marks.ts'
import { durationOf } from './run-figures.ts'
import classes from './run-history.module.css'
import { RunTable } from './run-table.tsx'

const HEIGHT = 170

const SHADES = [
  '--ct-accent',
  '--ct-attention',
  '--ct-failure',
  '--ct-line',
  '--ct-line-strong',
  '--mantine-color-dimmed',
] as const

interface RunHistoryProps {
  runs: Run[]
  title: string
  /** Runs of several transfers name theirs. */
  withTransfer?: boolean
}

/**
 * How long the last runs took, how many rows they carried and how they ended. A state is a colour and a shape;
 * the same stands in a table that unfolds, for whoever does not see the drawing.
 */
export function RunHistory({ runs, title, withTransfer = false }: RunHistoryProps) {
  const { t } = useTranslation()
  const data = useMemo(() => seriesOf(runs), [runs])
  const [looked, setLooked] = useState<Run | null>(null)
  const place = useChart(data, setLooked)
  const words = useWords(withTransfer)
  if (data.runs.length === 0) return null
  return (
    <div className={classes.history}>
      <Section title={title} actions={<Legend />}>
        <div
          ref={place}
          className={classes.chart}
          role="img"
          aria-label={t('run.historyWords', { count: data.runs.length })}
        />
        <p className={classes.looked}>{looked === null ? t('run.pointAtBar') : words(looked)}</p>
        <details className={classes.figures}>
          <summary>{t('run.asTable')}</summary>
          <RunTable label={title} runs={data.runs.toReversed()} withTransfer={withTransfer} />
        </details>
      </Section>
    </div>
  )
}

function Legend() {
  const { t } = useTranslation()
  return (
    <ul className={classes.legend}>
      <li data-mark="finished">{t('run.status.FINISHED')}</li>
      <li data-mark="failed">{t('run.status.FAILED')}</li>
      <li data-mark="stopped">{t('run.status.STOPPED')}</li>
      <li data-mark="moving">{t('run.status.STARTED')}</li>
      <li data-mark="rows">{t('run.rows')}</li>
    </ul>
  )
}

/** One run as a line of words, for the bar that is pointed at. */
function useWords(withTransfer: boolean): (run: Run) => string {
  const { t } = useTranslation()
  const format = useFormat()
  return (run) => {
    const ms = durationOf(run)
    return [
      t('run.number', { id: run.id }),
      withTransfer ? run.transfer_name : undefined,
      t(`run.status.${run.status}`),
      run.started_at === null ? undefined : format.time(run.started_at),
      ms === null ? undefined : format.duration(ms),
      run.progress
        ? t('run.carried', { count: run.progress.rows, shown: format.number(run.progress.rows) })
        : undefined,
    ]
      .filter((part) => part !== undefined)
      .join(' · ')
  }
}

type Series = ReturnType<typeof seriesOf>

/** The drawing, made anew when its figures, its language or the theme change. */
function useChart(data: Series, onLook: (run: Run | null) => void) {
  const { t } = useTranslation()
  const format = useFormat()
  const navigate = useNavigate()
  const shade = useShade(SHADES)
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const [accent = '', amber = '', red = '', line = '', strong = '', dimmed = ''] = shade
    const colour: Record<RunStatus, string> = {
      CREATED: strong,
      STARTED: amber,
      SEND_STOP_SIGNAL: amber,
      FINISHED: accent,
      FAILED: red,
      STOPPED: dimmed,
    }
    const bars: Bar[] = []
    const axis = { stroke: dimmed, ticks: { show: false }, font: '12px system-ui' }
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
        scales: {
          x: { time: false, range: [-0.6, data.runs.length - 0.4] },
          ms: { range: fromZero },
          rows: { range: fromZero },
        },
        series: [
          {},
          {
            label: t('run.duration'),
            scale: 'ms',
            paths: barsOf(
              data.runs.map(({ status }) => colour[status]),
              (index, bar) => {
                bars[index] = bar
              },
            ),
            points: { show: false },
          },
          {
            label: t('run.rows'),
            scale: 'rows',
            stroke: dimmed,
            width: 1.5,
            dash: [5, 4],
            spanGaps: true,
            points: { show: false },
          },
        ],
        axes: [
          {
            ...axis,
            size: 26,
            grid: { show: false },
            incrs: [1, 2, 5, 10, 20],
            values: (_plot, places) =>
              places.map((at) => (data.runs[at] === undefined ? '' : `#${data.runs[at].id}`)),
          },
          {
            ...axis,
            scale: 'ms',
            size: 76,
            grid: { stroke: line, width: 1 },
            values: (_plot, all) => all.map((ms) => format.duration(ms)),
          },
          {
            ...axis,
            scale: 'rows',
            side: 1,
            size: 56,
            grid: { show: false },
            values: (_plot, all) => all.map((rows) => format.short(rows)),
          },
        ],
        hooks: {
          draw: [({ ctx }) => drawMarks(ctx, bars, data.runs, colour)],
          setCursor: [({ cursor }) => onLook(data.runs[cursor.idx ?? -1] ?? null)],
        },
      },
      [data.x, data.ms, data.rows],
      element,
    )
    // A bar is its run; without a mouse the table leads there.
    plot.over.addEventListener('click', () => {
      const run = data.runs[plot.cursor.idx ?? -1]
      if (run !== undefined) void navigate({ to: '/runs/$runId', params: { runId: run.id } })
    })
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [data, shade, format, t, navigate, onLook])
  return place
}

/** Bars of a colour each, that tell where they stand. */
function barsOf(colours: string[], onBar: (index: number, bar: Bar) => void): uPlot.Series.PathBuilder {
  const build = uPlot.paths.bars
  if (build === undefined) throw new Error('This uPlot draws no bars.')
  return build({
    size: [0.6, 36, 2],
    disp: { fill: { unit: 3, values: () => colours }, stroke: { unit: 3, values: () => colours } },
    each: (_plot, _series, index, left, top, width) => onBar(index, { x: left + width / 2, y: top }),
  })
}

/** Lengths are compared from the ground up. */
const fromZero = (_plot: uPlot, _least: number, most: number): [number, number] => [
  0,
  most > 0 ? most * 1.2 : 1,
]

/** Oldest first, as one reads; runs that never began have nothing to draw. */
function seriesOf(runs: Run[]) {
  const drawn = runs.filter(({ started_at }) => started_at !== null).toReversed()
  return {
    runs: drawn,
    x: drawn.map((_, index) => index),
    ms: drawn.map((run) => durationOf(run)),
    rows: drawn.map(({ progress }) => progress?.rows ?? null),
  }
}
