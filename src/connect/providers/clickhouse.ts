import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const clickhouse: Manifest = {
  provider: 'clickhouse',
  title: 'ClickHouse',
  connectorType: 'database',
  config: Type.Object({
    host: field.host(),
    port: field.port(8123),
    database_name: field.textOrNull('Database'),
    additional_params: field.params(),
  }),
  auth: [BASIC],
  can: STORED_ONLY,
}
