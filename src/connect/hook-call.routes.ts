import { sql } from 'kysely'
import { Type } from 'typebox'
import type { Database } from '#database'
import { offsetOf, PageOf, pageOf, PageQuery, type PageRequest, type Server } from '#http'
import { levelIn, requireLevel } from '#identity'
import { ConnectionPath } from './connection.routes.ts'
import { visibleConnection } from './connection.ts'
import type { Connection, Tx } from './connection.store.ts'

const HookCallRead = Type.Object({
  event_id: Type.Integer(),
  id: Type.String({ description: 'What makes it the same call when it is made again.' }),
  type: Type.String(),
  payload: Type.Unknown(),
  received_at: Type.String({ format: 'date-time' }),
})

interface HookCallRow {
  event_id: number
  id: string
  type: string
  payload: unknown
  received_at: Date
}

export function addHookCallRoutes(app: Server, db: Database): void {
  app.get(
    '/v1/connections/:connection_id/hook_calls',
    {
      schema: {
        tags: ['hooks'],
        summary:
          'List the calls that a connection took, newest first; for maintainers, since they hold what was sent',
        params: ConnectionPath,
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(HookCallRead) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const connection = await visibleConnection(tx, params.connection_id)
        requireLevel(levelIn(caller, connection.group_id), 'maintainer')
        const { total, found } = await listHookCalls(tx, connection, query)
        return pageOf(
          query,
          total,
          found.map((call) => ({ ...call, received_at: call.received_at.toISOString() })),
        )
      }),
  )
}

/** Calls are events of the group; they stay as long as events do. */
async function listHookCalls(
  tx: Tx,
  { id, group_id: groupId }: Connection,
  page: PageRequest,
): Promise<{ total: number; found: HookCallRow[] }> {
  const ofConnection = sql`group_id = ${groupId} and kind = 'hook.received' and payload ->> 'connection_id' = ${String(id)}`
  const counted = await sql<{ total: number }>`
    select count(*)::integer as total from platform.event where ${ofConnection}
  `.execute(tx)
  const { rows } = await sql<HookCallRow>`
    select id as event_id, payload ->> 'id' as id, coalesce(payload ->> 'type', '') as type,
      payload -> 'payload' as payload, created_at as received_at
    from platform.event where ${ofConnection}
    order by platform.event.id desc limit ${page.page_size} offset ${offsetOf(page)}
  `.execute(tx)
  return { total: counted.rows[0]?.total ?? 0, found: rows }
}
