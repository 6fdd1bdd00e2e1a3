/**
 * When a cron line comes due in a time zone.
 *
 * Where the hour is given, each wall time is meant once: of a time that autumn shows twice, the first; a time that
 * spring leaves out comes when the clocks have jumped, and several of them together as one. Where every hour is meant,
 * it goes by the time that really passes: each moment at which the wall clock shows a fitting time. That is what
 * Vixie's cron does; it, too, takes a jump of more than three hours for a day that never was (Samoa, 2011).
 */
import type { Cron } from './cron.ts'
import { changeBetween, firstReach, furthestWall, wallAt } from './wall-clock.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const LONGEST_JUMP_MS = 3 * HOUR_MS
/** The calendar repeats after 28 years, and after up to 40 where a century leaves out its leap day. */
const FAR_YEARS = 41

/** Whether it ever comes: 31 February does not. */
export function everComes(cron: Cron): boolean {
  return nextWall(cron, Date.UTC(2000, 0, 1)) !== null
}

/** The first time after `after`, or null if it never comes again. */
export function nextTime(cron: Cron, zone: string, after: Date): Date | null {
  const found =
    cron.hours.size === 24
      ? nextByClock(cron, zone, after.getTime())
      : nextByWall(cron, zone, after.getTime())
  return found === null ? null : new Date(found)
}

export function nextTimes(cron: Cron, zone: string, after: Date, count: number): Date[] {
  const times: Date[] = []
  for (let at = nextTime(cron, zone, after); at !== null; at = nextTime(cron, zone, at)) {
    times.push(at)
    if (times.length >= count) break
  }
  return times.slice(0, count)
}

function nextByWall(cron: Cron, zone: string, after: number): number | null {
  let wall = nextWall(cron, furthestWall(zone, after))
  while (wall !== null) {
    const { at, jumpMs } = firstReach(zone, wall)
    if (jumpMs <= LONGEST_JUMP_MS) return at
    wall = nextWall(cron, wall)
  }
  return null
}

/** From one change of the clocks to the next, over days on which nothing is due in one step. */
function nextByClock(cron: Cron, zone: string, after: number): number | null {
  // The moment that was looked at last; the wall time that counts is the one behind it.
  let at = after
  let shown = wallAt(zone, after)
  for (;;) {
    const wall = nextWall(cron, shown)
    if (wall === null) return null
    const due = at + (wall - shown)
    const horizon = Math.min(due, at + DAY_MS)
    const change = changeBetween(zone, at, horizon)
    if (change !== null) {
      // What the new time shows at its first moment may be due itself, so the step goes to just before it.
      at = change
      shown = wallAt(zone, change)
      if (fits(cron, shown)) return change
    } else if (due === horizon) return due
    else {
      at = Math.max(horizon, due - 2 * DAY_MS)
      shown = wallAt(zone, at)
    }
  }
}

function fits(cron: Cron, wall: number): boolean {
  return wall % MINUTE_MS === 0 && nextWall(cron, wall - MINUTE_MS) === wall
}

/** The first fitting minute of the calendar behind the one that `wall` is in. */
function nextWall(cron: Cron, wall: number): number | null {
  const first = (Math.floor(wall / MINUTE_MS) + 1) * MINUTE_MS
  const lastYear = new Date(first).getUTCFullYear() + FAR_YEARS
  let day = Math.floor(first / DAY_MS) * DAY_MS
  let from = (first - day) / MINUTE_MS
  for (;;) {
    const date = new Date(day)
    if (date.getUTCFullYear() > lastYear) return null
    if (!cron.months.has(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
    } else {
      const minute = isDay(cron, date) ? nextMinute(cron, from) : null
      if (minute !== null) return day + minute * MINUTE_MS
      day += DAY_MS
    }
    from = 0
  }
}

function isDay({ days, weekdays, eitherDay }: Cron, date: Date): boolean {
  const isMonthday = days.has(date.getUTCDate())
  const isWeekday = weekdays.has(date.getUTCDay())
  return eitherDay ? isMonthday || isWeekday : isMonthday && isWeekday
}

/** Minutes of the day, from one on; null when this day has none left. */
function nextMinute({ hours, minutes }: Cron, from: number): number | null {
  for (let minute = from; minute < 24 * 60;) {
    const hour = Math.floor(minute / 60)
    if (!hours.has(hour)) minute = (hour + 1) * 60
    else if (minutes.has(minute % 60)) return minute
    else minute += 1
  }
  return null
}
