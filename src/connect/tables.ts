import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { IdentityTables } from '#identity'

type Times = { created_at: Generated<Date>; updated_at: Generated<Date> }
/** jsonb is written as text and read as the object it is. */
type Json<T> = ColumnType<T, string, string>

export interface ConnectorTable extends Times {
  id: Generated<string>
  company_id: string
  provider: string
  connector_type: string
  status: Generated<string>
  config: Json<Record<string, unknown>>
  schedule: ColumnType<Record<string, unknown>, string | undefined, string>
  last_synced_at: ColumnType<Date | null, Date | null | undefined, Date | null>
  created_by: string
  updated_by: string | null
}

export interface ConnectionTable extends Times {
  id: GeneratedAlways<number>
  connector_id: GeneratedAlways<string>
  group_id: GeneratedAlways<number>
  name: string
  description: Generated<string>
  auth_shown: ColumnType<Record<string, unknown> | null, never, string | null>
  secrets_shown: Json<Record<string, SecretShown>>
  search_vector: GeneratedAlways<string>
}

export interface AuthDataTable extends Times {
  connection_id: number
  group_id: number
  value: string
  refresh_owner: ColumnType<string | null, undefined, string | null>
  refresh_until: ColumnType<Date | null, undefined, Date | null>
}

export interface SecretFieldTable extends Times {
  /** `*`: of every provider. */
  provider: string
  field: string
}

/** What may be told of a secret: that it is kept, and since when. */
export interface SecretShown {
  set: boolean
  updated_at: string | null
}

export type SyncTrigger = 'manual' | 'schedule' | 'event'
export type SyncState = 'pending' | 'running' | 'stopping' | 'succeeded' | 'failed' | 'stopped' | 'skipped'
/** Who must act: whoever keeps the connection, the other system, or the operator of the hub. */
export type Actor = 'you' | 'provider' | 'operator'

export interface SyncError {
  code: string
  message: string
  actor: Actor
}

export interface SyncProgress {
  phase: string
  done: number
  total: number | null
}

type MaybeTime = ColumnType<Date | null, Date | null | undefined, Date | null>

export interface SyncTable extends Times {
  id: GeneratedAlways<number>
  connection_id: number
  group_id: number
  trigger: SyncTrigger
  forced: Generated<boolean>
  state: Generated<SyncState>
  scheduled_for: MaybeTime
  queued_at: Generated<Date>
  started_at: MaybeTime
  ended_at: MaybeTime
  added: Generated<number>
  updated: Generated<number>
  deleted: Generated<number>
  unchanged: Generated<number>
  progress: ColumnType<SyncProgress | null, never, string | null>
  summary: ColumnType<string | null, never, string | null>
  error: ColumnType<SyncError | null, string | undefined, string | null>
  lease_owner: ColumnType<string | null, never, never>
  attempts: GeneratedAlways<number>
  created_by: number | null
}

export interface SyncChangeTable extends Times {
  sync_id: number
  seq: number
  group_id: number
  kind: 'added' | 'updated' | 'deleted'
  item: string
  note: string
  breaking: boolean
}

export interface CatalogVersionTable extends Times {
  id: GeneratedAlways<number>
  connection_id: number
  group_id: number
  version: number
  sync_id: number | null
  change: 'first' | 'non_breaking' | 'breaking'
  hash: string
  tables: number
  catalog: Json<unknown>
  diff: Json<unknown>
}

export interface FileEntryTable extends Times {
  connection_id: number
  path: string
  group_id: number
  size_bytes: number
  modified_at: Date | null
  etag: string | null
}

export interface DirectoryEntryTable extends Times {
  id: GeneratedAlways<number>
  connection_id: number
  group_id: number
  kind: 'department' | 'person'
  external_id: string
  union_id: string | null
  user_id: number | null
  name: string
  data: Json<Record<string, unknown>>
  removed_at: MaybeTime
}

export type HealthState = 'ok' | 'degraded' | 'broken' | 'unknown'

export interface HealthTable extends Times {
  id: GeneratedAlways<number>
  connection_id: number
  group_id: number
  state: Generated<HealthState>
  code: string | null
  message: string | null
  actor: Actor | null
  since: Generated<Date>
  last_check_at: MaybeTime
  last_ok_at: MaybeTime
  consecutive_failures: Generated<number>
  due_at: MaybeTime
}

export interface ConnectTables extends IdentityTables {
  'public.integration_connectors': ConnectorTable
  'connect.connection': ConnectionTable
  'connect.auth_data': AuthDataTable
  'connect.secret_field': SecretFieldTable
  'connect.sync': SyncTable
  'connect.sync_change': SyncChangeTable
  'connect.catalog_version': CatalogVersionTable
  'connect.file_entry': FileEntryTable
  'connect.directory_entry': DirectoryEntryTable
  'connect.health': HealthTable
}
