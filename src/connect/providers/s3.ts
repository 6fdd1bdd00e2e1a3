import { Type } from 'typebox'
import { field, type Manifest, STORED_ONLY } from '../provider.ts'

export const s3: Manifest = {
  provider: 's3',
  title: 'S3',
  connectorType: 'file',
  config: Type.Object({
    host: field.host(),
    bucket: field.text('Bucket'),
    protocol: field.choice('Protocol', ['http', 'https'], 'https'),
    region: field.text('Region'),
    port: field.portOrNull(),
    bucket_style: field.choice('Bucket style', ['domain', 'path'], 'path'),
    additional_params: field.params(),
  }),
  auth: [
    {
      type: 's3',
      title: 'Access key',
      fields: { access_key: field.text('Access key') },
      secrets: { secret_key: field.secret('Secret key') },
    },
  ],
  can: STORED_ONLY,
  complete: (config) => ({ ...config, port: config.port ?? (config.protocol === 'https' ? 443 : 80) }),
}
