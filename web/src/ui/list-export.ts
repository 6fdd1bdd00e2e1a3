import { request, type QueryValue } from '../api/client.ts'
import type { Page } from '../api/page.ts'
import type { CellValue, ListColumn } from './list-table.tsx'

/** The most rows that one file gets; a page asks 200 times for them. */
export const EXPORT_LIMIT = 10_000
const PAGE_SIZE = 50

export interface Exported<T> {
  items: T[]
  total: number
}

/** The whole list as it is filtered and sorted, page after page, up to the limit. */
export async function readWhole<T>(
  path: string,
  query: Record<string, QueryValue>,
  onProgress: (read: number, total: number) => void,
  signal: AbortSignal,
): Promise<Exported<T>> {
  const items: T[] = []
  let total = 0
  for (let page = 1; items.length < EXPORT_LIMIT; page++) {
    const answer = await request<Page<T>>('GET', path, {
      query: { ...query, page, page_size: PAGE_SIZE },
      signal,
    })
    items.push(...answer.items)
    total = answer.meta.total
    onProgress(items.length, total)
    if (!answer.meta.has_next) break
  }
  return { items: items.slice(0, EXPORT_LIMIT), total }
}

/** RFC 4180, with a mark that tells spreadsheets that it is UTF-8. */
export function csvOf<T>(columns: ListColumn<T>[], rows: T[]): string {
  const written = columns.filter(({ value }) => value !== undefined)
  const lines = [
    written.map(({ header }) => csvCell(header)),
    ...rows.map((row) => written.map(({ value }) => csvCell(value?.(row)))),
  ]
  return `\uFEFF${lines.map((cells) => cells.join(',')).join('\r\n')}\r\n`
}

/** A text that a spreadsheet would take for a formula gets a quote before it: names are other people's words. */
function csvCell(value: CellValue): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Hands a text to the browser as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
