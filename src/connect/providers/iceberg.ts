import { Type } from 'typebox'
import { type AuthKind, field, type Manifest, STORED_ONLY } from '../provider.ts'

const direct = Type.Object(
  {
    type: Type.Literal('iceberg_rest_s3_direct'),
    rest_catalog_url: field.url('Catalog URL'),
    s3_warehouse_path: field.text('Warehouse path'),
    s3_host: field.host('S3 host'),
    s3_port: field.portOrNull(),
    s3_protocol: field.choice('S3 protocol', ['http', 'https'], 'https'),
    s3_bucket: field.text('S3 bucket'),
    s3_region: field.text('S3 region'),
    s3_bucket_style: field.choice('S3 bucket style', ['domain', 'path'], 'path'),
    s3_additional_params: field.params(),
  },
  { title: 'S3 with keys of its own' },
)

const delegated = Type.Object(
  {
    type: Type.Literal('iceberg_rest_s3_delegated'),
    rest_catalog_url: field.url('Catalog URL'),
    s3_warehouse_name: field.textOrNull('Warehouse name'),
    s3_access_delegation: field.choice(
      'Access delegation',
      ['vended-credentials', 'remote-signing'],
      'vended-credentials',
    ),
  },
  { title: 'S3 as the catalog grants it' },
)

const oauth = {
  rest_catalog_oauth2_client_id: field.text('Client id'),
  rest_catalog_oauth2_scopes: Type.Array(Type.String(), { title: 'Scopes', default: [] }),
  rest_catalog_oauth2_resource: field.textOrNull('Resource'),
  rest_catalog_oauth2_audience: field.textOrNull('Audience'),
  rest_catalog_oauth2_token_endpoint: field.textOrNull('Token endpoint'),
}
const token = { rest_catalog_token: field.secret('Catalog token') }
const clientSecret = { rest_catalog_oauth2_client_secret: field.secret('Client secret') }
const s3Key = { s3_access_key: field.text('S3 access key') }
const s3Secret = { s3_secret_key: field.secret('S3 secret key') }

const auth: AuthKind[] = [
  {
    type: 'iceberg_rest_bearer_s3_basic',
    title: 'Bearer token, S3 keys',
    fields: s3Key,
    secrets: { ...token, ...s3Secret },
  },
  {
    type: 'iceberg_rest_oauth2_client_credentials_s3_basic',
    title: 'OAuth 2 client, S3 keys',
    fields: { ...oauth, ...s3Key },
    secrets: { ...clientSecret, ...s3Secret },
  },
  { type: 'iceberg_rest_bearer', title: 'Bearer token', fields: {}, secrets: token },
  {
    type: 'iceberg_rest_oauth2_client_credentials',
    title: 'OAuth 2 client',
    fields: {
      ...oauth,
      rest_catalog_oauth2_token_endpoint: Type.Union([field.url('Token endpoint'), Type.Null()], {
        title: 'Token endpoint',
        default: null,
      }),
    },
    secrets: clientSecret,
  },
]

export const iceberg: Manifest = {
  provider: 'iceberg',
  title: 'Iceberg',
  connectorType: 'database',
  config: Type.Union([direct, delegated], { discriminator: { propertyName: 'type' } }),
  auth,
  can: STORED_ONLY,
  agree: (config, { type }) => {
    const withKeys = String(type).endsWith('_s3_basic')
    if (config.type === 'iceberg_rest_s3_direct') {
      return withKeys ? null : 'Cannot create direct S3 connection without S3 credentials'
    }
    return withKeys ? 'Cannot create delegated S3 connection with S3 credentials' : null
  },
}
