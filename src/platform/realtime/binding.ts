/** What a channel listens to, as its join says it. */
import { createHash } from 'node:crypto'
import type { DatabaseRole } from '#database'
import { type Filter, parseFilter } from './filter.ts'
import { FilterProblem } from './filter-text.ts'
import { type Column, type DescribedTable, KEY } from './open-table.ts'

export interface Binding {
  id: number
  event: string
  tables: readonly DescribedTable[]
  filter: Filter | null
  /** Names of the columns that are wanted; null: all. */
  select: readonly string[] | null
}

export interface ParsedBindings {
  bindings: Binding[]
  /** Each binding as it was sent, with its id: the client compares them one by one. */
  answer: object[]
  /** Filters that say nothing sensible; their bindings hear nothing. */
  problems: string[]
  /** Why the join is refused as a whole. */
  refused: string | null
}

const BINDINGS_LIMIT = 100
const EVENTS = ['*', 'INSERT', 'UPDATE', 'DELETE']

export function parseBindings(
  given: unknown,
  tables: readonly DescribedTable[],
  role: DatabaseRole,
): ParsedBindings {
  const result: ParsedBindings = { bindings: [], answer: [], problems: [], refused: null }
  const list = Array.isArray(given) ? given : []
  if (list.length > BINDINGS_LIMIT) {
    return { ...result, refused: `A channel listens to ${BINDINGS_LIMIT} things at most.` }
  }
  for (const one of list) {
    if (typeof one !== 'object' || one === null)
      return { ...result, refused: 'postgres_changes holds objects.' }
    const sent = one as Record<string, unknown> // an object of JSON
    const id = idOf(sent)
    result.answer.push({ ...sent, id })
    const wanted = { schema: sent.schema ?? 'public', table: sent.table ?? '*' }
    const meant = tables.filter(
      ({ schema, table }) =>
        (wanted.schema === '*' || wanted.schema === schema) &&
        (wanted.table === '*' || wanted.table === table),
    )
    const open = meant.filter(({ roles }) => roles.includes(role))
    if (open.length === 0) return { ...result, refused: refusal(wanted, meant.length > 0, role) }
    const event = EVENTS.find((known) => known === sent.event)
    if (event === undefined) {
      result.problems.push(`There is no event ${JSON.stringify(sent.event)}; known are ${EVENTS.join(', ')}.`)
      continue
    }
    try {
      result.bindings.push({ id, event, tables: open, ...narrowing(sent, open) })
    } catch (error) {
      if (!(error instanceof FilterProblem)) throw error
      result.problems.push(error.message)
    }
  }
  return result
}

function narrowing(
  { filter, select }: Record<string, unknown>,
  tables: readonly DescribedTable[],
): Pick<Binding, 'filter' | 'select'> {
  const columns: readonly Column[] = tables.flatMap((table) => table.columns)
  if (select !== undefined && select !== null && !Array.isArray(select)) {
    throw new FilterProblem('select is a list of columns.')
  }
  const unknown = select?.find((name: unknown) => !columns.some((column) => column.name === name))
  if (unknown !== undefined) throw new FilterProblem(`There is no column "${String(unknown)}" to select.`)
  if (filter !== undefined && filter !== null && typeof filter !== 'string') {
    throw new FilterProblem('filter is a text.')
  }
  return {
    filter: filter === undefined || filter === null || filter === '' ? null : parseFilter(filter, columns),
    select: select === undefined || select === null ? null : [KEY, ...select.filter((name) => name !== KEY)],
  }
}

function refusal(
  { schema, table }: { schema: unknown; table: unknown },
  isThere: boolean,
  role: DatabaseRole,
): string {
  const name = `${String(schema)}.${String(table)}`
  return isThere
    ? `${name} is not open to ${role}: join with a token that may read it.`
    : `${name} is not open to realtime.`
}

/** Equal bindings have equal ids, so that what goes to many sockets is written once. */
function idOf(sent: Record<string, unknown>): number {
  const { event, schema, table, filter, select } = sent
  const text = JSON.stringify([event, schema, table, filter, select])
  return (createHash('sha256').update(text).digest().readUInt32BE() % 2_147_483_646) + 1
}
