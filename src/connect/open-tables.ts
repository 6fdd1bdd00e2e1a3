import type { OpenTable } from '#realtime'

/** What of this room can be followed live: the document's table, and the list that the page shows. */
export const CONNECTION_TABLES: readonly OpenTable[] = [
  {
    schema: 'public',
    table: 'integration_connectors',
    roles: ['anon', 'authenticated', 'service_role', 'crosstie_app'],
  },
  { schema: 'hub', table: 'connections', roles: ['crosstie_app'] },
]
