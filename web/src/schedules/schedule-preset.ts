/** The usual schedules, as people say them, and the cron lines that they are. */
export type Preset =
  | { every: 'hour'; minute: number }
  | { every: 'day' | 'workday'; time: string }
  | { every: 'week'; weekday: number; time: string }
  | { every: 'month'; day: number; time: string }

export type Every = Preset['every']
export const EVERY: readonly Every[] = ['hour', 'day', 'workday', 'week', 'month']

const FRESH: Record<Every, Preset> = {
  hour: { every: 'hour', minute: 0 },
  day: { every: 'day', time: '03:00' },
  workday: { every: 'workday', time: '06:00' },
  week: { every: 'week', weekday: 1, time: '04:00' },
  month: { every: 'month', day: 1, time: '05:00' },
}

/** Another rhythm at the time that was chosen already. */
export function presetOf(every: Every, before: Preset | null): Preset {
  const fresh = FRESH[every]
  return 'time' in fresh && before !== null && 'time' in before ? { ...fresh, time: before.time } : fresh
}

export function cronOf(preset: Preset): string {
  if (preset.every === 'hour') return `${preset.minute} * * * *`
  const [hour = 0, minute = 0] = preset.time.split(':').map(Number)
  const at = `${minute} ${hour}`
  switch (preset.every) {
    case 'day':
      return `${at} * * *`
    case 'workday':
      return `${at} * * 1-5`
    case 'week':
      return `${at} * * ${preset.weekday}`
    case 'month':
      return `${at} ${preset.day} * *`
  }
}

/** The preset that a cron line is; null for a line of one's own. */
export function readPreset(cron: string): Preset | null {
  const [minute = '', hour = '', day = '', month, weekday = '', more] = cron.trim().split(/\s+/)
  if (month !== '*' || more !== undefined || !/^\d{1,2}$/.test(minute)) return null
  const preset = asPreset({ minute, hour, day, weekday })
  // What does not come out again as it went in is written in another way, or no time of day at all.
  return preset !== null && cronOf(preset) === cron.trim().replace(/\s+/g, ' ') ? preset : null
}

function asPreset(parts: Record<'minute' | 'hour' | 'day' | 'weekday', string>): Preset | null {
  const { minute, hour, day, weekday } = parts
  if (Number(minute) > 59 || (hour !== '*' && !(Number(hour) < 24))) return null
  if (hour === '*') {
    return day === '*' && weekday === '*' ? { every: 'hour', minute: Number(minute) } : null
  }
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  if (day === '*' && weekday === '*') return { every: 'day', time }
  if (day === '*' && weekday === '1-5') return { every: 'workday', time }
  if (day === '*' && /^[0-6]$/.test(weekday)) return { every: 'week', weekday: Number(weekday), time }
  const number = /^\d{1,2}$/.test(day) ? Number(day) : 0
  if (weekday === '*' && number >= 1 && number <= 31) return { every: 'month', day: number, time }
  return null
}
