/**
 * A cron line of five fields, as Vixie's cron reads it: minute, hour, day of the month, month, weekday.
 *
 * Read by ourselves and not by a library, for two reasons: whoever mistyped should hear which field it is and what
 * to write instead, and the extensions of libraries (seconds, `?`, `L`, `W`, `#`) mean something else in each.
 */

export interface Cron {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  /** 0 = Sunday. */
  weekdays: ReadonlySet<number>
  /** Both days and weekdays were given: a day that is either counts. If one begins with `*`, it must be both. */
  eitherDay: boolean
}

/** Either the line, or what is wrong with it as a sentence for the one who wrote it. */
export type ReadCron = { cron: Cron } | { problem: string }

interface Field {
  name: string
  least: number
  most: number
  /** The word of the number `least + index`. */
  words: readonly string[]
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const FIELDS = [
  { name: 'minute', least: 0, most: 59, words: [] },
  { name: 'hour', least: 0, most: 23, words: [] },
  { name: 'day of the month', least: 1, most: 31, words: [] },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  // 7 is Sunday too; `*` ends at 6, or it would count Sunday twice.
  { name: 'weekday', least: 0, most: 7, words: WEEKDAYS },
] as const satisfies readonly Field[]

const NICKNAMES = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
])

const ORDER = 'minute, hour, day of the month, month, weekday'

export function readCron(text: string): ReadCron {
  const line = text.trim().toLowerCase()
  if (line.startsWith('@')) {
    const meant = NICKNAMES.get(line)
    if (meant !== undefined) return readCron(meant)
    return {
      problem: `'${text}' is no nickname of a schedule; there are ${[...NICKNAMES.keys()].join(', ')}`,
    }
  }
  const parts = line.split(/\s+/)
  if (line === '' || parts.length !== FIELDS.length) {
    const seconds = parts.length === 6 ? '; there is no field for seconds' : ''
    const count = line === '' ? 0 : parts.length
    return {
      problem: `'${text}' has ${count} ${count === 1 ? 'field' : 'fields'}, but a cron line has five: ${ORDER}${seconds}`,
    }
  }
  try {
    const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
      readField(field, parts[index] ?? ''),
    ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>] // one for each of the five fields
    if (weekdays.delete(7)) weekdays.add(0)
    const eitherDay = !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*')
    return { cron: { minutes, hours, days, months, weekdays, eitherDay } }
  } catch (error) {
    if (error instanceof Mistake) return { problem: error.message }
    throw error
  }
}

/** Known to this file only: a mistake three calls deep, on its way to the sentence. */
class Mistake extends Error {}

function readField(field: Field, text: string): Set<number> {
  const values = new Set<number>()
  for (const item of text.split(',')) {
    const [first, last, step] = readItem(field, item)
    for (let value = first; value <= last; value += step) values.add(value)
  }
  return values
}

/** `*`, `5`, `1-5`, each with or without `/2`. */
function readItem(field: Field, item: string): [first: number, last: number, step: number] {
  const where = `in the ${field.name} field`
  const [range = '', stepText, more] = item.split('/')
  if (item === '' || more !== undefined) throw new Mistake(`'${item}' ${where} is not understood`)
  const most = field.name === 'weekday' ? 6 : field.most
  const step = stepText === undefined ? 1 : readStep(stepText, most - field.least, where)
  if (range === '*') return [field.least, most, step]
  const [from = '', to, another] = range.split('-')
  if (another !== undefined) throw new Mistake(`'${range}' ${where} is no range: write it as 1-5`)
  const first = readValue(field, from)
  if (to === undefined) {
    if (stepText !== undefined) {
      throw new Mistake(`'${item}' ${where} steps through no range: write ${from}-${most}/${stepText}`)
    }
    return [first, first, 1]
  }
  // `fri-sun` ends on the Sunday after Friday.
  const last = field.name === 'weekday' && to === 'sun' ? 7 : readValue(field, to)
  if (last < first) {
    throw new Mistake(`'${range}' ${where} runs backwards: write ${from}-${most},${field.least}-${to}`)
  }
  return [first, last, step]
}

function readStep(text: string, most: number, where: string): number {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (step < 1 || step > most) throw new Mistake(`the step '/${text}' ${where} is not from 1 to ${most}`)
  return step
}

function readValue(field: Field, text: string): number {
  const { name, least, most, words } = field
  const word = words.indexOf(text)
  if (word !== -1) return least + word
  if (/^\d{1,4}$/.test(text)) {
    const value = Number(text)
    if (value >= least && value <= most) return value
    throw new Mistake(`'${text}' in the ${name} field is not from ${least} to ${most}`)
  }
  const hint = words.length > 0 ? `, nor one of ${words.join(', ')}` : ''
  if (/[?#lw]/.test(text) && !/^[a-km-vx-z]/.test(text)) {
    throw new Mistake(
      `'${text}' in the ${name} field is not offered: '?', 'L', 'W' and '#' are not plain cron`,
    )
  }
  throw new Mistake(`'${text}' in the ${name} field is no number from ${least} to ${most}${hint}`)
}
