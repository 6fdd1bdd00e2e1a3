/** Hours of the day in which a person wants no messages: they are held, never dropped, and released when the hours end. */
import { firstReach, furthestWall } from '#cron'
import { Fault } from '#fault'

/**
 * By the clock on the person's wall, `HH:MM`. From 22:00 to 07:00 goes over midnight. Where both are the same there are no
 * quiet hours: a whole day of them would never release anything.
 */
export interface QuietHours {
  from: string
  to: string
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/**
 * When a message may go that is due now: at once outside of the quiet hours and when it is critical, else at their end.
 *
 * An end that the clocks leave out in spring is the moment of the change. In the hour that they show twice in autumn the
 * hours neither begin nor end a second time.
 */
export function releaseAt(now: Date, hours: QuietHours | null, zone: string, isCritical = false): Date {
  if (hours === null || isCritical) return now
  const [from, to] = [minutesOf(hours.from) * MINUTE_MS, minutesOf(hours.to) * MINUTE_MS]
  const wall = furthestWall(zone, now.getTime())
  const day = Math.floor(wall / DAY_MS) * DAY_MS
  const time = wall - day
  const isQuiet = from <= to ? time >= from && time < to : time >= from || time < to
  if (!isQuiet) return now
  const end = from > to && time >= from ? day + DAY_MS + to : day + to
  return new Date(Math.max(now.getTime(), firstReach(zone, end).at))
}

/** @throws Fault for a time that is none. */
export function minutesOf(time: string): number {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? []
  if (hour === undefined || minute === undefined) {
    throw new Fault(
      'invalid',
      'notify.quiet_hours',
      `Quiet hours are times such as 22:00 and 07:00, not "${time.slice(0, 20)}".`,
    )
  }
  return Number(hour) * 60 + Number(minute)
}
