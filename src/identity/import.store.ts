/** The statements by which users, groups and members of another system come in, a batch at a time. */
import { sql } from 'kysely'
import type { Import } from './imported.ts'

export interface UserRow {
  id: number
  username: string
  email: string | null
  first_name: string | null
  last_name: string | null
  middle_name: string | null
  display_name: string
  is_superuser: boolean
  status: 'active' | 'forbidden'
  created_at: string
  updated_at: string
}

/** Their personal groups are made by the trigger. */
export async function insertUsers({ tx }: Import, rows: readonly UserRow[]): Promise<void> {
  await sql`
    insert into identity."user"
      (id, username, email, first_name, last_name, middle_name, display_name, is_superuser, status,
       created_at, updated_at)
    overriding system value
    select r.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
      id bigint, username text, email text, first_name text, last_name text, middle_name text, display_name text,
      is_superuser boolean, status text, created_at timestamptz, updated_at timestamptz)`.execute(tx)
}

export interface GroupRow {
  id: number
  name: string
  description: string
  owner_id: number
  created_at: string
  updated_at: string
}

/** Their slugs and system users are made by triggers, which put `updated_at` on; it is put back as it was. */
export async function insertGroups({ tx }: Import, rows: readonly GroupRow[]): Promise<void> {
  const given = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
    id bigint, name text, description text, owner_id bigint, created_at timestamptz, updated_at timestamptz)`
  await sql`
    insert into identity."group" (id, name, description, owner_id, created_at, updated_at)
    overriding system value select r.* from ${given}`.execute(tx)
  await sql`update identity."group" g set updated_at = r.updated_at from ${given} where g.id = r.id`.execute(
    tx,
  )
}

export interface MemberRow {
  user_id: number
  group_id: number
  role_id: string
}

/** The new rows' ids; who is a member already is left as is, and has none. */
export async function insertMembers(
  { tx }: Import,
  rows: readonly MemberRow[],
): Promise<{ id: number; user_id: number; group_id: number }[]> {
  const made = await sql<{ id: number; user_id: number; group_id: number }>`
    insert into identity.user_group (user_id, group_id, role_id)
    select r.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (user_id bigint, group_id bigint, role_id text)
    on conflict (user_id, group_id) do nothing
    returning id, user_id, group_id`.execute(tx)
  return made.rows
}

export interface UserHere {
  id: number
  username: string
  status: string
  is_superuser: boolean
}

export async function usersNamed({ tx }: Import, names: readonly string[]): Promise<UserHere[]> {
  const { rows } = await sql<UserHere>`
    select id, username, status, is_superuser from identity."user" where username = any (${names}::text[])`.execute(
    tx,
  )
  return rows
}

/** The names that are taken, and where one is, those that begin like it: what a suffix could clash with. */
export async function takenNames(
  { tx }: Import,
  of: 'user' | 'group',
  names: readonly string[],
): Promise<Set<string>> {
  const table =
    of === 'user'
      ? sql`(select username as name from identity."user" where username is not null)`
      : sql`(select name from identity."group" where not personal)`
  const { rows } = await sql<{ name: string }>`
    with clash as materialized (select name from ${table} t where name = any (${names}::text[]))
    select t.name from ${table} t
    where exists (select from clash c where starts_with(t.name, left(c.name, 100)))`.execute(tx)
  return new Set(rows.map(({ name }) => name))
}

export async function ownersOf({ tx }: Import, groupIds: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; owner_id: number }>`
    select id, owner_id from identity."group" where id = any (${groupIds}::bigint[])`.execute(tx)
  return new Map(rows.map(({ id, owner_id }) => [id, owner_id]))
}
