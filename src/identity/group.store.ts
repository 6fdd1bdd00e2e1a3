import { type Kysely, type Selectable, sql } from 'kysely'
import { searchMatch, sortTerms } from '#database'
import { offsetOf, type PageRequest } from '#http'
import { LEVELS, type GroupRole } from './roles.ts'
import type { GroupTable, IdentityTables, UserGroupTable } from './tables.ts'

export type Tx = Kysely<IdentityTables>
export type Group = Omit<Selectable<GroupTable>, 'search_vector'>

const COLUMNS = [
  'id',
  'uuid',
  'name',
  'description',
  'owner_id',
  'system_user_id',
  'slug',
  'personal',
  'created_at',
  'updated_at',
] as const

export function findGroup(tx: Tx, id: number): Promise<Group | undefined> {
  return tx.selectFrom('identity.group').select(COLUMNS).where('id', '=', id).executeTakeFirst()
}

/** By slug, else by the name of a shared group. */
export function findGroupByName(tx: Tx, slugOrName: string): Promise<Group | undefined> {
  return tx
    .selectFrom('identity.group')
    .select(COLUMNS)
    .where((where) =>
      where.or([
        where('slug', '=', slugOrName),
        where.and([where('name', '=', slugOrName), where('personal', '=', false)]),
      ]),
    )
    .orderBy(sql`slug = ${slugOrName}`, 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** For the operator: with the owner's name, by name. */
export function listAllGroups(tx: Tx, personal: boolean, limit: number) {
  const query = tx
    .selectFrom('identity.group as g')
    .innerJoin('identity.user as u', 'u.id', 'g.owner_id')
    .select(['g.id', 'g.uuid', 'g.slug', 'g.name', 'g.personal', 'u.username as owner'])
  return (personal ? query : query.where('g.personal', '=', false))
    .orderBy('g.name')
    .orderBy('g.id')
    .limit(limit)
    .execute()
}

export interface GroupFilter extends PageRequest {
  search: string | null
  personal: boolean
  /** Only groups where the caller has this role or a higher one. */
  ids: number[] | null
  ownerFirst: number | null
}

/** What a list of groups may be sorted by. */
export const GROUP_SORT = {
  id: sql.ref('id'),
  name: sql.ref('name'),
  slug: sql.ref('slug'),
  description: sql.ref('description'),
  created_at: sql.ref('created_at'),
}

export async function listGroups(tx: Tx, filter: GroupFilter): Promise<{ total: number; groups: Group[] }> {
  let query = tx.selectFrom('identity.group')
  if (!filter.personal) query = query.where('personal', '=', false)
  if (filter.ids !== null) query = query.where(sql<boolean>`id = any (${filter.ids}::bigint[])`)
  const match = searchMatch(filter.search)
  if (match !== null) query = query.where(sql<boolean>`search_vector @@ (${match})`)
  const sorted = query.$call((found) =>
    sortTerms(filter.sort, GROUP_SORT).reduce((terms, term) => terms.orderBy(term), found),
  )
  const ranked = match === null ? sorted : sorted.orderBy(sql`ts_rank(search_vector, ${match})`, 'desc')
  const [{ total }, groups] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    ranked
      .select(COLUMNS)
      .orderBy(sql`owner_id is not distinct from ${filter.ownerFirst} desc`)
      .orderBy('name')
      .orderBy('id')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, groups }
}

export async function insertGroup(
  tx: Tx,
  group: { name: string; description: string; ownerId: number; slug?: string | undefined },
): Promise<Group> {
  return tx
    .insertInto('identity.group')
    .values({
      name: group.name,
      description: group.description,
      owner_id: group.ownerId,
      ...(group.slug === undefined ? {} : { slug: group.slug }),
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

/** A new owner stops being a member; the old one becomes a guest. */
export async function updateGroup(
  tx: Tx,
  before: Group,
  after: { name: string; description: string; ownerId: number },
): Promise<Group> {
  if (after.ownerId !== before.owner_id) {
    await tx
      .deleteFrom('identity.user_group')
      .where('group_id', '=', before.id)
      .where('user_id', '=', after.ownerId)
      .execute()
  }
  const group = await tx
    .updateTable('identity.group')
    .set({ name: after.name, description: after.description, owner_id: after.ownerId })
    .where('id', '=', before.id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  if (after.ownerId !== before.owner_id) {
    await tx
      .insertInto('identity.user_group')
      .values({ group_id: before.id, user_id: before.owner_id, role_id: 'guest' })
      .execute()
  }
  return group
}

export async function deleteGroup(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('identity.group').where('id', '=', id).execute()
}

export type Member = { id: number; username: string; role: UserGroupTable['role_id'] }

/** Active members by name; the owner is not one of them. */
export async function listMembers(
  tx: Tx,
  groupId: number,
  page: PageRequest,
): Promise<{ total: number; members: Member[] }> {
  const query = tx
    .selectFrom('identity.user_group as m')
    .innerJoin('identity.user as u', 'u.id', 'm.user_id')
    .where('m.group_id', '=', groupId)
    .where('u.is_active', '=', true)
    .where('u.username', 'is not', null)
  const [{ total }, members] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(['u.id', 'u.username', 'm.role_id as role'])
      .orderBy('u.username')
      .limit(page.page_size)
      .offset(offsetOf(page))
      .$narrowType<{ username: string }>()
      .execute(),
  ])
  return { total, members }
}

export function findMember(
  tx: Tx,
  groupId: number,
  userId: number,
): Promise<{ role_id: string } | undefined> {
  return tx
    .selectFrom('identity.user_group')
    .select('role_id')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
}

type MemberRole = Exclude<GroupRole, 'owner'>

export async function putMember(tx: Tx, groupId: number, userId: number, role: MemberRole): Promise<void> {
  await tx
    .insertInto('identity.user_group')
    .values({ group_id: groupId, user_id: userId, role_id: role })
    .onConflict((conflict) => conflict.columns(['user_id', 'group_id']).doUpdateSet({ role_id: role }))
    .execute()
}

export async function deleteMember(tx: Tx, groupId: number, userId: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('identity.user_group')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** Ids of the groups where a caller's level reaches `role`. */
export function groupsWithRole(groups: ReadonlyMap<number, number>, role: GroupRole): number[] {
  return [...groups].filter(([, level]) => level >= LEVELS[role]).map(([id]) => id)
}
