/** Keeps the people and departments of a directory as users of the group, and tells what changed. */
import { emit, type InTransaction } from '#event'
import { Fault } from '#fault'
import type { Connection, Tx } from './connection.store.ts'
import {
  closeEntries,
  type DirectoryRow,
  type EntryToWrite,
  insertEntries,
  insertUserOf,
  listEntries,
  takenNames,
  updateEntry,
  updateUserOf,
} from './directory.store.ts'
import { type Applied, CHANGES_KEPT, type Directory, type SyncChange } from './sync-kind.ts'

/** Entries of one event: the outbox holds rows, not files. */
const EVENT_ENTRIES = 500
const NAME_LIMIT = 256

interface Told {
  change: SyncChange['kind']
  kind: EntryToWrite['kind']
  user_id: number | null
  external_id: string
  union_id: string | null
  name: string
}

export async function applyDirectory(
  act: InTransaction & { tx: Tx },
  { connection, syncId, forced }: { connection: Connection; syncId: number; forced: boolean },
  directory: Directory,
): Promise<Applied> {
  const { tx } = act
  const place = { connectionId: connection.id, groupId: connection.group_id }
  const wanted = entriesOf(directory)
  const known = new Map(
    (await listEntries(tx, connection.id)).map((row) => [keyOf(row.kind, row.external_id), row]),
  )
  const here = [...known].filter(([, row]) => row.removed_at === null)
  const gone = here.filter(([key]) => !wanted.has(key)).map(([, row]) => row)
  if (!forced)
    keepFromEmptying(
      connection,
      here.map(([, row]) => row),
      gone,
    )
  const giveName = nameGiver(await takenNames(tx, place.groupId))
  const told: Told[] = []

  const fresh: (EntryToWrite & { displayName: string })[] = []
  for (const [key, entry] of wanted) {
    const row = known.get(key)
    if (row === undefined) fresh.push({ ...entry, displayName: giveName(entry) })
    else if (differs(row, entry)) {
      const userId = await bringUp(tx, place.groupId, row, entry, giveName)
      told.push(toldOf('updated', entry, userId))
    }
  }
  for (const kind of ['department', 'person'] as const) {
    const ofKind = fresh.filter((entry) => entry.kind === kind)
    const ids = await insertEntries(tx, place, ofKind)
    told.push(...ofKind.map((entry) => toldOf('added', entry, ids.get(entry.externalId) ?? null)))
  }
  await closeEntries(tx, gone, new Date())
  told.push(...gone.map(goneOf))
  await tell(act, connection, syncId, told)
  return summed(directory, wanted.size, told)
}

/** So many may always leave at once: of a small team, half is a few. */
const FEW = 10
/** The share of the people in percent that may leave at once, where the settings do not say. */
const LOSS_PERCENT = 50

/** A listing that lost most people is more likely wrong (a right taken away, another department) than true. */
function keepFromEmptying(
  { name, config }: Connection,
  here: readonly DirectoryRow[],
  gone: readonly DirectoryRow[],
): void {
  const people = (rows: readonly DirectoryRow[]) => rows.filter(({ kind }) => kind === 'person').length
  const [all, left] = [people(here), people(gone)]
  const most = typeof config['most_leave_percent'] === 'number' ? config['most_leave_percent'] : LOSS_PERCENT
  if (left <= FEW || left <= (all * most) / 100) return
  const message = `The listing lacks ${left} of the ${all} people of "${name}", more than ${most} percent: nobody was closed. Look at the app's rights and the department to begin at. If they did leave, sync once with force, or raise most_leave_percent.`
  throw new Fault('conflict', 'connect.too_many_left', message, { details: { people: all, left } })
}

function summed({ people, departments }: Directory, total: number, told: Told[]): Applied {
  const count = (change: Told['change']) => told.filter((each) => each.change === change).length
  const [added, updated, deleted] = [count('added'), count('updated'), count('deleted')]
  return {
    counts: { added, updated, deleted, unchanged: total - added - updated },
    changes: told.slice(0, CHANGES_KEPT).map(({ change, kind, name, external_id: id }) => ({
      kind: change,
      item: name,
      note: `${kind} ${id}`,
    })),
    summary: `${people.length} people in ${departments.length} departments.`,
  }
}

function entriesOf({ departments, people }: Directory): Map<string, EntryToWrite> {
  const entries: EntryToWrite[] = [
    ...departments.map(({ externalId, name, parentId }) => ({
      kind: 'department' as const,
      externalId,
      unionId: null,
      name: name.slice(0, NAME_LIMIT),
      email: null,
      data: { parent_id: parentId },
    })),
    ...people.map(({ externalId, unionId, name, email, mobile, title, departments: of, active }) => ({
      kind: 'person' as const,
      externalId,
      unionId,
      name: name.slice(0, NAME_LIMIT),
      email,
      data: { active, departments: of.toSorted(), email, mobile, title },
    })),
  ]
  return new Map(entries.map((entry) => [keyOf(entry.kind, entry.externalId), entry]))
}

const keyOf = (kind: string, externalId: string): string => `${kind} ${externalId}`

/** jsonb orders keys in its own way. */
function differs(row: DirectoryRow, entry: EntryToWrite): boolean {
  const plain = (data: Record<string, unknown>) =>
    JSON.stringify(Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return (
    row.removed_at !== null ||
    row.user_id === null ||
    row.name !== entry.name ||
    row.union_id !== entry.unionId ||
    plain(row.data) !== plain(entry.data)
  )
}

/** The user of an entry as the directory has it now; whoever came back is open again. */
async function bringUp(
  tx: Tx,
  groupId: number,
  row: DirectoryRow,
  entry: EntryToWrite,
  giveName: GiveName,
): Promise<number> {
  if (row.user_id === null) {
    const userId = await insertUserOf(tx, groupId, { ...entry, displayName: giveName(entry) })
    await updateEntry(tx, row.id, { ...entry, userId })
    return userId
  }
  // Who keeps the name in the directory keeps it here, with the suffix that it may have.
  const displayName = row.name === entry.name ? undefined : giveName(entry)
  await updateUserOf(tx, row.user_id, { displayName, email: entry.email })
  await updateEntry(tx, row.id, { ...entry, userId: row.user_id })
  return row.user_id
}

type GiveName = (entry: Pick<EntryToWrite, 'name' | 'externalId'>) => string

/** Two of one name are told apart by their ids. */
function nameGiver(taken: Set<string>): GiveName {
  return ({ name, externalId }) => {
    const suffix = ` (${externalId})`
    for (let n = 1; ; n++) {
      const more = n === 1 ? '' : n === 2 ? suffix : `${suffix} ${n}`
      const candidate = name.slice(0, NAME_LIMIT - more.length) + more
      if (taken.has(candidate)) continue
      taken.add(candidate)
      return candidate
    }
  }
}

function toldOf(change: Told['change'], entry: EntryToWrite, userId: number | null): Told {
  const { kind, externalId, unionId, name } = entry
  return { change, kind, user_id: userId, external_id: externalId, union_id: unionId, name }
}

function goneOf({ kind, user_id, external_id, union_id, name }: DirectoryRow): Told {
  return { change: 'deleted', kind, user_id, external_id, union_id, name }
}

/** A command: whoever keeps accounts fills them by it; until there is such a room it waits in the outbox. */
async function tell(
  act: InTransaction,
  { id, name, provider, group_id: groupId }: Connection,
  syncId: number,
  told: Told[],
): Promise<void> {
  for (let at = 0; at < told.length; at += EVENT_ENTRIES) {
    const entries = told.slice(at, at + EVENT_ENTRIES)
    await emit(act, {
      groupId,
      kind: 'directory.changed',
      key: `sync ${syncId} ${at / EVENT_ENTRIES + 1}`,
      payload: { connection_id: id, name, provider, sync_id: syncId, entries },
    })
  }
}
