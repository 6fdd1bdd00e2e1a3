import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { PageOf, pageOf, PageQuery, type Server } from '#http'
import { visibleGroup } from '#identity'
import { addRunEvents } from './run-events.ts'
import type { Tx } from './queue.store.ts'
import { retryRun, startRun, stopRun, visibleRun } from './run.ts'
import { listLog, listRuns, type LogLine, type Run } from './run.store.ts'
import { STATUSES } from './tables.ts'
import { visibleTransfer } from './transfer.ts'

const View = { view: Type.Optional(Type.Literal('full')) }
export const RunPath = Type.Object({ run_id: Type.Integer() })
const Time = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const Dump = Type.Record(Type.String(), Type.Unknown())

const Short = {
  id: Type.Integer(),
  transfer_id: Type.Integer(),
  started_at: Time,
  ended_at: Time,
  status: Type.Enum([...STATUSES]),
  log_url: Type.Union([Type.String(), Type.Null()]),
  type: Type.Enum(['MANUAL', 'SCHEDULED']),
}
const Number = Type.Union([Type.Number(), Type.Null()])
const Full = {
  group_id: Type.Optional(Type.Integer()),
  transfer_name: Type.Optional(Type.String()),
  progress: orNull(
    Type.Object({
      rows: Type.Number(),
      bytes: Type.Number(),
      total_rows: Number,
      total_bytes: Number,
      phase: Type.String(),
      rows_per_second: Number,
      eta_seconds: Number,
    }),
  ),
  engine: orNull(Type.String()),
  error: orNull(Type.String()),
  attempts: Type.Optional(Type.Integer()),
  queued_at: Type.Optional(Time),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
  created_by: orNull(Type.Integer()),
  duration_ms: orNull(Type.Integer()),
}
const ShortRun = Type.Object({ ...Short, ...Full })
const RunRead = Type.Object({ ...Short, transfer_dump: Dump, ...Full })

export const LogRead = Type.Object({
  seq: Type.Integer(),
  at: Type.String({ format: 'date-time' }),
  level: Type.Enum(['info', 'warning', 'error']),
  message: Type.String(),
})

export function addRunRoutes(app: Server, db: Database): void {
  const tags = ['runs']

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'List the runs of a transfer, or of a group, newest first',
        querystring: Type.Object({
          transfer_id: Type.Optional(Type.Integer()),
          group_id: Type.Optional(Type.Integer()),
          ...PageQuery,
          status: orNull(Type.Array(Type.Enum([...STATUSES]))),
          started_at_since: orNull(Type.String({ format: 'date-time' })),
          started_at_until: orNull(Type.String({ format: 'date-time' })),
          ...View,
        }),
        response: { 200: PageOf(ShortRun) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { total, runs } = await listRuns(tx, {
          ...query,
          ...(await placeOf(tx, query)),
          statuses: query.status ?? [],
          startedSince: query.started_at_since ?? null,
          startedUntil: query.started_at_until ?? null,
        })
        return pageOf(
          query,
          total,
          runs.map((run) => presentShort(run, query.view)),
        )
      }),
  )

  app.post(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Start a run of a transfer',
        querystring: Type.Object(View),
        body: Type.Object({ transfer_id: Type.Integer() }),
        response: { 200: RunRead },
      },
    },
    async ({ caller, body, query }) => {
      const run = await db.withCaller(caller, (tx: Tx, afterCommit) =>
        startRun({ db, tx, afterCommit, caller }, body.transfer_id),
      )
      return presentRun(run, query.view)
    },
  )

  app.get(
    '/v1/runs/:run_id',
    {
      schema: {
        tags,
        summary: 'Read a run',
        params: RunPath,
        querystring: Type.Object(View),
        response: { 200: RunRead },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => presentRun(await visibleRun(tx, params.run_id), query.view)),
  )

  for (const [verb, summary, act] of [
    ['stop', 'Stop a run; it is over within two seconds', stopRun],
    ['retry', 'Start the transfer of a run that is over once more', retryRun],
  ] as const) {
    app.post(
      `/v1/runs/:run_id/${verb}`,
      {
        schema: {
          tags,
          summary,
          params: RunPath,
          querystring: Type.Object(View),
          response: { 200: RunRead },
        },
      },
      async ({ caller, params, query }) => {
        const run = await db.withCaller(caller, (tx: Tx, afterCommit) =>
          act({ db, tx, afterCommit, caller }, params.run_id),
        )
        return presentRun(run, query.view)
      },
    )
  }

  app.get(
    '/v1/runs/:run_id/log',
    {
      schema: {
        tags,
        summary: 'Read the log of a run from a line on',
        params: RunPath,
        querystring: Type.Object({
          after: Type.Integer({ minimum: 0, default: 0 }),
          limit: Type.Integer({ minimum: 1, maximum: 500, default: 500 }),
        }),
        response: { 200: Type.Object({ items: Type.Array(LogRead), last_seq: Type.Integer() }) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const run = await visibleRun(tx, params.run_id)
        const lines = await listLog(tx, run.id, query.after, query.limit)
        return { items: lines.map(presentLine), last_seq: lines.at(-1)?.seq ?? query.after }
      }),
  )

  addRunEvents(app, db)
}

/** SyncMaster asks for a transfer; ours may ask for a whole group instead. */
async function placeOf(
  tx: Tx,
  query: { transfer_id?: number; group_id?: number },
): Promise<{ groupId: number; transferId: number | null }> {
  const { transfer_id: transferId, group_id: groupId } = query
  if (transferId !== undefined) {
    const transfer = await visibleTransfer(tx, transferId)
    return { groupId: transfer.group_id, transferId }
  }
  if (groupId !== undefined) return { groupId: (await visibleGroup(tx, groupId)).id, transferId: null }
  const missing = {
    location: ['query', 'transfer_id'],
    message: 'Field required',
    code: 'missing',
    context: {},
    input: query,
  }
  throw new Fault('invalid', 'platform.invalid_request', 'Invalid request', { details: [missing] })
}

function presentShort(run: Run, view: 'full' | undefined): Static<typeof ShortRun> {
  const { id, transfer_id, status, log_url, type } = run
  const plain = {
    id,
    transfer_id,
    started_at: run.started_at?.toISOString() ?? null,
    ended_at: run.ended_at?.toISOString() ?? null,
    status,
    log_url,
    type,
  }
  if (view !== 'full') return plain
  const ended = run.ended_at ?? new Date()
  return {
    ...plain,
    group_id: run.group_id,
    transfer_name: run.transfer_name,
    progress: run.progress,
    engine: run.engine,
    error: run.error,
    attempts: run.attempts,
    queued_at: run.queued_at?.toISOString() ?? null,
    created_at: run.created_at.toISOString(),
    created_by: run.created_by,
    duration_ms: run.started_at === null ? null : ended.getTime() - run.started_at.getTime(),
  }
}

export function presentRun(run: Run, view: 'full' | undefined): Static<typeof RunRead> {
  return { ...presentShort(run, view), transfer_dump: run.transfer_dump }
}

export function presentLine({ seq, at, level, message }: LogLine): Static<typeof LogRead> {
  return { seq, at: at.toISOString(), level, message }
}
