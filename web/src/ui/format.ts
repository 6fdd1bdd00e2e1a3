/** Numbers, sizes, rates, spans and times as people of one language read them; all by Intl. */

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'] as const

export function formatNumber(value: number, language: string): string {
  return new Intl.NumberFormat(language).format(value)
}

/** `3.2M`: for places where the digit matters less than the width. */
export function formatShort(value: number, language: string): string {
  return new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

/** Bytes in decimal units: `1.5 MB`. */
export function formatBytes(bytes: number, language: string): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** step
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 || value >= 100 ? 0 : 1,
  }).format(value)
}

/** A span with its two largest parts: `1 hr, 5 min`, `12.4 sec`, `340 ms`. */
export function formatDuration(ms: number, language: string): string {
  const part = (value: number, unit: string, digits = 0): string =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }).format(value)
  if (ms < 1000) return part(Math.round(ms), 'millisecond')
  if (ms < 60_000) return part(ms / 1000, 'second', ms < 10_000 ? 1 : 0)
  const seconds = Math.round(ms / 1000)
  const parts: string[] = []
  for (const [unit, size] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const) {
    const value =
      Math.floor(seconds / size) % (unit === 'day' ? Number.MAX_SAFE_INTEGER : unit === 'hour' ? 24 : 60)
    if (value > 0 || parts.length > 0) parts.push(part(value, unit))
    if (parts.length === 2) break
  }
  return new Intl.ListFormat(language, { style: 'narrow', type: 'unit' }).format(parts)
}

/** The date and time in the reader's zone, to the second when it matters. */
export function formatTime(at: string | Date, language: string, seconds = false): string {
  return new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: seconds ? 'medium' : 'short',
  }).format(new Date(at))
}

/** The date and time on the clocks of another zone, which it names. */
export function formatZoned(at: string | Date, language: string, timeZone: string): string {
  return new Intl.DateTimeFormat(language, {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(new Date(at))
}

export function formatClock(at: string | Date, language: string): string {
  return new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hour12: false,
  }).format(new Date(at))
}

/** `5 minutes ago`, `in 2 hours`. */
export function formatAgo(at: string | Date, language: string, now: number = Date.now()): string {
  const seconds = (new Date(at).getTime() - now) / 1000
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  for (const [unit, size] of [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ] as const) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  }
  return relative.format(Math.trunc(seconds), 'second')
}
