/** Members of another system's groups, taken over by its operator. */
import type { Ids } from './import.ts'
import { insertMembers, type MemberRow, ownersOf } from './import.store.ts'
import { batchesOf, createTally, leaveOut, type Tally } from './import-tally.ts'
import { type Import, IMPORT_BATCH, knownImports, rememberImports } from './imported.ts'

export interface MemberToImport {
  user_id: string
  group_id: string
  role: string
  /** For the report. */
  name: string
}

const ROLES: Readonly<Record<string, string>> = {
  Guest: 'guest',
  Developer: 'developer',
  Maintainer: 'maintainer',
}

/** A member who was removed here stays removed: what an earlier import took over is not taken again. */
export async function importMembers(
  act: Import,
  members: readonly MemberToImport[],
  { users, groups }: { users: Ids; groups: Ids },
): Promise<Tally> {
  const tally = createTally('member')
  const known = await knownImports(act, 'member')
  const coming = members.filter((member) => !known.has(keyOf(member)))
  tally.known = members.length - coming.length
  const owners = await ownersOf(act, [...groups.values()])
  const fits = coming.flatMap((member) => {
    const row = memberRow(member, { users, groups, owners, tally })
    return row === null ? [] : [{ member, row }]
  })
  for (const batch of batchesOf(fits, IMPORT_BATCH)) {
    const made = await insertMembers(
      act,
      batch.map(({ row }) => row),
    )
    const madeIds = new Map(made.map(({ id, user_id, group_id }) => [`${user_id} ${group_id}`, id]))
    const news = batch.filter(({ row }) => madeIds.has(`${row.user_id} ${row.group_id}`))
    await rememberImports(
      act,
      'member',
      news.map(({ member, row }) => ({
        foreign_id: keyOf(member),
        foreign_created_at: null,
        local_id: madeIds.get(`${row.user_id} ${row.group_id}`) ?? 0,
        made: true,
        row_updated_at: null,
      })),
    )
    tally.taken += news.length
    tally.known += batch.length - news.length
  }
  return tally
}

function memberRow(
  member: MemberToImport,
  { users, groups, owners, tally }: { users: Ids; groups: Ids; owners: Map<number, number>; tally: Tally },
): MemberRow | null {
  const userId = users.get(member.user_id)
  const groupId = groups.get(member.group_id)
  const role = ROLES[member.role]
  const { name } = member
  if (userId === undefined || groupId === undefined)
    leaveOut(tally, name, 'the user or the group is not here')
  else if (role === undefined) leaveOut(tally, name, `there is no role "${member.role.slice(0, 40)}"`)
  else if (owners.get(groupId) === userId) leaveOut(tally, name, 'the owner of a group is not its member')
  else return { user_id: userId, group_id: groupId, role_id: role }
  return null
}

function keyOf({ user_id, group_id }: MemberToImport): string {
  return `${user_id} ${group_id}`
}
