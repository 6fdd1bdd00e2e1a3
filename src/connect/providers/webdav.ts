import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const webdav: Manifest = {
  provider: 'webdav',
  title: 'WebDAV',
  connectorType: 'file',
  config: Type.Object({
    host: field.host(),
    port: field.portOrNull(),
    protocol: field.choice('Protocol', ['http', 'https'], 'https'),
  }),
  auth: [BASIC],
  can: STORED_ONLY,
}
