import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const hdfs: Manifest = {
  provider: 'hdfs',
  title: 'HDFS',
  connectorType: 'file',
  config: Type.Object({ cluster: field.text('Cluster') }),
  auth: [BASIC],
  can: STORED_ONLY,
}
