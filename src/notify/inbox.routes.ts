import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server } from '#http'
import { type InboxItem, listInbox, markAllRead, markRead } from './inbox.store.ts'
import { FORMATS, LEVELS, type Tx } from './tables.ts'

const ItemPath = Type.Object({ item_id: Id })
const MaybeId = Type.Optional(Type.Union([Id, Type.Null()]))

const ItemRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  task_id: Type.Union([Type.Integer(), Type.Null()]),
  title: Type.String(),
  text: Type.String(),
  format: Type.Enum([...FORMATS]),
  level: Type.Enum([...LEVELS]),
  read_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  created_at: Type.String({ format: 'date-time' }),
})

export function addInboxRoutes(app: Server, db: Database): void {
  const tags = ['inbox']

  app.get(
    '/v1/inbox',
    {
      schema: {
        tags,
        summary: 'List what the hub told the caller, newest first',
        querystring: Type.Object({
          ...PageQuery,
          group_id: MaybeId,
          unread: Type.Boolean({ default: false }),
        }),
        response: { 200: PageOf(ItemRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const filter = { ...query, userId: caller.userId, groupId: query.group_id ?? null }
        const { total, found } = await listInbox(tx, filter)
        return pageOf(query, total, found.map(present))
      }),
  )

  app.post(
    '/v1/inbox/read',
    {
      schema: {
        tags,
        summary: 'Mark all that the hub told the caller as read',
        response: { 200: Type.Object({ read: Type.Integer() }) },
      },
    },
    async ({ caller }) =>
      db.withCaller(caller, async (tx: Tx) => ({ read: await markAllRead(tx, caller.userId) })),
  )

  app.post(
    '/v1/inbox/:item_id/read',
    { schema: { tags, summary: 'Mark one as read', params: ItemPath, response: { 200: ItemRead } } },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const item = await markRead(tx, caller.userId, params.item_id)
        if (item === undefined) throw new Fault('not_found', 'notify.item_missing', 'Message not found')
        return present(item)
      }),
  )
}

function present(item: InboxItem): Static<typeof ItemRead> {
  const { id, group_id, task_id, title, content: text, format, level, read_at, created_at } = item
  return {
    id,
    group_id,
    task_id,
    title,
    text,
    format,
    level,
    read_at: read_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
  }
}
