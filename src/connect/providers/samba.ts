import { Type } from 'typebox'
import { field, type Manifest, STORED_ONLY } from '../provider.ts'

export const samba: Manifest = {
  provider: 'samba',
  title: 'Samba',
  connectorType: 'file',
  config: Type.Object({
    host: field.host(),
    share: field.text('Share'),
    port: field.portOrNull(),
    protocol: field.choice('Protocol', ['SMB', 'NetBIOS'], 'SMB'),
    domain: field.textOr('Domain', ''),
  }),
  auth: [
    {
      type: 'samba',
      title: 'User and password',
      fields: {
        user: field.text('User'),
        auth_type: field.choice('Way', ['NTLMv1', 'NTLMv2'], 'NTLMv2'),
      },
      secrets: { password: field.secret('Password') },
    },
  ],
  can: STORED_ONLY,
}
