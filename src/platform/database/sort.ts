import { type RawBuilder, sql } from 'kysely'

/**
 * The order that a list's `sort` asks for, to be put before the list's own: `name,-created_at` with
 * `{ name: sql.ref('t.name'), … }`. What has no value comes last, whichever way one sorts. The text was checked
 * by the route's schema; a column that is not there is passed over.
 */
export function sortTerms(
  sort: string | undefined,
  columns: Record<string, RawBuilder<unknown>>,
): RawBuilder<unknown>[] {
  return (sort ?? '').split(',').flatMap((word) => {
    const falling = word.startsWith('-')
    const column = columns[falling ? word.slice(1) : word]
    if (column === undefined) return []
    return [falling ? sql`${column} desc nulls last` : sql`${column} asc nulls last`]
  })
}
