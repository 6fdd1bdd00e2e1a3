/**
 * The outbox: what happened is a row in the transaction in which it happened. Commands (`message.requested`)
 * have a handler and are done once by their key; facts (`run.failed`) stay until they are pruned, for rules.
 *
 * ```ts
 * await db.withCaller(caller, async (tx, afterCommit) => {
 *   …
 *   await emit({ db, tx, afterCommit }, { groupId, kind: 'run.failed', key: `run ${id}`, payload: { run_id: id } })
 * })
 * const events = serveEvents({ db, log, handlers: { 'message.requested': (event) => send(event) } })
 * ```
 */
import { sql } from 'kysely'
import type { Claimant, Database } from '#database'
import { messageOf } from '#fault'
import { backoffMs, IDLE, type LeasedRow, type LeaseServer, serveLeases } from '#lease'
import type { Log } from '#log'
import type { InTransaction } from './transaction.ts'

export type { InTransaction }

export interface EventToEmit {
  /** The tenant whose event it is; null for the hub's own. */
  groupId: number | null
  /** `<noun>.<what happened>`. */
  kind: string
  /** What makes it the same event when it is said again; without one each is its own. */
  key?: string
  payload?: object
}

export interface Event {
  id: number
  uuid: string
  groupId: number | null
  kind: string
  key: string | null
  payload: unknown
  attempts: number
}

/**
 * Handles one event, at least once: a hub may die after the work and before it is noted. `uuid` is the same
 * each time, for those who must know.
 */
export type EventHandler = (event: Event, signal: AbortSignal) => Promise<void>

export interface EventServerOptions {
  db: Database
  log: Log
  /** By kind. Events of other kinds are neither claimed nor failed: they stay as facts. */
  handlers: Readonly<Record<string, EventHandler>>
  concurrency?: number
  /** After so many failures an event has failed for good and keeps its error. */
  maxAttempts?: number
  leaseMs?: number
  sweepMs?: number
  retryMs?: (attempts: number) => number
}

const CHANNEL = 'platform.event'
const WORKER: Claimant = { databaseRole: 'crosstie_worker', claims: {} }
const CONCURRENCY = 8
const MAX_ATTEMPTS = 12
const SWEEP_MS = 5_000
const ERROR_LIMIT_CHARACTERS = 2_000
const PRUNE_BATCH = 5_000

/** Puts an event into the outbox. One that was said before, by kind and key, is not said again. */
export async function emit({ db, tx, afterCommit }: InTransaction, event: EventToEmit): Promise<void> {
  // No conflict target and no `returning`: with either, PostgreSQL asks for the right to read the event, and
  // a developer may say that a run failed without reading the group's events.
  await sql`
    insert into platform.event (group_id, kind, key, payload)
    values (${event.groupId}, ${event.kind}, ${event.key ?? null}, ${JSON.stringify(event.payload ?? {})})
    on conflict do nothing
  `.execute(tx)
  afterCommit(() => db.notify(CHANNEL, ''))
}

type EventRow = LeasedRow & Event

/** Handles the events that have a handler. */
export function serveEvents(options: EventServerOptions): LeaseServer {
  const { db, log, handlers, maxAttempts = MAX_ATTEMPTS } = options
  if (Object.keys(handlers).length === 0) return IDLE

  const work = async (row: EventRow, signal: AbortSignal): Promise<void> => {
    const { owner, ...event } = row
    try {
      // Only rows of these kinds are claimed.
      await handlers[row.kind]!(event, signal)
    } catch (error) {
      if (signal.aborted) throw error
      const last = row.attempts >= maxAttempts
      await endAttempt(db, row, { error: messageOf(error), failed: last })
      if (!last) throw error
      logFailed(log, row, messageOf(error))
      return
    }
    await db.withConnection(WORKER, (client) =>
      client.query(
        'update platform.event set handled_at = now(), error = null where id = $1 and lease_owner = $2',
        [row.id, owner],
      ),
    )
  }

  return serveLeases<EventRow>({
    db,
    log,
    table: 'platform.event',
    columns: 'uuid, group_id as "groupId", kind, key, payload',
    ready: 'handled_at is null and failed_at is null and kind = any ($1::text[])',
    values: [Object.keys(handlers)],
    // As the index has them, so that facts of other kinds are not read over.
    order: 'kind, id',
    channel: CHANNEL,
    concurrency: options.concurrency ?? CONCURRENCY,
    maxAttempts,
    sweepMs: options.sweepMs ?? SWEEP_MS,
    retryMs: options.retryMs ?? backoffMs,
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    work,
    onExhausted: async (row) => {
      const error = 'Whoever handled it was stopped in the middle, every time.'
      await endAttempt(db, row, { error, failed: true })
      logFailed(log, row, error)
    },
  })
}

async function endAttempt(
  db: Database,
  { id, owner }: EventRow,
  { error, failed }: { error: string; failed: boolean },
): Promise<void> {
  await db.withConnection(WORKER, (client) =>
    client.query(
      `update platform.event set error = left($3, $4), failed_at = case when $5 then now() end
       where id = $1 and lease_owner = $2`,
      [id, owner, error, ERROR_LIMIT_CHARACTERS, failed],
    ),
  )
}

function logFailed(log: Log, { id, kind, key, attempts }: EventRow, error: string): void {
  log.error({ event: id, kind, key, attempts }, `Event ${kind} ${key ?? id} has failed for good: ${error}`)
}

/**
 * Takes away what is older than `olderThan`: facts, and events that were handled or have failed. An event
 * that still waits for its handler is never taken, however old. Answers how many went.
 */
export async function pruneEvents(
  db: Database,
  { olderThan, handledKinds }: { olderThan: Date; handledKinds: readonly string[] },
): Promise<number> {
  let pruned = 0
  for (;;) {
    // In batches, so that no transaction holds many rows for long.
    const { rowCount } = await db.withConnection(WORKER, (client) =>
      client.query(
        `delete from platform.event where id in (
           select id from platform.event
           where created_at < $1 and (handled_at is not null or failed_at is not null or kind <> all ($2))
           order by id limit $3)`,
        [olderThan, handledKinds, PRUNE_BATCH],
      ),
    )
    pruned += rowCount ?? 0
    if ((rowCount ?? 0) < PRUNE_BATCH) return pruned
  }
}
