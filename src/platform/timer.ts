/**
 * What is due when: schedules, expiry, reminders, retention. A timer is one row per kind and key, set in the
 * transaction that it belongs to; some hub acts on it once it is due, under a lease.
 *
 * ```ts
 * await db.withCaller(caller, async (tx, afterCommit) => {
 *   await setTimer({ db, tx, afterCommit }, { kind: 'transfer.schedule', key: '42', dueAt, payload: {} })
 * })
 * const timers = serveTimers({ db, log, kinds: { 'transfer.schedule': (timer) => startScheduled(timer) } })
 * ```
 */
import { type QueryExecutorProvider, sql } from 'kysely'
import type { Claimant, Database } from '#database'
import { messageOf } from '#fault'
import { backoffMs, IDLE, type LeasedRow, type LeaseServer, serveLeases } from '#lease'
import type { Log } from '#log'
import type { InTransaction } from './transaction.ts'

export type { InTransaction }

export interface TimerToSet {
  kind: string
  key: string
  dueAt: Date
  payload?: object
}

export interface Timer {
  kind: string
  key: string
  /** When it was meant to be, which may be long ago if no hub was up. */
  dueAt: Date
  payload: unknown
  attempts: number
}

/**
 * Acts on a timer that is due, at least once. Answers when it is due next, or null when it is done for good.
 * A timer that is set anew meanwhile keeps its new time, whatever the handler answers.
 */
export type TimerHandler = (timer: Timer, signal: AbortSignal) => Promise<Date | null>

export interface TimerServerOptions {
  db: Database
  log: Log
  kinds: Readonly<Record<string, TimerHandler>>
  /**
   * The hub's own clock decides what is due, not the database's: whoever computes the next time uses it too,
   * and with two clocks a timer that is early by the one would be due twice by the other.
   */
  clock?: () => Date
  /** Timers acted on at a time. */
  concurrency?: number
  /** After so many failures a timer rests, with its error, until it is set anew. */
  maxAttempts?: number
  leaseMs?: number
  sweepMs?: number
  retryMs?: (attempts: number) => number
}

const CHANNEL = 'platform.timer'
const WORKER: Claimant = { databaseRole: 'crosstie_worker', claims: {} }
const CONCURRENCY = 4
/** With the doubling rest between them, about twenty minutes. */
const MAX_ATTEMPTS = 12
const SWEEP_MS = 60_000
const ERROR_LIMIT_CHARACTERS = 2_000

/** Sets a timer, or sets it anew: time, payload and attempts begin again, and whoever acts on it loses it. */
export async function setTimer({ db, tx, afterCommit }: InTransaction, timer: TimerToSet): Promise<void> {
  await sql`
    insert into platform.timer (kind, key, due_at, payload)
    values (${timer.kind}, ${timer.key}, ${timer.dueAt}, ${JSON.stringify(timer.payload ?? {})})
    on conflict (kind, key) do update set due_at = excluded.due_at, payload = excluded.payload,
      error = null, attempts = 0, lease_owner = null, lease_until = null
  `.execute(tx)
  afterCommit(() => db.notify(CHANNEL, ''))
}

/** Takes a timer away; whether there was one. A handler that is at it already is aborted. */
export async function cancelTimer(tx: QueryExecutorProvider, kind: string, key: string): Promise<boolean> {
  const result = await sql`delete from platform.timer where kind = ${kind} and key = ${key}`.execute(tx)
  return result.numAffectedRows === 1n
}

type TimerRow = LeasedRow & Omit<Timer, 'attempts'>

/** Acts on the timers of `kinds`; those of other kinds are left to hubs that know them. */
export function serveTimers(options: TimerServerOptions): LeaseServer {
  const { db, log, kinds, clock = () => new Date(), maxAttempts = MAX_ATTEMPTS } = options
  if (Object.keys(kinds).length === 0) return IDLE

  const work = async (row: TimerRow, signal: AbortSignal): Promise<void> => {
    // Only rows of these kinds are claimed.
    const handler = kinds[row.kind]!
    try {
      const { kind, key, dueAt, payload, attempts } = row
      const next = await handler({ kind, key, dueAt, payload, attempts }, signal)
      await putOff(db, row, next)
    } catch (error) {
      if (!signal.aborted) await keepError(db, row, messageOf(error))
      throw error
    }
  }

  return serveLeases<TimerRow>({
    db,
    log,
    table: 'platform.timer',
    columns: 'kind, key, due_at as "dueAt", payload',
    // One attempt more than `maxAttempts` is the one in which it is given up.
    ready: 'kind = any ($1::text[]) and attempts <= $2::int',
    values: [Object.keys(kinds), maxAttempts],
    due: { column: 'due_at', clock },
    order: 'due_at, id',
    channel: CHANNEL,
    concurrency: options.concurrency ?? CONCURRENCY,
    maxAttempts,
    sweepMs: options.sweepMs ?? SWEEP_MS,
    retryMs: options.retryMs ?? backoffMs,
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    work,
    onExhausted: async (row) => {
      const { id, kind, key } = row
      await keepError(db, row, 'Whoever acted on it was stopped in the middle, every time.', 'if none')
      log.error({ timer: id, kind, key }, `Timer ${kind} ${key} is given up after ${maxAttempts} attempts.`)
    },
  })
}

/** Only as long as the lease is ours: a timer that was set anew or taken over is not touched. */
async function putOff(db: Database, { id, owner }: TimerRow, next: Date | null): Promise<void> {
  await db.withConnection(WORKER, (client) =>
    next === null
      ? client.query('delete from platform.timer where id = $1 and lease_owner = $2', [id, owner])
      : client.query(
          `update platform.timer set due_at = $3, error = null, attempts = 0 where id = $1 and lease_owner = $2`,
          [id, owner, next],
        ),
  )
}

async function keepError(
  db: Database,
  { id, owner }: TimerRow,
  error: string,
  when: 'always' | 'if none' = 'always',
): Promise<void> {
  const text = when === 'always' ? '$3' : 'coalesce(error, $3)'
  await db.withConnection(WORKER, (client) =>
    client.query(`update platform.timer set error = left(${text}, $4) where id = $1 and lease_owner = $2`, [
      id,
      owner,
      error,
      ERROR_LIMIT_CHARACTERS,
    ]),
  )
}
