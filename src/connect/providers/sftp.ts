import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const sftp: Manifest = {
  provider: 'sftp',
  title: 'SFTP',
  connectorType: 'file',
  config: Type.Object({ host: field.host(), port: field.port(22) }),
  auth: [BASIC],
  can: STORED_ONLY,
}
