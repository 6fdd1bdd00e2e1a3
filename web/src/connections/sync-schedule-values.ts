/** The schedule of syncs as a form has it, and as the hub does. */
import type { SyncSchedule } from '../api/syncs.ts'

export const UNITS = ['minute', 'hour', 'day', 'week'] as const
export type Unit = (typeof UNITS)[number]

const MINUTES: Record<Unit, number> = { minute: 1, hour: 60, day: 1440, week: 10_080 }

export interface SyncScheduleValues extends Record<string, unknown> {
  type: 'manual' | 'interval' | 'cron'
  every: number
  unit: Unit
  cron: string
  timezone: string
  missed: 'one' | 'skip'
  overlap: 'skip' | 'queue'
  /** Minutes, at most 60. */
  jitter: number
  enabled: boolean
}

export function valuesOf(schedule: SyncSchedule, zone: string): SyncScheduleValues {
  const fresh: SyncScheduleValues = {
    type: 'manual',
    every: 6,
    unit: 'hour',
    cron: '0 3 * * *',
    timezone: zone,
    missed: 'one',
    overlap: 'skip',
    jitter: 0,
    enabled: true,
  }
  if (schedule.type === 'manual') return fresh
  const { type, missed, overlap, enabled } = schedule
  const jitter = Math.ceil(minutesOf(schedule.jitter ?? '') ?? 0)
  const kept = { ...fresh, type, missed, overlap, enabled, jitter }
  if (schedule.type === 'cron') return { ...kept, cron: schedule.cron, timezone: schedule.timezone }
  return { ...kept, ...asUnits(minutesOf(schedule.every) ?? 360) }
}

export function scheduleOf(values: SyncScheduleValues): SyncSchedule {
  const { type, missed, overlap, enabled, jitter } = values
  if (type === 'manual') return { type }
  const policies = { missed, overlap, enabled, jitter: jitter > 0 ? `PT${jitter}M` : null }
  if (type === 'cron') return { type, cron: values.cron.trim(), timezone: values.timezone, ...policies }
  return { type, every: durationOf(values), ...policies }
}

/** What an interval comes to from now on: the hub counts it from the time that it is set. */
export function nextTimes({ every, unit }: Pick<SyncScheduleValues, 'every' | 'unit'>, now: Date): Date[] {
  const step = every * MINUTES[unit] * 60_000
  return step > 0 ? [1, 2, 3].map((count) => new Date(now.getTime() + count * step)) : []
}

function durationOf({ every, unit }: SyncScheduleValues): string {
  return { minute: `PT${every}M`, hour: `PT${every}H`, day: `P${every}D`, week: `P${every}W` }[unit]
}

/** The largest unit that it is a whole number of. */
function asUnits(minutes: number): { every: number; unit: Unit } {
  const unit = UNITS.findLast((one) => minutes % MINUTES[one] === 0) ?? 'minute'
  return { every: Math.max(1, Math.round(minutes / MINUTES[unit])), unit }
}

function minutesOf(duration: string): number | null {
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration)
  if (found === null || duration === 'P') return null
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0))
  return ((weeks * 7 + days) * 24 + hours) * 60 + minutes + seconds / 60
}
