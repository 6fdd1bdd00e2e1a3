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
  search_vector: GeneratedAlways<string>
}

export interface AuthDataTable extends Times {
  connection_id: number
  group_id: number
  value: string
}

export interface ConnectTables extends IdentityTables {
  'public.integration_connectors': ConnectorTable
  'connect.connection': ConnectionTable
  'connect.auth_data': AuthDataTable
}
