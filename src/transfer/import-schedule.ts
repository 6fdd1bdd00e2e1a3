/**
 * A schedule as SyncMaster's scheduler (APScheduler) reads it, in the words of ours. The same five fields, with two
 * differences that matter: there Monday is 0 and Sunday 6, and a day must fit both of its fields, not one of them.
 */
import { cronProblem, timezoneProblem } from './schedule.ts'

export type ConvertedSchedule = { schedule: string } | { problem: string }

interface Field {
  name: string
  min: number
  max: number
  names?: readonly string[]
}

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  {
    name: 'month',
    min: 1,
    max: 12,
    names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' '),
  },
  { name: 'weekday', min: 0, max: 6, names: 'mon tue wed thu fri sat sun'.split(' ') },
]
const SCHEDULE_LIMIT = 32

/** The schedule that runs at the same times here, or why there is none. */
export function convertSchedule(text: string, timezone: string): ConvertedSchedule {
  const parts = text.trim().toLowerCase().split(/\s+/)
  if (parts.length !== FIELDS.length)
    return { problem: 'its schedule has not five fields, and never ran there' }
  const sets = FIELDS.map((field, at) => readField(parts[at] ?? '', field))
  const bad = sets.findIndex((set) => set === null)
  if (bad !== -1)
    return { problem: `the ${FIELDS[bad]?.name} of its schedule cannot be read as it was there` }
  const [, , days, , weekdays] = sets
  const isEveryDay = days?.size === 31
  const isAnyWeekday = weekdays?.size === 7
  // Here, too, a day must fit both where one of them begins with a star.
  if (!isEveryDay && !isAnyWeekday && !parts[2]?.startsWith('*')) {
    return {
      problem:
        'its schedule means days that fit the day of the month and the weekday at once; here one of them is enough',
    }
  }
  const [minute = '', hour = '', day = '', month = ''] = parts.map((part, at) => spelled(part, FIELDS[at]))
  const schedule = [minute, hour, isEveryDay ? '*' : day, month, weekdaysOf(weekdays ?? new Set())].join(' ')
  if (schedule.length > SCHEDULE_LIMIT) {
    return { problem: `its schedule would be longer than ${SCHEDULE_LIMIT} characters here` }
  }
  const problem = cronProblem(schedule) ?? timezoneProblem(timezone)
  return problem === null ? { schedule } : { problem }
}

/** The values that a field stands for; null when it is not sure how it was read. */
function readField(text: string, field: Field): Set<number> | null {
  const found = text.split(',').map((expression) => readExpression(expression, field))
  return found.includes(null) ? null : new Set(found.flatMap((values) => values ?? []))
}

const EXPRESSION = /^(?:\*|(?<first>\w+)(?:-(?<last>\w+))?)(?:\/(?<step>\d{1,4}))?$/

function readExpression(text: string, field: Field): number[] | null {
  const parts = EXPRESSION.exec(text)?.groups
  if (parts === undefined) return null
  const hasStep = parts.step !== undefined
  const step = hasStep ? Number(parts.step) : 1
  const first = parts.first === undefined ? field.min : valueOf(parts.first, field)
  // `5/10` is from 5 on, `5` is 5 alone.
  const end = parts.first === undefined || hasStep ? field.max : first
  const last = parts.last === undefined ? end : valueOf(parts.last, field)
  if (first === null || last === null) return null
  if (first < field.min || last > field.max || first > last) return null
  // Names take no step there, and a step no more than its range.
  if (hasStep && (step < 1 || step > field.max - field.min || /[a-z]/.test(text))) return null
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, at) => first + at * step)
}

function valueOf(text: string, { names = [], min }: Field): number | null {
  if (/^\d{1,4}$/.test(text)) return Number(text)
  const at = names.indexOf(text)
  return at === -1 ? null : at + min
}

/** The same text, but for what is written otherwise here: a step needs its range. */
function spelled(text: string, field: Field | undefined): string {
  return text
    .split(',')
    .map((expression) => expression.replace(/^(\d+)\/(\d+)$/, `$1-${field?.max ?? ''}/$2`))
    .join(',')
}

/** Weekdays with Sunday as 0, runs of three and more as ranges. */
function weekdaysOf(days: Set<number>): string {
  if (days.size === 7) return '*'
  const ours = [...days].map((day) => (day + 1) % 7).toSorted((a, b) => a - b)
  const runs: number[][] = []
  for (const day of ours) {
    const run = runs.at(-1)
    if (run?.at(-1) === day - 1) run?.push(day)
    else runs.push([day])
  }
  return runs.map((run) => (run.length < 3 ? run.join(',') : `${run[0]}-${run.at(-1)}`)).join(',')
}
