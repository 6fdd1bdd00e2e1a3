/** Users and groups of another system, taken over by its operator: rules and report; SQL is in `import.store.ts`. */
import { Fault } from '#fault'
import { parseBySchema } from '#http'
import {
  type GroupRow,
  insertGroups,
  insertUsers,
  takenNames,
  type UserRow,
  usersNamed,
} from './import.store.ts'
import { batchesOf, createTally, cut, freeName, leaveOut, note, type Tally } from './import-tally.ts'
import { Username } from './user.schema.ts'
import { type Import, IMPORT_BATCH, type Known, knownImports, nextIds, rememberImports } from './imported.ts'

/** Ids are those of the other system, as text; times are text as PostgreSQL writes them. */
export interface UserToImport {
  id: string
  username: string
  email: string | null
  first_name: string | null
  last_name: string | null
  middle_name: string | null
  is_superuser: boolean
  is_active: boolean
  created_at: string
  updated_at: string
}

export interface GroupToImport {
  id: string
  name: string
  description: string
  owner_id: string
  created_at: string
  updated_at: string
}

/** Ids there → ids here. What is not in it was left out, or is gone here. */
export type Ids = ReadonlyMap<string, number>

export interface Taken {
  ids: Ids
  tally: Tally
}

const USERNAME_LIMIT = 256
const GROUP_NAME_LIMIT = 128
/**
 * Users of the same name are the same person: both are under one operator's hand, and usually of one identity
 * provider. `apart` takes them for different people, and gives the one who comes a name of its own.
 */
export async function importUsers(
  act: Import,
  users: readonly UserToImport[],
  { apart }: { apart: boolean },
): Promise<Taken> {
  const tally = createTally('user')
  const known = await knownImports(act, 'user')
  requireSameSource(act, users, known)
  const ids = idsOf(known)
  const coming = users.filter(({ id }) => !known.has(id))
  tally.known = users.length - coming.length
  for (const batch of batchesOf(coming, IMPORT_BATCH)) {
    const here = new Map(
      (
        await usersNamed(
          act,
          batch.map(({ username }) => username),
        )
      ).map((user) => [user.username, user]),
    )
    const made: UserToImport[] = []
    for (const user of batch) {
      const same = apart ? undefined : here.get(user.username)
      if (same === undefined) made.push(user)
      else {
        ids.set(user.id, same.id)
        tally.matched.push(user.username)
        if (user.is_superuser && !same.is_superuser)
          note(tally, user.username, 'is a superuser there and not here; stays so')
        if (user.is_active && same.status !== 'active')
          note(tally, user.username, `is active there and ${same.status} here; stays so`)
      }
    }
    await rememberImports(
      act,
      'user',
      batch
        .filter((user) => ids.has(user.id))
        .map((user) => ({
          ...remembered(user),
          local_id: ids.get(user.id) ?? 0,
          made: false,
          row_updated_at: null,
        })),
    )
    await makeUsers(act, { users: made, tally, ids })
  }
  return { ids, tally }
}

async function makeUsers(
  act: Import,
  { users, tally, ids }: { users: UserToImport[]; tally: Tally; ids: Map<string, number> },
): Promise<void> {
  const taken = await takenNames(
    act,
    'user',
    users.map(({ username }) => username),
  )
  const numbers = await nextIds(act, 'user', users.length)
  const rows = users.map((user, at): UserRow => {
    const wanted = user.username === '' ? `user-${user.id}` : user.username
    const username = freeName(wanted, {
      limit: USERNAME_LIMIT,
      suffix: (n) => `-${n}`,
      isTaken: (name) => taken.has(name),
    })
    taken.add(username)
    if (username !== user.username) tally.renamed.push({ from: user.username, to: username })
    const id = numbers[at] ?? 0 // as many as were asked for
    ids.set(user.id, id)
    noteUser(tally, username, user)
    const { id: _id, is_active: isActive, ...fields } = user
    const display_name = cut(
      [user.first_name, user.last_name].filter((part) => part !== null && part !== '').join(' '),
      USERNAME_LIMIT,
    )
    return { ...fields, id, username, display_name, status: isActive ? 'active' : 'forbidden' }
  })
  await insertUsers(act, rows)
  await rememberImports(
    act,
    'user',
    users.map((user, at) => ({
      ...remembered(user),
      local_id: numbers[at] ?? 0,
      made: true,
      row_updated_at: user.updated_at,
    })),
  )
  tally.taken += rows.length
}

function noteUser(tally: Tally, username: string, { is_active, is_superuser }: UserToImport): void {
  if (!is_active) note(tally, username, 'inactive there, may not sign in here')
  if (is_superuser) note(tally, username, 'superuser there, and here')
  if ('problems' in parseBySchema(Username, username, [])) {
    note(tally, username, 'with this name only a password signs in here, no sign-in provider')
  }
}

export async function importGroups(
  act: Import,
  groups: readonly GroupToImport[],
  users: Ids,
): Promise<Taken> {
  const tally = createTally('group')
  const known = await knownImports(act, 'group')
  requireSameSource(act, groups, known)
  const ids = idsOf(known)
  const coming = groups.filter(({ id }) => !known.has(id))
  tally.known = groups.length - coming.length
  for (const batch of batchesOf(coming, IMPORT_BATCH)) {
    const taken = await takenNames(
      act,
      'group',
      batch.map(({ name }) => cut(name, GROUP_NAME_LIMIT)),
    )
    const owned = batch.filter((group) => {
      if (users.has(group.owner_id)) return true
      leaveOut(tally, group.name, 'its owner has been deleted here')
      return false
    })
    const numbers = await nextIds(act, 'group', owned.length)
    const rows = owned.map((group, at): GroupRow => {
      const name = freeName(group.name, {
        limit: GROUP_NAME_LIMIT,
        suffix: (n) => ` (${n})`,
        isTaken: (candidate) => taken.has(candidate),
      })
      taken.add(name)
      if (name !== group.name) tally.renamed.push({ from: group.name, to: name })
      const id = numbers[at] ?? 0 // as many as were asked for
      ids.set(group.id, id)
      const { description, created_at, updated_at } = group
      return { id, name, description, owner_id: users.get(group.owner_id) ?? 0, created_at, updated_at }
    })
    await insertGroups(act, rows)
    await rememberImports(
      act,
      'group',
      owned.map((group, at) => ({
        ...remembered(group),
        local_id: numbers[at] ?? 0,
        made: true,
        row_updated_at: group.updated_at,
      })),
    )
    tally.taken += rows.length
  }
  return { ids, tally }
}

function remembered({ id, created_at }: { id: string; created_at: string }) {
  return { foreign_id: id, foreign_created_at: created_at }
}

function idsOf(known: Map<string, Known>): Map<string, number> {
  return new Map([...known].flatMap(([foreign, { id }]) => (id === null ? [] : [[foreign, id]])))
}

/** The same id that was made at another time is another thing: two databases must not be mixed under one name. */
function requireSameSource(
  { source }: Import,
  rows: readonly { id: string; created_at: string }[],
  known: Map<string, Known>,
): void {
  const other = rows.find(({ id, created_at }) => {
    const at = known.get(id)?.foreignCreatedAt
    return at !== undefined && at !== null && at !== created_at
  })
  if (other === undefined) return
  throw new Fault(
    'conflict',
    'import.other_source',
    `What was taken over as "${source}" came from another database than this one (id ${other.id} is another). Give this one a name of its own: --name.`,
  )
}
