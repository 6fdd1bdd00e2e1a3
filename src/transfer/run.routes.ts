import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { visibleGroup } from '#identity'
import { addRunEvents } from './run-events.ts'
import type { Tx } from './queue.store.ts'
import { namingWhatIsMissing, retryRun, startRun, stopRun, visibleRun } from './run.ts'
import { LogRead, presentLine, presentList, presentOne, RunPath, RunRead, ShortRun } from './run.read.ts'
import { listLog, listRuns, RUN_SORT } from './run.store.ts'
import { STATUSES } from './tables.ts'
import { visibleTransfer } from './transfer.ts'

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))
const View = { view: Type.Optional(Type.Literal('full')) }
export function addRunRoutes(app: Server, db: Database): void {
  const tags = ['runs']

  app.get(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'List the runs of a transfer, or of a group, newest first',
        querystring: Type.Object({
          transfer_id: Type.Optional(Id),
          group_id: Type.Optional(Id),
          ...PageQuery,
          sort: SortQuery(Object.keys(RUN_SORT)),
          search_query: orNull(
            Type.String({ maxLength: 256, description: 'A part of the transfer’s name as it was then' }),
          ),
          type: orNull(Type.Array(Type.Enum(['MANUAL', 'SCHEDULED']))),
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
          types: query.type ?? [],
          search: query.search_query ?? null,
          startedSince: query.started_at_since ?? null,
          startedUntil: query.started_at_until ?? null,
        })
        return pageOf(query, total, await presentList(tx, runs, query.view))
      }),
  )

  app.post(
    '/v1/runs',
    {
      schema: {
        tags,
        summary: 'Start a run of a transfer',
        querystring: Type.Object(View),
        body: Type.Object({ transfer_id: Id }),
        response: { 200: RunRead },
      },
    },
    async ({ caller, body, query }) =>
      db.withCaller(caller, async (tx: Tx, afterCommit) => {
        const run = await startRun({ db, tx, afterCommit, caller }, body.transfer_id)
        return presentOne(tx, run, query.view)
      }),
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
      namingWhatIsMissing(db, params.run_id, () =>
        db.withCaller(caller, async (tx: Tx) =>
          presentOne(tx, await visibleRun(tx, params.run_id), query.view),
        ),
      ),
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
      async ({ caller, params, query }) =>
        namingWhatIsMissing(db, params.run_id, () =>
          db.withCaller(caller, async (tx: Tx, afterCommit) => {
            const run = await act({ db, tx, afterCommit, caller }, params.run_id)
            return presentOne(tx, run, query.view)
          }),
        ),
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
      namingWhatIsMissing(db, params.run_id, () =>
        db.withCaller(caller, async (tx: Tx) => {
          const run = await visibleRun(tx, params.run_id)
          const lines = await listLog(tx, run.id, query.after, query.limit)
          return { items: lines.map(presentLine), last_seq: lines.at(-1)?.seq ?? query.after }
        }),
      ),
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
    input: null,
  }
  throw new Fault('invalid', 'platform.invalid_request', 'Invalid request', { details: [missing] })
}
