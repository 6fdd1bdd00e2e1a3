import { useEffect, useMemo, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Run } from '../api/runs.ts'
import { Section } from '../ui/section.tsx'
import { useFormat } from '../ui/use-format.ts'
import { useShade } from '../ui/use-shade.ts'
import { durationOf } from './run-figures.ts'
import classes from './run-history.module.css'

const HEIGHT = 150

/** How long the last runs took and how many rows they carried. The list below says the same in figures. */
export function RunHistory({ runs }: { runs: Run[] }) {
  const { t } = useTranslation()
  const format = useFormat()
  const place = useRef<HTMLDivElement>(null)
  const shade = useShade(['--ct-accent', '--ct-attention', '--ct-line', '--mantine-color-dimmed'])
  const data = useMemo(() => seriesOf(runs), [runs])
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const [accent = '', amber = '', line = '', dimmed = ''] = shade
    const axis = {
      stroke: dimmed,
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      font: '12px system-ui',
    }
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { x: { time: false }, ms: { range: fromZero }, rows: { range: fromZero } },
        series: [
          {},
          {
            label: t('run.duration'),
            scale: 'ms',
            stroke: accent,
            width: 2,
            points: { show: true, size: 6, fill: accent },
          },
          {
            label: t('run.rows'),
            scale: 'rows',
            stroke: amber,
            width: 1.5,
            dash: [5, 4],
            points: { show: false },
          },
        ],
        axes: [
          {
            ...axis,
            size: 28,
            incrs: [1, 2, 5, 10, 20],
            values: (_plot, ids) =>
              ids.map((id) => (Number.isInteger(id) && data.names[id] ? `#${data.names[id]}` : '')),
          },
          { ...axis, scale: 'ms', size: 76, values: (_plot, all) => all.map((ms) => format.duration(ms)) },
          {
            ...axis,
            scale: 'rows',
            side: 1,
            size: 60,
            grid: { show: false },
            values: (_plot, all) => all.map((rows) => format.short(rows)),
          },
        ],
      },
      [data.x, data.ms, data.rows],
      element,
    )
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    return () => {
      watch.disconnect()
      plot.destroy()
    }
  }, [data, shade, format, t])
  return (
    <div className={classes.history}>
      <Section
        title={t('run.history')}
        actions={
          <p className={classes.legend}>
            <span data-line="solid">{t('run.duration')}</span>
            <span data-line="dashed">{t('run.rows')}</span>
          </p>
        }
      >
        <div ref={place} role="img" aria-label={t('run.historyWords', { count: data.x.length })} />
      </Section>
    </div>
  )
}

/** Lengths are compared from the ground up. */
const fromZero = (_plot: uPlot, _least: number, most: number): [number, number] => [
  0,
  most > 0 ? most * 1.15 : 1,
]

/** Oldest first, as one reads; runs that never began have nothing to draw. */
function seriesOf(runs: Run[]) {
  const drawn = runs.filter(({ started_at }) => started_at !== null).toReversed()
  return {
    names: drawn.map(({ id }) => id),
    x: drawn.map((_, index) => index),
    ms: drawn.map((run) => durationOf(run)),
    rows: drawn.map(({ progress }) => progress?.rows ?? null),
  }
}
