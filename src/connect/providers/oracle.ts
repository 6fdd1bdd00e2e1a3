import { Type } from 'typebox'
import { BASIC, field, type Manifest, STORED_ONLY } from '../provider.ts'

export const oracle: Manifest = {
  provider: 'oracle',
  title: 'Oracle',
  connectorType: 'database',
  config: Type.Object(
    {
      host: field.host(),
      port: field.port(1521),
      service_name: field.textOrNull('Service name'),
      sid: field.textOrNull('SID'),
      additional_params: field.params(),
    },
    {
      check: ({ sid, service_name: service }: { sid: string | null; service_name: string | null }) =>
        sid !== null && service !== null ? 'You must specify either sid or service_name but not both' : null,
    },
  ),
  auth: [BASIC],
  can: STORED_ONLY,
}
