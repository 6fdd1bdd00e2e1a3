import type { Tx } from './connection.store.ts'

export interface DirectoryRow {
  id: number
  kind: 'department' | 'person'
  external_id: string
  union_id: string | null
  user_id: number | null
  name: string
  data: Record<string, unknown>
  removed_at: Date | null
}

export interface EntryToWrite {
  kind: 'department' | 'person'
  externalId: string
  unionId: string | null
  name: string
  email: string | null
  data: Record<string, unknown>
}

const BATCH = 500
/** 0: a person; 1: a group of recipients. */
const USER_KIND = { person: 0, department: 1 } as const

export function listEntries(tx: Tx, connectionId: number): Promise<DirectoryRow[]> {
  return tx
    .selectFrom('connect.directory_entry')
    .select(['id', 'kind', 'external_id', 'union_id', 'user_id', 'name', 'data', 'removed_at'])
    .where('connection_id', '=', connectionId)
    .execute()
}

/** Names are unique among a group's own users. */
export async function takenNames(tx: Tx, groupId: number): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('identity.user')
    .select('display_name')
    .where('home_group_id', '=', groupId)
    .where('kind', '<>', 2)
    .execute()
  return new Set(rows.map(({ display_name: name }) => name))
}

/** Makes users with their entries; answers the users' ids by external id. Names are free: `takenNames` told. */
export async function insertEntries(
  tx: Tx,
  place: { connectionId: number; groupId: number },
  entries: (EntryToWrite & { displayName: string })[],
): Promise<Map<string, number>> {
  const ids = new Map<string, number>()
  for (let at = 0; at < entries.length; at += BATCH) {
    const batch = entries.slice(at, at + BATCH)
    const users = await tx
      .insertInto('identity.user')
      .values(
        batch.map(({ kind, displayName, email }) => ({
          kind: USER_KIND[kind],
          display_name: displayName,
          email,
          home_group_id: place.groupId,
        })),
      )
      .returning(['id', 'display_name'])
      .execute()
    const byName = new Map(users.map((user) => [user.display_name, user.id]))
    const rows = batch.map((entry) => ({ entry, userId: byName.get(entry.displayName) ?? null }))
    await tx
      .insertInto('connect.directory_entry')
      .values(
        rows.map(({ entry, userId }) => ({
          connection_id: place.connectionId,
          group_id: place.groupId,
          kind: entry.kind,
          external_id: entry.externalId,
          union_id: entry.unionId,
          user_id: userId,
          name: entry.name,
          data: JSON.stringify(entry.data),
        })),
      )
      .execute()
    for (const { entry, userId } of rows) if (userId !== null) ids.set(entry.externalId, userId)
  }
  return ids
}

export async function insertUserOf(
  tx: Tx,
  groupId: number,
  entry: EntryToWrite & { displayName: string },
): Promise<number> {
  const { id } = await tx
    .insertInto('identity.user')
    .values({
      kind: USER_KIND[entry.kind],
      display_name: entry.displayName,
      email: entry.email,
      home_group_id: groupId,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

export async function updateEntry(
  tx: Tx,
  id: number,
  entry: EntryToWrite & { userId: number },
): Promise<void> {
  await tx
    .updateTable('connect.directory_entry')
    .set({
      union_id: entry.unionId,
      user_id: entry.userId,
      name: entry.name,
      data: JSON.stringify(entry.data),
      removed_at: null,
    })
    .where('id', '=', id)
    .execute()
}

export async function updateUserOf(
  tx: Tx,
  id: number,
  { displayName, email }: { displayName: string | undefined; email: string | null },
): Promise<void> {
  await tx
    .updateTable('identity.user')
    .set({
      ...(displayName === undefined ? {} : { display_name: displayName }),
      email,
      status: 'active',
    })
    .where('id', '=', id)
    .execute()
}

/** Whoever left is closed, not deleted: what they were sent stays readable. */
export async function closeEntries(tx: Tx, rows: DirectoryRow[], now: Date): Promise<void> {
  const users = rows.flatMap(({ user_id: id }) => id ?? [])
  for (let at = 0; at < rows.length; at += BATCH) {
    const ids = rows.slice(at, at + BATCH).map(({ id }) => id)
    await tx.updateTable('connect.directory_entry').set({ removed_at: now }).where('id', 'in', ids).execute()
  }
  for (let at = 0; at < users.length; at += BATCH) {
    const ids = users.slice(at, at + BATCH)
    await tx.updateTable('identity.user').set({ status: 'forbidden' }).where('id', 'in', ids).execute()
  }
}
