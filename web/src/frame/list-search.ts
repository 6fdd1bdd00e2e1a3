/** What every list keeps in the URL. Absent is the default, so that a plain address stays plain. */
export interface ListSearch {
  page?: number | undefined
  q?: string | undefined
  sort?: string | undefined
}

/** What the list of transfers keeps besides. */
export interface TransferSearch extends ListSearch {
  queue?: number | undefined
  scheduled?: boolean | undefined
  /** The source's connection, and the target's. */
  connection?: number | undefined
  into?: number | undefined
  /** Types of source and target. */
  from?: string[] | undefined
  to?: string[] | undefined
}

export function readListSearch(search: Record<string, unknown>): ListSearch {
  const page = Number(search['page'])
  return {
    ...(Number.isInteger(page) && page > 1 && { page }),
    ...(isText(search['q']) && { q: String(search['q']) }),
    ...(isText(search['sort']) && { sort: String(search['sort']) }),
  }
}

/** A number in the URL is text that looks like one: `?q=2024` must stay a search for 2024. */
function isText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

/** The words of a repeated parameter that are among the known ones. */
export function readWords<T extends string>(value: unknown, known?: readonly T[]): T[] {
  const words = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return words.filter(
    (word): word is T => typeof word === 'string' && (known === undefined || known.includes(word as T)), // narrowed by the check itself
  )
}

/** A positive whole number, or undefined. */
export function readId(value: unknown): number | undefined {
  const id = Number(value)
  return Number.isInteger(id) && id > 0 ? id : undefined
}

/** From one day to another, both of them included. */
export interface Days {
  since?: string | undefined
  until?: string | undefined
}

/** Days are kept as the date field writes them: `2026-03-01`. What is no day is passed over. */
export function readDays(search: Record<string, unknown>): Days {
  const day = (name: 'since' | 'until') => {
    const text = search[name]
    const is = typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))
    return is ? { [name]: text } : {}
  }
  return { ...day('since'), ...day('until') }
}
