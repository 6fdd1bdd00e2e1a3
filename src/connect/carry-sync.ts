/** One sync from its claim to its end: read the other system, compare, keep. */
import type { Database } from '#database'
import { emit } from '#event'
import { Fault, messageOf } from '#fault'
import { type Caller, systemCaller } from '#identity'
import type { LeasedRow } from '#lease'
import type { Log } from '#log'
import { applyCatalog } from './apply-catalog.ts'
import { applyDirectory } from './apply-directory.ts'
import { applyListing } from './apply-listing.ts'
import { type Connection, findConnection, type Tx } from './connection.store.ts'
import { actorOf, noteOutcome } from './health.ts'
import type { OpenFresh } from './oauth.ts'
import type { Actions, Opened } from './provider.ts'
import { SYNC_CHANNEL, WORK_CHANNEL } from './sync.ts'
import type { Applied, Reading } from './sync-kind.ts'
import {
  endSync,
  insertChanges,
  markRunning,
  setLastSynced,
  type SyncEnd,
  type SyncRow,
  writeProgress,
} from './sync.store.ts'
import type { SyncProgress } from './tables.ts'

export interface ClaimedSync extends LeasedRow {
  groupId: number
}

export interface SyncOptions {
  db: Database
  log: Log
  actions: ReadonlyMap<string, Actions>
  openFresh: OpenFresh
  /** The most tables, files or people of one connection. */
  limit: number
}

export const MAX_ATTEMPTS = 3
const TIME_LIMIT_MS = 30 * 60_000
/** Progress goes out, and a stop is noticed, at most so often. */
const TICK_MS = 500

class LeaseLost extends Error {}
class Stopped extends Error {}

interface Attempt {
  options: SyncOptions
  caller: Caller
  held: ClaimedSync
  sync: SyncRow
  connection: Connection
  signal: AbortSignal
  /** What the provider had to say of the connection itself. */
  advice: string[]
}

/** Ends normally when the sync is over; throws when it is not ours any more, or should be tried again. */
export async function carrySync(options: SyncOptions, row: ClaimedSync, lease: AbortSignal): Promise<void> {
  const { db } = options
  const caller = await systemCaller(db, row.groupId)
  const begun = await db.withCaller(caller, async (tx: Tx) => {
    const sync = await markRunning(tx, row)
    const connection = sync && (await findConnection(tx, sync.connection_id))
    return sync && connection && { sync, connection }
  })
  if (begun === undefined) return
  const stop = new AbortController()
  const attempt: Attempt = {
    options,
    caller,
    held: row,
    ...begun,
    advice: [],
    signal: AbortSignal.any([lease, stop.signal, AbortSignal.timeout(TIME_LIMIT_MS)]),
  }
  if (begun.sync.state === 'stopping') return end(attempt, { state: 'stopped' })
  db.notify(SYNC_CHANNEL, String(row.id))
  const watch = watchSync(attempt, stop)
  try {
    const opened = await options.openFresh(caller, attempt.connection)
    const apply = await read(attempt, opened, watch.progress)
    watch.end()
    await keep(attempt, apply)
  } catch (error) {
    watch.end()
    await fail(attempt, stop.signal.aborted ? stop.signal.reason : error, lease)
  }
}

type Apply = (act: Parameters<typeof applyCatalog>[0]) => Promise<Applied>

/** Reads all there is; answers how it is kept, which is one transaction's work. */
async function read(attempt: Attempt, opened: Opened, progress: Reading['progress']): Promise<Apply> {
  const { options, connection, sync, signal } = attempt
  const hands = options.actions.get(connection.provider)?.sync
  if (hands === undefined) {
    throw new Fault(
      'bad_request',
      'connect.nothing_to_sync',
      `There is nothing to sync at ${connection.provider}.`,
    )
  }
  const reading: Reading = {
    signal,
    limit: options.limit,
    progress,
    advise: (words) => attempt.advice.push(words),
  }
  const place = { connection, syncId: sync.id }
  if (hands.kind === 'catalog') {
    const tables = await unlessAborted(hands.read(opened, reading), signal)
    return (act) => applyCatalog(act, place, tables)
  }
  if (hands.kind === 'listing') {
    const files = await unlessAborted(hands.read(opened, reading), signal)
    return (act) => applyListing(act, place, files)
  }
  const directory = await unlessAborted(hands.read(opened, reading), signal)
  return (act) => applyDirectory(act, { ...place, forced: sync.forced }, directory)
}

/** A provider that does not look at the signal is left behind, not waited for. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const gone = Promise.withResolvers<never>()
  const onAbort = () => gone.reject(signal.reason instanceof Error ? signal.reason : new Stopped())
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  work.catch(() => {})
  try {
    return await Promise.race([work, gone.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

async function keep(
  { options: { db }, caller, held, sync, connection, advice }: Attempt,
  apply: Apply,
): Promise<void> {
  await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    const act = { db, tx, afterCommit }
    const { counts, changes, summary } = await apply(act)
    await insertChanges(tx, sync, changes)
    await setLastSynced(tx, connection.uuid)
    await noteOutcome(act, await current(tx, connection), { ok: true, advice: advice[0] })
    // Last: under a lost lease all of it is rolled back.
    if (!(await endSync(tx, held, { state: 'succeeded', counts, summary: [summary, ...advice].join(' ') })))
      throw new LeaseLost()
    afterCommit(() => told(db, sync.id))
  })
}

async function fail(attempt: Attempt, error: unknown, lease: AbortSignal): Promise<void> {
  if (error instanceof LeaseLost || lease.aborted) throw error
  if (error instanceof Stopped) return end(attempt, { state: 'stopped' })
  const fault = faultOf(error)
  if (fault === null || fault.code === 'platform.database_unavailable') {
    if (attempt.held.attempts < MAX_ATTEMPTS) throw error
    attempt.options.log.error({ sync: attempt.sync.id, err: error }, 'a sync failed by a bug')
  }
  const known = fault ?? new Fault('failed', 'connect.internal', `Internal error: ${messageOf(error)}`)
  const { code, message } = known
  await end(attempt, { state: 'failed', error: { code, message, actor: actorOf(known) } }, known)
}

function faultOf(error: unknown): Fault | null {
  if (error instanceof Fault) return error
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError'
  const message = `The sync was not over after ${TIME_LIMIT_MS / 60_000} minutes and was ended.`
  return isTimeout ? new Fault('timed_out', 'connect.sync_too_long', message) : null
}

async function end(attempt: Attempt, ended: SyncEnd, fault?: Fault): Promise<void> {
  const { options, caller, held, sync, connection } = attempt
  const { db } = options
  await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    const act = { db, tx, afterCommit }
    if (!(await endSync(tx, held, ended))) throw new LeaseLost()
    if (fault !== undefined) {
      await noteOutcome(act, await current(tx, connection), { ok: false, fault })
      const { id, name, provider, group_id: groupId } = connection
      const payload = { connection_id: id, name, provider, sync_id: sync.id, ...ended.error }
      await emit(act, { groupId, kind: 'sync.failed', key: `sync ${sync.id}`, payload })
    }
    afterCommit(() => told(db, sync.id))
  })
}

/** The connection as it is at the end: its status may have been changed in between. */
async function current(tx: Tx, connection: Connection): Promise<Connection> {
  return (await findConnection(tx, connection.id)) ?? connection
}

function told(db: Database, syncId: number): void {
  db.notify(SYNC_CHANNEL, String(syncId))
  // One that waited behind it may begin.
  db.notify(WORK_CHANNEL, '')
}

/** Writes how far it is and reads whether it is still wanted, twice a second. */
function watchSync(
  { options: { db, log }, caller, held, sync }: Attempt,
  stop: AbortController,
): { progress: Reading['progress']; end: () => void } {
  let newest: SyncProgress = { phase: 'reading', done: 0, total: null }
  let busy = false
  const tick = async (): Promise<void> => {
    if (busy) return
    busy = true
    const written = newest
    try {
      const state = await db.withCaller(caller, (tx: Tx) => writeProgress(tx, held, written))
      if (state === 'stopping') stop.abort(new Stopped())
      if (state === undefined) stop.abort(new LeaseLost())
      db.notify(SYNC_CHANNEL, String(sync.id))
    } catch (error) {
      log.warn({ sync: sync.id, err: error }, 'progress of a sync is not written')
    }
    busy = false
  }
  const timer = setInterval(() => void tick(), TICK_MS)
  return {
    progress: (phase, done, total) => {
      newest = { phase, done, total: total ?? null }
    },
    end: () => clearInterval(timer),
  }
}

/** A sync whose worker was killed too often. */
export async function giveUpSync({ db }: Pick<SyncOptions, 'db'>, row: ClaimedSync): Promise<void> {
  const caller = await systemCaller(db, row.groupId)
  const message = `Given up: the worker of this sync was lost ${MAX_ATTEMPTS} times.`
  await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    await endSync(tx, row, {
      state: 'failed',
      error: { code: 'connect.given_up', message, actor: 'operator' },
    })
    afterCommit(() => told(db, row.id))
  })
}
