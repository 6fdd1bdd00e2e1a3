import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const ftps: Manifest = {
  provider: 'ftps',
  title: 'FTPS',
  connectorType: 'file',
  config: Type.Object({ host: field.host(), port: field.port(21) }),
  auth: [BASIC],
  can: STORED_ONLY,
}
