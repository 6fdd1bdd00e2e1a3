/** When a connection is kept in step by itself: its `schedule`, read, checked, and its next times. */
import { type Static, Type } from 'typebox'
import { everComes, isTimeZone, nextTime, readCron } from '#cron'
import { parseBySchema } from '#http'

/** The kind of the timers; the database sets one when a schedule is written, by whatever way it came. */
export const SCHEDULE_KIND = 'connect.schedule'

const duration = (title: string) =>
  Type.String({ title, maxLength: 32, description: 'ISO 8601: PT15M, PT6H, P1D.' })

const Policies = {
  missed: Type.Enum(['one', 'skip'], {
    default: 'one',
    title: 'After a time when no hub was up',
    description: 'one: a single sync makes up for it, at once; skip: none, until the next regular time.',
  }),
  overlap: Type.Enum(['skip', 'queue'], {
    default: 'skip',
    title: 'When the one before is not over',
    description: 'skip: this time is left out; queue: it begins when the other is over.',
  }),
  jitter: Type.Optional(
    Type.Union([duration('Jitter'), Type.Null()], {
      default: null,
      description: 'Each start is put off by a random time of at most this much.',
    }),
  ),
  enabled: Type.Boolean({ default: true }),
}

export const Schedule = Type.Union(
  [
    Type.Object({ type: Type.Literal('manual') }, { title: 'By hand' }),
    Type.Object(
      { type: Type.Literal('interval'), every: duration('Every'), ...Policies },
      { title: 'At an interval', check: checkInterval },
    ),
    Type.Object(
      {
        type: Type.Literal('cron'),
        cron: Type.String({ title: 'Cron line', maxLength: 128 }),
        timezone: Type.String({ default: 'UTC', maxLength: 64, description: 'IANA: Europe/Berlin.' }),
        ...Policies,
      },
      { title: 'By a cron line', check: checkCron },
    ),
  ],
  { discriminator: { propertyName: 'type' } },
)

export type Schedule = Static<typeof Schedule>
type Timed = Exclude<Schedule, { type: 'manual' }>

const LEAST_MS = 60_000
const MOST_MS = 366 * 24 * 60 * 60_000
const JITTER_MOST_MS = 60 * 60_000

/** Milliseconds; null for what is no such text. Months and years have no length of their own and are not taken. */
export function durationMs(text: string): number | null {
  const found = /^P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/.exec(
    text,
  )
  if (found === null || /(P|T)$/.test(text)) return null
  const [weeks, days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0))
  return (
    ((((weeks ?? 0) * 7 + (days ?? 0)) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60_000 +
    (seconds ?? 0) * 1000
  )
}

function checkJitter(jitter: string | null | undefined): string | null {
  if (jitter === null || jitter === undefined) return null
  const found = durationMs(jitter)
  return found === null || found > JITTER_MOST_MS ? 'jitter is a duration of at most an hour, as PT5M' : null
}

function checkInterval(schedule: { every: string; jitter?: string | null }): string | null {
  const every = durationMs(schedule.every)
  if (every === null || every < LEAST_MS || every > MOST_MS) {
    return 'every is a duration from one minute to a year, as PT15M, PT6H or P1D'
  }
  return checkJitter(schedule.jitter)
}

function checkCron(schedule: { cron: string; timezone: string; jitter?: string | null }): string | null {
  const read = readCron(schedule.cron)
  if ('problem' in read) return `the cron line ${read.problem}`
  if (!everComes(read.cron)) return 'the cron line never comes round'
  if (!isTimeZone(schedule.timezone)) return `there is no time zone "${schedule.timezone}"`
  return checkJitter(schedule.jitter)
}

/** A schedule as it lies in the table, where SQL may have put anything: read, or why it cannot be. */
export function readSchedule(value: unknown): { schedule: Schedule } | { problem: string } {
  if (isEmpty(value)) return { schedule: { type: 'manual' } }
  const parsed = parseBySchema(Schedule, value, [])
  if ('value' in parsed) return { schedule: parsed.value as Schedule } // by its own schema
  const [first] = parsed.problems
  const where = first === undefined || first.location.length === 0 ? '' : `${first.location.join('.')}: `
  return { problem: `${where}${first?.message ?? 'unreadable'}` }
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

/**
 * The next times after `after`. An interval counts from `anchor` (the last time that was due), so that a start
 * that is late does not shift all that follow.
 */
export function nextSyncs(schedule: Schedule, after: Date, count: number, anchor: Date = after): Date[] {
  if (schedule.type === 'manual' || !schedule.enabled) return []
  const times: Date[] = []
  for (let at = after; times.length < count;) {
    const next = nextSync(schedule, at, anchor)
    if (next === null) break
    times.push(next)
    at = next
  }
  return times
}

function nextSync(schedule: Timed, after: Date, anchor: Date): Date | null {
  if (schedule.type === 'cron') {
    const read = readCron(schedule.cron)
    return 'cron' in read ? nextTime(read.cron, schedule.timezone, after) : null
  }
  const every = durationMs(schedule.every) ?? MOST_MS
  const passed = Math.max(0, after.getTime() - anchor.getTime())
  return new Date(anchor.getTime() + (Math.floor(passed / every) + 1) * every)
}

/** How long this start is put off. */
export function jitterMs(schedule: Timed, random: () => number = Math.random): number {
  const most = schedule.jitter === null || schedule.jitter === undefined ? 0 : durationMs(schedule.jitter)
  return Math.floor((most ?? 0) * random())
}
