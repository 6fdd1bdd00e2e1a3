import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const hive: Manifest = {
  provider: 'hive',
  title: 'Hive',
  connectorType: 'database',
  config: Type.Object({ cluster: field.text('Cluster') }),
  auth: [BASIC],
  can: STORED_ONLY,
}
