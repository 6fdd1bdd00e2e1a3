import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const mssql: Manifest = {
  provider: 'mssql',
  title: 'SQL Server',
  connectorType: 'database',
  config: Type.Object({
    host: field.host(),
    port: field.port(1433),
    database_name: field.text('Database'),
    additional_params: field.params(),
  }),
  auth: [BASIC],
  can: STORED_ONLY,
}
