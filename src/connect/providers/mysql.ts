import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const mysql: Manifest = {
  provider: 'mysql',
  title: 'MySQL',
  connectorType: 'database',
  config: Type.Object({
    host: field.host(),
    port: field.port(3306),
    database_name: field.textOrNull('Database'),
    additional_params: field.params(),
  }),
  auth: [BASIC],
  can: STORED_ONLY,
}
