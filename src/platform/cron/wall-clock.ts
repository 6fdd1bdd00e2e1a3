/**
 * What the clock on the wall of a time zone shows, and when it comes to show a time. A wall time is the number of
 * milliseconds that its digits would be in UTC.
 */

const HOUR_MS = 3_600_000
/** Wider than any zone is away from UTC, on both sides; no zone has changed its clocks twice within so short a time. */
const AROUND_MS = 26 * HOUR_MS

export function isTimeZone(name: string): boolean {
  // `Intl` takes offsets as well, but they are not names, and know nothing of summer.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return formatOf(name) !== undefined
  } catch {
    return false
  }
}

export function wallAt(zone: string, at: number): number {
  return at + offsetAt(zone, at)
}

/** The first moment of the new time, if the clocks are changed between the two. */
export function changeBetween(zone: string, from: number, to: number): number | null {
  const before = offsetAt(zone, from)
  if (offsetAt(zone, to) === before) return null
  let [low, high] = [from, to]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(zone, middle) === before) low = middle
    else high = middle
  }
  return high
}

/**
 * The first moment at which the wall clock shows `wall` or has jumped over it, and how far it jumped then, else 0.
 * So a time that the clocks show twice is meant the first time, and one that they leave out when they have jumped.
 */
export function firstReach(zone: string, wall: number): { at: number; jumpMs: number } {
  const from = wall - AROUND_MS
  const change = changeBetween(zone, from, wall + AROUND_MS)
  const early = wall - offsetAt(zone, from)
  if (change === null || early < change) return { at: early, jumpMs: 0 }
  const late = wall - offsetAt(zone, change)
  if (late >= change) return { at: late, jumpMs: 0 }
  return { at: change, jumpMs: offsetAt(zone, change) - offsetAt(zone, change - 1) }
}

/** The latest time that the wall clock has shown so far: in the hour that it shows twice, that hour's end. */
export function furthestWall(zone: string, at: number): number {
  const change = changeBetween(zone, at - AROUND_MS, at)
  const shown = wallAt(zone, at)
  return change === null ? shown : Math.max(shown, wallAt(zone, change - 1))
}

function offsetAt(zone: string, at: number): number {
  if (zone === 'UTC') return 0
  const parts = formatOf(zone).formatToParts(at)
  const digits: Record<string, number> = {}
  for (const { type, value } of parts) digits[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = digits
  const whole = Math.floor(at / 1000) * 1000
  return Date.UTC(year, month - 1, day, hour, minute, second) - whole
}

const formats = new Map<string, Intl.DateTimeFormat>()
/** There are some 600 names, but each may be written in any case. */
const MOST_FORMATS = 1_000

/** Making one costs fifty times as much as using it. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  if (formats.size >= MOST_FORMATS) formats.clear()
  formats.set(zone, made)
  return made
}
