import { Type } from 'typebox'
import type { Database } from '#database'
import type { Server } from '#http'
import { audit, levelIn, requireLevel } from '#identity'
import { ConnectionPath } from './connection.routes.ts'
import { visibleConnection } from './connection.ts'
import { putSchedule, type Tx } from './connection.store.ts'
import { nextSyncs, readSchedule, Schedule } from './sync-schedule.ts'

const NEXT_SHOWN = 3

const ScheduleRead = Type.Object({
  schedule: Type.Unknown({ description: 'As it is written; what came in by SQL may be anything.' }),
  problem: Type.Union([Type.String(), Type.Null()], { description: 'Why it cannot be read.' }),
  next_syncs: Type.Array(Type.String({ format: 'date-time' })),
})

export function addScheduleRoutes(app: Server, db: Database): void {
  const tags = ['syncs']

  app.get(
    '/v1/connections/:connection_id/schedule',
    {
      schema: {
        tags,
        summary: 'Read when a connection is synced by itself, with its next three times',
        params: ConnectionPath,
        response: { 200: ScheduleRead },
      },
    },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { schedule, next_sync: next } = await visibleConnection(tx, params.connection_id)
        return present(schedule, next)
      }),
  )

  app.put(
    '/v1/connections/:connection_id/schedule',
    {
      schema: {
        tags,
        summary: 'Say when a connection is synced by itself',
        params: ConnectionPath,
        body: Schedule,
        response: { 200: ScheduleRead },
      },
    },
    async ({ caller, params, body }) =>
      db.withCaller(caller, async (tx: Tx, afterCommit) => {
        const connection = await visibleConnection(tx, params.connection_id)
        requireLevel(levelIn(caller, connection.group_id), 'developer')
        await putSchedule(tx, connection.uuid, { schedule: body, userId: caller.userId })
        await audit(tx, caller, {
          action: 'connection.schedule',
          groupId: connection.group_id,
          objectId: connection.id,
          objectName: connection.name,
          details: { type: body.type },
        })
        // The database has set the timer; this wakes whoever acts on it.
        afterCommit(() => db.notify('platform.timer', ''))
        return present(body, null)
      }),
  )

  app.put(
    '/v1/connections/:connection_id/status',
    {
      schema: {
        tags: ['connections'],
        summary: 'Switch a connection on or off: an inactive one is neither synced nor looked after',
        params: ConnectionPath,
        body: Type.Object({ status: Type.Enum(['active', 'inactive']) }),
        response: { 200: Type.Object({ status: Type.String() }) },
      },
    },
    async ({ caller, params, body }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const connection = await visibleConnection(tx, params.connection_id)
        requireLevel(levelIn(caller, connection.group_id), 'developer')
        await putSchedule(tx, connection.uuid, { status: body.status, userId: caller.userId })
        await audit(tx, caller, {
          action: 'connection.status',
          groupId: connection.group_id,
          objectId: connection.id,
          objectName: connection.name,
          details: body,
        })
        return body
      }),
  )
}

/** The time that is set is the first; what follows is reckoned from it. */
function present(stored: unknown, set: string | null) {
  const read = readSchedule(stored)
  if ('problem' in read) return { schedule: stored, problem: read.problem, next_syncs: [] }
  const now = new Date()
  const first = set !== null && Date.parse(set) > now.getTime() ? new Date(set) : null
  const next =
    first === null || nextSyncs(read.schedule, now, 1).length === 0
      ? nextSyncs(read.schedule, now, NEXT_SHOWN)
      : [first, ...nextSyncs(read.schedule, first, NEXT_SHOWN - 1)]
  return { schedule: read.schedule, problem: null, next_syncs: next.map((at) => at.toISOString()) }
}
