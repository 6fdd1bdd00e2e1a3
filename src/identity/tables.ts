import type { ColumnType, Generated, GeneratedAlways, Kysely } from 'kysely'

/** The columns of `identity`, as pg hands them over. */
type Times = { created_at: Generated<Date>; updated_at: Generated<Date> }
type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

export interface UserTable extends Times {
  id: GeneratedAlways<number>
  uuid: Generated<string>
  kind: Generated<0 | 1 | 2>
  username: string | null
  display_name: Generated<string>
  email: string | null
  first_name: string | null
  last_name: string | null
  middle_name: string | null
  is_superuser: Generated<boolean>
  status: Generated<'pending' | 'active' | 'forbidden'>
  is_active: GeneratedAlways<boolean>
  home_group_id: number | null
  sessions_valid_from: MaybeTime
}

export interface GroupTable extends Times {
  id: GeneratedAlways<number>
  uuid: Generated<string>
  name: string
  description: Generated<string>
  owner_id: number
  system_user_id: Generated<number | null>
  slug: Generated<string>
  personal: Generated<boolean>
  search_vector: GeneratedAlways<string>
}

export interface UserGroupTable extends Times {
  id: GeneratedAlways<number>
  user_id: number
  group_id: number
  role_id: 'guest' | 'developer' | 'maintainer'
}

export interface PasswordTable extends Times {
  user_id: number
  hash: string
}

export interface SessionTable extends Times {
  id: GeneratedAlways<number>
  user_id: number
  token_hash: Buffer
  address: string | null
  agent: string | null
  expires_at: ColumnType<Date, Date | string, Date | string>
}

export interface OidcAccountTable extends Times {
  issuer: string
  subject: string
  user_id: number
}

export interface OidcSessionTable extends Times {
  session_id: number
  /** Sealed by the vault. */
  value: string
  fresh_until: ColumnType<Date, Date | string, Date | string>
  refreshing_until: MaybeTime
}

export interface SignInTryTable extends Times {
  key: Buffer
  count: number
  ends_at: ColumnType<Date, Date | string, Date | string>
}

export interface OneTimeLinkTable extends Times {
  token_hash: Buffer
  purpose: 'first_superuser'
  expires_at: ColumnType<Date, Date | string, Date | string>
}

export interface ApplicationTable extends Times {
  id: GeneratedAlways<number>
  user_id: number | null
  group_id: number | null
  name: string
  appid: Generated<string>
  secret_hash: Buffer
  type: 'read_only' | 'publish' | 'all'
  status: Generated<'enabled' | 'disabled'>
  description: Generated<string>
  scopes: Generated<string[]>
  expires_at: MaybeTime
  used_at: MaybeTime
}

export interface AuditTable extends Times {
  id: GeneratedAlways<number>
  group_id: number | null
  actor_id: number | null
  actor_name: string
  action: string
  object_id: string | null
  object_name: string | null
  details: ColumnType<Record<string, unknown>, string | undefined, never>
  address: string | null
  request_id: string | null
}

export interface IdentityTables {
  'identity.user': UserTable
  'identity.group': GroupTable
  'identity.user_group': UserGroupTable
  'identity.password': PasswordTable
  'identity.session': SessionTable
  'identity.oidc_account': OidcAccountTable
  'identity.oidc_session': OidcSessionTable
  'identity.sign_in_try': SignInTryTable
  'identity.one_time_link': OneTimeLinkTable
  'identity.application': ApplicationTable
  'identity.audit': AuditTable
}

/** Identity's tables in a transaction; see `db.withCaller`. */
export type Tx = Kysely<IdentityTables>
