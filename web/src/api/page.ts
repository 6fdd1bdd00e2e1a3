import { request, type QueryValue } from './client.ts'

export interface Meta {
  page: number
  pages: number
  total: number
  page_size: number
  has_next: boolean
  has_previous: boolean
  next_page: number | null
  previous_page: number | null
}

/** Every list of `/v1`. */
export interface Page<T> {
  meta: Meta
  items: T[]
}

/** The most that one page of a list may hold. */
const LARGEST_PAGE = 50

/** Enough for every pick list we draw; a group with more is searched instead. */
const MOST_PAGES = 10

/** All items of a list, page after page, up to a limit: for pick lists, where a page is not enough. */
export async function requestAll<T>(
  path: string,
  query: Record<string, QueryValue>,
  signal?: AbortSignal,
): Promise<T[]> {
  const items: T[] = []
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await request<Page<T>>('GET', path, {
      query: { ...query, page, page_size: LARGEST_PAGE },
      signal,
    })
    items.push(...answer.items)
    if (!answer.meta.has_next) break
  }
  return items
}
