/** A time as a request writes it. */

const TIME =
  /^(?<date>(?!0000)\d{4}-\d{2}-\d{2})(?:[T_ ](?<clock>\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s?(?<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

/** ISO 8601, or seconds (milliseconds, when they are many) since 1970; without a zone it is UTC. Null: none of it. */
export function timeOf(text: string): Date | null {
  const { date, clock = '00:00', zone = 'Z' } = TIME.exec(text)?.groups ?? {}
  let ms: number
  if (date !== undefined) {
    const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
    ms = Date.parse(`${date}T${clock.replace(',', '.')}${offset}`)
    // The 31st of a short month would roll over.
    if (new Date(`${date}T00:00Z`).toJSON()?.slice(0, 10) !== date) return null
  } else if (/^-?\d{1,15}(\.\d+)?$/.test(text)) {
    const number = Number(text)
    ms = Math.abs(number) > 2e10 ? number : number * 1000
  } else return null
  const time = new Date(ms)
  const year = time.getUTCFullYear()
  return Number.isNaN(ms) || !(year >= 1 && year <= 9999) ? null : time
}
