import { type Selectable, sql } from 'kysely'
import { sortTerms } from '#database'
import { offsetOf, type PageRequest } from '#http'
import type { Tx, UserTable } from './tables.ts'

/** One that can sign in: it has a name. */
export type User = Selectable<UserTable> & { username: string }

/** Whoever can sign in; recipients and system users of groups are looked up by their rooms. */
export function findUser(tx: Tx, id: number): Promise<User | undefined> {
  return tx
    .selectFrom('identity.user')
    .selectAll()
    .where('id', '=', id)
    .where('username', 'is not', null)
    .$narrowType<{ username: string }>()
    .executeTakeFirst()
}

export function findUserByName(tx: Tx, username: string): Promise<User | undefined> {
  return tx
    .selectFrom('identity.user')
    .selectAll()
    .where('username', '=', username)
    .$narrowType<{ username: string }>()
    .executeTakeFirst()
}

export interface UserFilter extends PageRequest {
  search: string | null
  status?: User['status'] | undefined
  /** Others than superusers see active users only. */
  activeOnly: boolean
}

const USER_SORT = { id: sql.ref('id'), username: sql.ref('username') }
/** What a list of users may be sorted by; all but the id and the name by superusers only, who alone see the rest. */
export const USER_SORT_FULL = {
  ...USER_SORT,
  display_name: sql.ref('display_name'),
  email: sql.ref('email'),
  status: sql.ref('status'),
  is_superuser: sql.ref('is_superuser'),
  created_at: sql.ref('created_at'),
}

/** By name. A search is by likeness (trigrams, 0.3 and above), as SyncMaster's. */
export async function listUsers(tx: Tx, filter: UserFilter): Promise<{ total: number; users: User[] }> {
  let query = tx.selectFrom('identity.user').where('username', 'is not', null)
  if (filter.activeOnly) query = query.where('is_active', '=', true)
  else if (filter.status !== undefined) query = query.where('status', '=', filter.status)
  if (filter.search !== null) {
    query = query.where(sql<boolean>`username operator(public.%) ${filter.search}`)
  }
  const [{ total }, users] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .selectAll()
      .$call((found) =>
        sortTerms(filter.sort, filter.activeOnly ? USER_SORT : USER_SORT_FULL).reduce(
          (sorted, term) => sorted.orderBy(term),
          found,
        ),
      )
      .orderBy('username')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .$narrowType<{ username: string }>()
      .execute(),
  ])
  return { total, users }
}

export interface NewUserRow {
  username: string
  email?: string | null
  display_name?: string
  is_superuser?: boolean
}

export function insertUser(tx: Tx, row: NewUserRow): Promise<User> {
  return tx
    .insertInto('identity.user')
    .values(row)
    .returningAll()
    .$narrowType<{ username: string }>()
    .executeTakeFirstOrThrow()
}

export type UserChange = Partial<
  Pick<
    User,
    | 'username'
    | 'email'
    | 'display_name'
    | 'first_name'
    | 'last_name'
    | 'middle_name'
    | 'is_superuser'
    | 'status'
    | 'sessions_valid_from'
  >
>

export function updateUser(tx: Tx, id: number, change: UserChange): Promise<User> {
  return tx
    .updateTable('identity.user')
    .set({ ...change, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returningAll()
    .$narrowType<{ username: string }>()
    .executeTakeFirstOrThrow()
}

/** By name, the inactive ones too. */
export function listSuperusers(tx: Tx, limit: number): Promise<User[]> {
  return tx
    .selectFrom('identity.user')
    .selectAll()
    .where('is_superuser', '=', true)
    .orderBy('username')
    .limit(limit)
    .$narrowType<{ username: string }>()
    .execute()
}

/** Active superusers, locked: of two that would take the right from each other, the second sees what the first did. */
export async function lockSuperusers(tx: Tx): Promise<number[]> {
  const rows = await tx
    .selectFrom('identity.user')
    .select('id')
    .where('is_superuser', '=', true)
    .where('is_active', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(({ id }) => id)
}

export function ownedSharedGroups(tx: Tx, userId: number): Promise<{ id: number; name: string }[]> {
  return tx
    .selectFrom('identity.group')
    .select(['id', 'name'])
    .where('owner_id', '=', userId)
    .where('personal', '=', false)
    .orderBy('name')
    .limit(100)
    .execute()
}

export async function personalGroupId(tx: Tx, userId: number): Promise<number | null> {
  const row = await tx
    .selectFrom('identity.group')
    .select('id')
    .where('owner_id', '=', userId)
    .where('personal', '=', true)
    .executeTakeFirst()
  return row?.id ?? null
}

/** Takes away what a closed user held: memberships, applications, the name of the personal group. */
export async function stripUser(tx: Tx, userId: number, name: string): Promise<void> {
  await tx.deleteFrom('identity.user_group').where('user_id', '=', userId).execute()
  await tx.deleteFrom('identity.application').where('user_id', '=', userId).execute()
  await tx
    .updateTable('identity.group')
    .set({ name, description: '' })
    .where('owner_id', '=', userId)
    .where('personal', '=', true)
    .execute()
}

/** As crosstie_owner: what is owned goes by cascade, what was written down stays without the name. */
export async function eraseUser(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('identity.user').where('id', '=', id).execute()
  await sql`update identity.audit set actor_name = 'erased user' where actor_id = ${id}`.execute(tx)
  await sql`
    update identity.audit set object_name = null, details = '{}'
    where object_id = ${String(id)} and (action like 'user.%' or action like 'member.%' or action = 'session.create')
  `.execute(tx)
}
