import type { OpenTable } from '#realtime'

/** What of this room can be followed live: runs as a list shows them, with their progress. */
export const RUN_TABLES: readonly OpenTable[] = [{ schema: 'hub', table: 'runs', roles: ['crosstie_app'] }]
