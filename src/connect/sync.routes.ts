import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Id, PageOf, pageOf, PageQuery, type Server } from '#http'
import { ConnectionPath } from './connection.routes.ts'
import { visibleConnection } from './connection.ts'
import type { Tx } from './connection.store.ts'
import { requestSync, stopSync, visibleSync } from './sync.ts'
import { listChanges, listSyncs, type SyncRow } from './sync.store.ts'

const STATES = ['pending', 'running', 'stopping', 'succeeded', 'failed', 'stopped', 'skipped'] as const
const SyncPath = Type.Object({ sync_id: Id })
const Time = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])

const SyncRead = Type.Object({
  id: Type.Integer(),
  connection_id: Type.Integer(),
  group_id: Type.Integer(),
  trigger: Type.Enum(['manual', 'schedule', 'event']),
  forced: Type.Boolean(),
  state: Type.Enum([...STATES]),
  scheduled_for: Time,
  queued_at: Type.String({ format: 'date-time' }),
  started_at: Time,
  ended_at: Time,
  duration_ms: Type.Union([Type.Integer(), Type.Null()]),
  added: Type.Integer(),
  updated: Type.Integer(),
  deleted: Type.Integer(),
  unchanged: Type.Integer(),
  progress: Type.Union([
    Type.Object({
      phase: Type.String(),
      done: Type.Integer(),
      total: Type.Union([Type.Integer(), Type.Null()]),
    }),
    Type.Null(),
  ]),
  summary: Type.Union([Type.String(), Type.Null()]),
  error: Type.Union([
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      actor: Type.Enum(['you', 'provider', 'operator'], { description: 'Who must act.' }),
    }),
    Type.Null(),
  ]),
  attempts: Type.Integer(),
  created_by: Type.Union([Type.Integer(), Type.Null()]),
})

const Change = Type.Object({
  seq: Type.Integer(),
  kind: Type.Enum(['added', 'updated', 'deleted']),
  item: Type.String(),
  note: Type.String(),
  breaking: Type.Boolean(),
})

export function addSyncRoutes(app: Server, db: Database): void {
  const tags = ['syncs']

  app.post(
    '/v1/connections/:connection_id/sync',
    {
      schema: {
        tags,
        summary: 'Bring what the hub knows of the other system in step with it, once',
        params: ConnectionPath,
        querystring: Type.Object({
          force: Type.Optional(
            Type.Boolean({ description: 'Close people even when the listing lost most of them.' }),
          ),
        }),
        response: { 200: SyncRead },
      },
    },
    async ({ caller, params, query }) =>
      presentSync(
        await db.withCaller(caller, (tx: Tx, afterCommit) =>
          requestSync({ db, tx, afterCommit, caller }, params.connection_id, query.force),
        ),
      ),
  )

  app.get(
    '/v1/connections/:connection_id/syncs',
    {
      schema: {
        tags,
        summary: 'List the syncs of a connection, newest first',
        params: ConnectionPath,
        querystring: Type.Object({
          ...PageQuery,
          state: Type.Optional(Type.Union([Type.Array(Type.Enum([...STATES])), Type.Null()])),
        }),
        response: { 200: PageOf(SyncRead) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { id, group_id: groupId } = await visibleConnection(tx, params.connection_id)
        const filter = { ...query, connectionId: id, groupId, states: query.state ?? [] }
        const { total, found } = await listSyncs(tx, filter)
        return pageOf(query, total, found.map(presentSync))
      }),
  )

  app.get(
    '/v1/syncs/:sync_id',
    { schema: { tags, summary: 'Read a sync', params: SyncPath, response: { 200: SyncRead } } },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => presentSync(await visibleSync(tx, params.sync_id))),
  )

  app.get(
    '/v1/syncs/:sync_id/changes',
    {
      schema: {
        tags,
        summary: 'List what a sync found changed, up to a thousand lines',
        params: SyncPath,
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(Change) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { id } = await visibleSync(tx, params.sync_id)
        const { total, found } = await listChanges(tx, { ...query, syncId: id })
        return pageOf(query, total, found)
      }),
  )

  app.post(
    '/v1/syncs/:sync_id/stop',
    {
      schema: {
        tags,
        summary: 'Stop a sync; what it has read is thrown away',
        params: SyncPath,
        response: { 200: SyncRead },
      },
    },
    async ({ caller, params }) =>
      presentSync(
        await db.withCaller(caller, (tx: Tx, afterCommit) =>
          stopSync({ db, tx, afterCommit, caller }, params.sync_id),
        ),
      ),
  )
}

function presentSync(sync: SyncRow): Static<typeof SyncRead> {
  const { started_at: started, ended_at: ended } = sync
  return {
    id: sync.id,
    connection_id: sync.connection_id,
    group_id: sync.group_id,
    trigger: sync.trigger,
    forced: sync.forced,
    state: sync.state,
    scheduled_for: sync.scheduled_for?.toISOString() ?? null,
    queued_at: sync.queued_at.toISOString(),
    started_at: started?.toISOString() ?? null,
    ended_at: ended?.toISOString() ?? null,
    duration_ms: started === null || ended === null ? null : ended.getTime() - started.getTime(),
    added: sync.added,
    updated: sync.updated,
    deleted: sync.deleted,
    unchanged: sync.unchanged,
    progress: sync.progress,
    summary: sync.summary,
    error: sync.error,
    attempts: sync.attempts,
    created_by: sync.created_by,
  }
}
