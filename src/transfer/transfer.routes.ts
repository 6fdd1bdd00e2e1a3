import { type Static, Type } from 'typebox'
import { MANIFESTS } from '#connect'
import type { Database } from '#database'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { visibleGroup } from '#identity'
import type { Explain } from './explain.ts'
import { nextRuns, scheduleProblem } from './schedule.ts'
import { lastSkipped, type Skipped } from './schedule.store.ts'
import { MISSED_RUNS, OVERLAPS, SKIP_REASONS } from './tables.ts'
import type { Tx } from './queue.store.ts'
import {
  changeTransfer,
  copyTransfer,
  createTransfer,
  removeTransfer,
  type TransferChange,
  visibleTransfer,
} from './transfer.ts'
import { ExplainBody, TransferBody } from './transfer.schema.ts'
import { type LastRun, lastRuns, listTransfers, type Transfer, TRANSFER_SORT } from './transfer.store.ts'

const View = { view: Type.Optional(Type.Literal('full')) }
const TransferPath = Type.Object({ transfer_id: Id })
const TYPES = MANIFESTS.map(({ provider }) => provider)
const Params = Type.Record(Type.String(), Type.Unknown())
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]))

const SkippedRead = Type.Object({
  scheduled_for: Type.String({ format: 'date-time' }),
  reason: Type.Enum([...SKIP_REASONS]),
  times: Type.Integer(),
  message: Type.String(),
})

const TransferRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  queue_id: Type.Integer(),
  source_connection_id: Type.Integer(),
  target_connection_id: Type.Integer(),
  name: Type.String(),
  description: Type.String(),
  source_params: Params,
  target_params: Params,
  strategy_params: Params,
  transformations: Type.Array(Params),
  resources: Params,
  is_scheduled: Type.Boolean(),
  schedule: Type.String(),
  timezone: Type.Optional(Type.String()),
  missed_runs: Type.Optional(Type.Enum([...MISSED_RUNS])),
  overlap: Type.Optional(Type.Enum([...OVERLAPS])),
  schedule_problem: orNull(Type.String()),
  last_skipped: orNull(SkippedRead),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
  updated_at: Type.Optional(Type.String({ format: 'date-time' })),
  last_run: orNull(
    Type.Object({
      id: Type.Integer(),
      status: Type.String(),
      started_at: Type.Union([Type.String(), Type.Null()]),
      ended_at: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  next_runs: Type.Optional(Type.Array(Type.String({ format: 'date-time' }))),
})

const ExplanationRead = Type.Object({
  route: Type.Enum(['copy', 'embedded']),
  why: Type.Array(Type.String()),
  columns: Type.Array(
    Type.Object({
      name: Type.String(),
      sourceType: Type.String(),
      targetType: Type.String(),
      note: Type.Optional(Type.String()),
    }),
  ),
  steps: Type.Array(Type.String()),
  preview: Type.Optional(
    Type.Object({
      columns: Type.Array(Type.String()),
      rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Null()]))),
    }),
  ),
  estimatedRows: Type.Optional(Type.Number()),
})

export interface TransferRoutesOptions {
  db: Database
  explain: Explain
  previewRows: number
}

export function addTransferRoutes(app: Server, { db, explain, previewRows }: TransferRoutesOptions): void {
  const tags = ['transfers']
  const Rows = Type.Integer({ minimum: 0, maximum: previewRows, default: 0 })

  app.get(
    '/v1/transfers',
    {
      schema: {
        tags,
        summary: 'List the transfers of a group',
        querystring: Type.Object({
          group_id: Id,
          ...PageQuery,
          sort: SortQuery(Object.keys(TRANSFER_SORT)),
          search_query: orNull(Type.String({ maxLength: 256 })),
          source_connection_id: orNull(Id),
          target_connection_id: orNull(Id),
          queue_id: orNull(Id),
          source_connection_type: orNull(Type.Array(Type.Enum(TYPES))),
          target_connection_type: orNull(Type.Array(Type.Enum(TYPES))),
          is_scheduled: orNull(Type.Boolean()),
          ...View,
        }),
        response: { 200: PageOf(TransferRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const [, { total, transfers }] = await Promise.all([
          visibleGroup(tx, query.group_id),
          listTransfers(tx, {
            ...query,
            groupId: query.group_id,
            search: query.search_query ?? null,
            sourceConnectionId: query.source_connection_id ?? null,
            targetConnectionId: query.target_connection_id ?? null,
            queueId: query.queue_id ?? null,
            sourceTypes: query.source_connection_type ?? [],
            targetTypes: query.target_connection_type ?? [],
            isScheduled: query.is_scheduled ?? null,
          }),
        ])
        return pageOf(query, total, await presentAll(tx, transfers, query.view))
      }),
  )

  app.post(
    '/v1/transfers',
    {
      schema: {
        tags,
        summary: 'Make a transfer',
        querystring: Type.Object(View),
        body: TransferBody,
        response: { 200: TransferRead },
      },
    },
    async ({ caller, body, query }) =>
      db.withCaller(caller, async (tx: Tx, afterCommit) =>
        presentOne(tx, await createTransfer({ db, tx, afterCommit, caller }, body), query.view),
      ),
  )

  app.post(
    '/v1/transfers/explain',
    {
      schema: {
        tags,
        summary: 'Say what a run of this transfer would do, without saving or doing it',
        body: ExplainBody,
        response: { 200: ExplanationRead },
      },
    },
    async ({ caller, body }) => explain.unsaved(caller, body, Math.min(body.rows, previewRows)),
  )

  app.get(
    '/v1/transfers/:transfer_id/explain',
    {
      schema: {
        tags,
        summary: 'Say what a run of this transfer would do, without doing it',
        params: TransferPath,
        querystring: Type.Object({ rows: Rows }),
        response: { 200: ExplanationRead },
      },
    },
    async ({ caller, params, query }) => explain.saved(caller, params.transfer_id, query.rows),
  )

  addOneTransferRoutes(app, db)
}

function addOneTransferRoutes(app: Server, db: Database): void {
  const tags = ['transfers']

  app.get(
    '/v1/transfers/:transfer_id',
    {
      schema: {
        tags,
        summary: 'Read a transfer',
        params: TransferPath,
        querystring: Type.Object(View),
        response: { 200: TransferRead },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) =>
        presentOne(tx, await visibleTransfer(tx, params.transfer_id), query.view),
      ),
  )

  app.put(
    '/v1/transfers/:transfer_id',
    {
      schema: {
        tags,
        summary: 'Replace a transfer',
        params: TransferPath,
        querystring: Type.Object(View),
        body: TransferBody,
        response: { 200: TransferRead },
      },
    },
    async ({ caller, params, body, query }) =>
      db.withCaller(caller, async (tx: Tx, afterCommit) => {
        const change: TransferChange = { db, tx, afterCommit, caller }
        return presentOne(tx, await changeTransfer(change, params.transfer_id, body), query.view)
      }),
  )

  app.delete(
    '/v1/transfers/:transfer_id',
    {
      schema: {
        tags,
        summary: 'Delete a transfer and its runs',
        params: TransferPath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      await db.withCaller(caller, (tx: Tx, afterCommit) =>
        removeTransfer({ db, tx, afterCommit, caller }, params.transfer_id),
      )
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/v1/transfers/:transfer_id/copy_transfer',
    {
      schema: {
        tags,
        summary: 'Copy a transfer with its connections, their credentials left out',
        params: TransferPath,
        querystring: Type.Object(View),
        body: Type.Object({
          new_group_id: Id,
          new_queue_id: Id,
          new_source_connection_name: orNull(Type.String({ minLength: 3, maxLength: 128 })),
          new_target_connection_name: orNull(Type.String({ minLength: 3, maxLength: 128 })),
          new_name: orNull(Type.String({ minLength: 3, maxLength: 128 })),
          remove_source: Type.Boolean({ default: false }),
        }),
        response: { 200: TransferRead },
      },
    },
    async ({ caller, params, body, query }) =>
      db.withCaller(caller, async (tx: Tx, afterCommit) => {
        const change: TransferChange = { db, tx, afterCommit, caller }
        return presentOne(tx, await copyTransfer(change, params.transfer_id, body), query.view)
      }),
  )
}

async function presentOne(tx: Tx, transfer: Transfer, view: 'full' | undefined) {
  const [shown] = await presentAll(tx, [transfer], view)
  if (shown === undefined) throw new Error('one in, one out')
  return shown
}

const NEXT_RUNS = 3

async function presentAll(
  tx: Tx,
  transfers: Transfer[],
  view: 'full' | undefined,
): Promise<Static<typeof TransferRead>[]> {
  if (view !== 'full') return transfers.map(plain)
  const runs = await lastRuns(tx, transfers)
  const skipped = await lastSkipped(tx, transfers)
  const now = new Date()
  return transfers.map((transfer) => ({
    ...plain(transfer),
    source_params: transfer.source_params,
    target_params: transfer.target_params,
    timezone: transfer.timezone,
    missed_runs: transfer.missed_runs,
    overlap: transfer.overlap,
    schedule_problem: scheduleProblem(transfer),
    last_skipped: presentSkipped(skipped.get(transfer.id)),
    created_at: transfer.created_at.toISOString(),
    updated_at: transfer.updated_at.toISOString(),
    last_run: presentRun(runs.get(transfer.id)),
    next_runs: nextRuns(transfer, now, NEXT_RUNS).map((at) => at.toISOString()),
  }))
}

function presentSkipped(skipped: Skipped | undefined) {
  if (skipped === undefined) return null
  const { scheduled_for: at, reason, times, message } = skipped
  return { scheduled_for: at.toISOString(), reason, times, message }
}

function presentRun(run: LastRun | undefined) {
  if (run === undefined) return null
  const { id, status, started_at: started, ended_at: ended } = run
  return { id, status, started_at: started?.toISOString() ?? null, ended_at: ended?.toISOString() ?? null }
}

/** Exactly SyncMaster's fields; ours within the params are left to the full view. */
function plain(transfer: Transfer): Static<typeof TransferRead> {
  const { id, group_id, queue_id, source_connection_id, target_connection_id, name, description } = transfer
  const { strategy_params, transformations, resources, is_scheduled, schedule } = transfer
  return {
    id,
    group_id,
    queue_id,
    source_connection_id,
    target_connection_id,
    name,
    description,
    source_params: transfer.source_params,
    target_params: withoutOurs(transfer.target_params),
    strategy_params,
    transformations,
    resources: { ...resources },
    is_scheduled,
    schedule,
  }
}

function withoutOurs(params: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(params).filter(([name]) => name !== 'write' && name !== 'overwrite'),
  )
}
