import { type Static, type TSchema, Type } from 'typebox'

/** Query of every list: SyncMaster's bounds. */
export const PageQuery = {
  page: Type.Integer({ exclusiveMinimum: 0, maximum: 2 ** 31 - 1, default: 1 }),
  page_size: Type.Integer({ exclusiveMinimum: 0, maximum: 50, default: 20 }),
}

/**
 * Ours, on every list: `sort=name,-created_at`, by the columns that the list names. Left out, the list has
 * its own order, which is SyncMaster's.
 */
export function SortQuery(columns: readonly string[]) {
  const word = `-?(${columns.join('|')})`
  return Type.Optional(
    Type.String({
      pattern: `^${word}(,${word}){0,3}$`,
      maxLength: 128,
      description: `Up to four of ${columns.join(', ')}, separated by commas; a minus turns one round`,
    }),
  )
}

export interface PageRequest {
  page: number
  page_size: number
  /** As `SortQuery` let it through. */
  sort?: string | undefined
}

export const PageMeta = Type.Object({
  page: Type.Integer(),
  pages: Type.Integer(),
  total: Type.Integer(),
  page_size: Type.Integer(),
  has_next: Type.Boolean(),
  has_previous: Type.Boolean(),
  next_page: Type.Union([Type.Integer(), Type.Null()]),
  previous_page: Type.Union([Type.Integer(), Type.Null()]),
})

export const PageOf = <T extends TSchema>(item: T) => Type.Object({ meta: PageMeta, items: Type.Array(item) })

export interface Page<T> {
  meta: Static<typeof PageMeta>
  items: T[]
}

/** A list's answer; a page past the end is empty and points back to the one before it. */
export function pageOf<T>({ page, page_size }: PageRequest, total: number, items: T[]): Page<T> {
  const pages = Math.max(1, Math.ceil(total / page_size))
  const meta = {
    page,
    pages,
    total,
    page_size,
    has_next: page < pages,
    has_previous: page > 1,
    next_page: page < pages ? page + 1 : null,
    previous_page: page > 1 ? page - 1 : null,
  }
  return { meta, items }
}

export function offsetOf({ page, page_size }: PageRequest): number {
  return (page - 1) * page_size
}
