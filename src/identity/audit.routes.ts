import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { AUDIT_SORT, type AuditEntry, listAudit } from './audit.store.ts'
import { levelIn, requireLevel } from './caller.ts'
import { visibleGroup } from './group.ts'
import type { Tx } from './tables.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Time = Type.String({ format: 'date-time' })

const AuditRead = Type.Object({
  id: Type.Integer(),
  created_at: Time,
  group_id: Type.Union([Type.Integer(), Type.Null()]),
  actor_id: Type.Union([Type.Integer(), Type.Null()]),
  actor_name: Type.String(),
  action: Type.String({ description: '`<thing>.<verb>`: `connection.update`' }),
  object_id: Text,
  object_name: Text,
  details: Type.Record(Type.String(), Type.Unknown()),
  address: Text,
  request_id: Text,
})

export function addAuditRoutes(app: Server, db: Database): void {
  app.get(
    '/v1/audit',
    {
      schema: {
        tags: ['audit'],
        summary:
          'What was changed, by whom, when and from where: of groups one maintains; all for superusers',
        querystring: Type.Object({
          ...PageQuery,
          sort: SortQuery(Object.keys(AUDIT_SORT)),
          group_id: Type.Optional(Id),
          actor_id: Type.Optional(Id),
          action: Type.Optional(
            Type.String({
              pattern: '^[a-z_]+(\\.[a-z_]+)?$',
              maxLength: 100,
              description: 'One action, or all of one thing: `group.update`, `group`',
            }),
          ),
          since: Type.Optional(Time),
          until: Type.Optional(Time),
        }),
        response: { 200: PageOf(AuditRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        if (query.group_id !== undefined) {
          const group = await visibleGroup(tx, query.group_id)
          requireLevel(levelIn(caller, group.id), 'maintainer')
        }
        const { since, until, ...rest } = query
        const found = await listAudit(tx, {
          ...rest,
          since: since === undefined ? undefined : new Date(since),
          until: until === undefined ? undefined : new Date(until),
        })
        return pageOf(query, found.total, found.entries.map(present))
      }),
  )
}

function present(entry: AuditEntry): Static<typeof AuditRead> {
  return {
    id: entry.id,
    created_at: entry.created_at.toISOString(),
    group_id: entry.group_id,
    actor_id: entry.actor_id,
    actor_name: entry.actor_name,
    action: entry.action,
    object_id: entry.object_id,
    object_name: entry.object_name,
    details: entry.details,
    address: entry.address,
    request_id: entry.request_id,
  }
}
