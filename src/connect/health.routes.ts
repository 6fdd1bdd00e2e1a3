import type { Static } from 'typebox'
import type { Database } from '#database'
import type { Server } from '#http'
import { ConnectionPath } from './connection.routes.ts'
import { visibleConnection } from './connection.ts'
import type { Tx } from './connection.store.ts'
import { HealthRead, presentHealth } from './health.read.ts'

export function addHealthRoutes(app: Server, db: Database): void {
  app.get(
    '/v1/connections/:connection_id/health',
    {
      schema: {
        tags: ['connections'],
        summary: 'Read how a connection fares: state, since when, why, and who must act',
        params: ConnectionPath,
        response: { 200: HealthRead },
      },
    },
    async ({ caller, params }): Promise<Static<typeof HealthRead>> =>
      db.withCaller(caller, async (tx: Tx) =>
        presentHealth((await visibleConnection(tx, params.connection_id)).health),
      ),
  )
}
