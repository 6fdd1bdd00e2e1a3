import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { audit, levelIn, memberLevelIn, requireLevel, visibleGroup } from '#identity'
import {
  countTransfersOfQueue,
  deleteQueue,
  findQueue,
  insertQueue,
  keepsItsPlace,
  listQueues,
  lockQueue,
  type Queue,
  QUEUE_SORT,
  type Tx,
  updateQueue,
} from './queue.store.ts'

const View = { view: Type.Optional(Type.Literal('full')) }
const QueuePath = Type.Object({ queue_id: Id })
const Plain = {
  name: Type.String({ minLength: 3, maxLength: 128, pattern: '^[ -~]+$' }),
  description: Type.String({ maxLength: 512, default: '' }),
}

const QueueRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  name: Type.String(),
  slug: Type.String(),
  description: Type.String(),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
  updated_at: Type.Optional(Type.String({ format: 'date-time' })),
})

export function addQueueRoutes(app: Server, db: Database): void {
  const tags = ['queues']

  app.get(
    '/v1/queues',
    {
      schema: {
        tags,
        summary: 'List the queues of a group',
        querystring: Type.Object({
          group_id: Id,
          ...PageQuery,
          sort: SortQuery(Object.keys(QUEUE_SORT)),
          search_query: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
          ...View,
        }),
        response: { 200: PageOf(QueueRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, query.group_id)
        const { total, queues } = await listQueues(tx, {
          ...query,
          groupId: group.id,
          search: query.search_query ?? null,
        })
        return pageOf(
          query,
          total,
          queues.map((queue) => present(queue, query.view)),
        )
      }),
  )

  app.post(
    '/v1/queues',
    {
      schema: {
        tags,
        summary: 'Make a queue',
        querystring: Type.Object(View),
        body: Type.Object({ group_id: Id, ...Plain }),
        response: { 200: QueueRead },
      },
    },
    async ({ caller, body, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, body.group_id)
        requireLevel(memberLevelIn(caller, group.id), 'maintainer')
        const { name, description } = body
        const slug = slugOf(group.id, name)
        const queue = await keepsItsPlace(() =>
          insertQueue(tx, { groupId: group.id, name, slug, description }),
        )
        await audit(tx, caller, { action: 'queue.create', ...objectOf(queue) })
        return present(queue, query.view)
      }),
  )

  app.get(
    '/v1/queues/:queue_id',
    {
      schema: {
        tags,
        summary: 'Read a queue',
        params: QueuePath,
        querystring: Type.Object(View),
        response: { 200: QueueRead },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => present(await visibleQueue(tx, params.queue_id), query.view)),
  )

  app.put(
    '/v1/queues/:queue_id',
    {
      schema: {
        tags,
        summary: 'Change name and description of a queue; its slug stays',
        params: QueuePath,
        querystring: Type.Object(View),
        body: Type.Object(Plain),
        response: { 200: QueueRead },
      },
    },
    async ({ caller, params, body, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const before = await visibleQueue(tx, params.queue_id)
        requireLevel(levelIn(caller, before.group_id), 'maintainer')
        const { name, description } = body
        const queue = await updateQueue(tx, before.id, { name, description })
        const details = { before: { name: before.name }, after: { name } }
        await audit(tx, caller, { action: 'queue.update', ...objectOf(queue), details })
        return present(queue, query.view)
      }),
  )

  app.delete(
    '/v1/queues/:queue_id',
    {
      schema: {
        tags,
        summary: 'Delete a queue that no transfer uses',
        params: QueuePath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      await db.withCaller(caller, async (tx: Tx) => {
        const queue = await visibleQueue(tx, params.queue_id)
        requireLevel(levelIn(caller, queue.group_id), 'maintainer')
        await lockQueue(tx, queue.id)
        const uses = await countTransfersOfQueue(tx, queue)
        if (uses > 0) {
          throw new Fault(
            'conflict',
            'transfer.queue_in_use',
            `The queue has an associated transfers(s). Number of the linked transfers: ${uses}`,
          )
        }
        await deleteQueue(tx, queue.id)
        await audit(tx, caller, { action: 'queue.delete', ...objectOf(queue) })
      })
      return reply.status(204).send(null)
    },
  )
}

/** @throws Fault 404, the same for one that is not there and one that the caller may not see. */
export async function visibleQueue(tx: Tx, id: number): Promise<Queue> {
  const queue = await findQueue(tx, id)
  if (queue === undefined) throw new Fault('not_found', 'transfer.queue_missing', 'Queue not found')
  return queue
}

/** SyncMaster's: the group's id, and the name with every run of other characters as one underscore. */
export function slugOf(groupId: number, name: string): string {
  return `${groupId}-${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')}`
}

function objectOf(queue: Queue) {
  return { groupId: queue.group_id, objectId: queue.id, objectName: queue.name }
}

function present(queue: Queue, view: 'full' | undefined): Static<typeof QueueRead> {
  const { id, group_id, name, slug, description, created_at, updated_at } = queue
  const plain = { id, group_id, name, slug, description }
  if (view !== 'full') return plain
  return { ...plain, created_at: created_at.toISOString(), updated_at: updated_at.toISOString() }
}
