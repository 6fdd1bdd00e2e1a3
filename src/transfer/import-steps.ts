/** What taking over queues and taking over transfers have in common. */
import {
  createTally,
  type Ids,
  type Import,
  knownImports,
  leaveOut,
  rememberImports,
  type Tally,
} from '#identity'

/** As text, to the microsecond. */
export interface Times {
  created_at: string
  updated_at: string
}

/** What is new of a kind, and the ids of what came before. */
export async function beginKind<T extends { id: string }>(
  act: Import,
  kind: 'queue' | 'transfer',
  things: readonly T[],
) {
  const tally = createTally(kind)
  const known = await knownImports(act, kind)
  const ids = new Map(
    [...known].flatMap(([foreign, { id }]) => (id === null ? [] : [[foreign, id] as const])),
  )
  const coming = things.filter(({ id }) => !known.has(id))
  tally.known = things.length - coming.length
  return { tally, ids, coming }
}

export function isHere(
  { group_id, name }: { group_id: string; name: string },
  groups: Ids,
  tally: Tally,
): boolean {
  if (groups.has(group_id)) return true
  leaveOut(tally, name, 'its group is not here')
  return false
}

export async function rememberMade(
  act: Import,
  kind: 'queue' | 'transfer',
  made: {
    things: readonly ({ id: string } & Times)[]
    numbers: number[]
    ids: Map<string, number>
    tally: Tally
  },
): Promise<void> {
  const { things, numbers, ids, tally } = made
  await rememberImports(
    act,
    kind,
    things.map((thing, at) => ({
      foreign_id: thing.id,
      foreign_created_at: thing.created_at,
      local_id: numbers[at] ?? 0, // as many as were asked for
      made: true,
      row_updated_at: thing.updated_at,
    })),
  )
  for (const [at, { id }] of things.entries()) ids.set(id, numbers[at] ?? 0)
  tally.taken += things.length
}
