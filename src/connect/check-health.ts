/** Looks after connections by the clock: the same check as Test, and what it says is noted. */
import type { Database } from '#database'
import { Fault } from '#fault'
import { systemCaller } from '#identity'
import type { LeasedRow } from '#lease'
import { type Connection, findConnection, type Tx } from './connection.store.ts'
import { noteOutcome, type Outcome, restAfter } from './health.ts'
import { findHealth, setDue } from './health.store.ts'
import { inTime } from './in-time.ts'
import type { OpenFresh } from './oauth.ts'
import type { Actions } from './provider.ts'

export interface ClaimedHealth extends LeasedRow {
  groupId: number
  connectionId: number
}

export interface HealthOptions {
  db: Database
  actions: ReadonlyMap<string, Actions>
  openFresh: OpenFresh
  everyMs: number
}

export async function checkHealth(options: HealthOptions, row: ClaimedHealth): Promise<void> {
  const { db, everyMs } = options
  const caller = await systemCaller(db, row.groupId)
  const connection = await db.withCaller(caller, (tx: Tx) => findConnection(tx, row.connectionId))
  if (connection === undefined) return
  const outcome = await lookAt(options, caller, connection)
  await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    const now = await findConnection(tx, connection.id)
    if (now === undefined) return
    if (outcome !== null) await noteOutcome({ db, tx, afterCommit }, now, outcome)
    const health = await findHealth(tx, connection.id)
    const rest = health === undefined || outcome === null ? everyMs : restAfter(health, everyMs)
    // A little apart, so that what was made together is not asked together for ever.
    await setDue(tx, connection.id, new Date(Date.now() + rest * (0.9 + Math.random() * 0.2)))
  })
}

/** Null: there is nothing to look at, or nobody wants it. */
async function lookAt(
  { actions, openFresh }: HealthOptions,
  caller: Parameters<OpenFresh>[0],
  connection: Connection,
): Promise<Outcome | null> {
  const hands = actions.get(connection.provider)
  if (hands === undefined || connection.status === 'inactive' || connection.status === 'paused') return null
  const outcome = await outcomeOf(async () => hands.check(await openFresh(caller, connection)))
  // A copy, or one that came in by SQL, still waits for its credentials: that is not news.
  return !outcome.ok && outcome.fault.code === 'connect.credentials_missing' ? null : outcome
}

/** A check as an outcome; a bug stays a bug. */
async function outcomeOf(check: () => Promise<unknown>): Promise<Outcome> {
  try {
    await inTime(check())
    return { ok: true }
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'platform.database_unavailable') throw error
    return { ok: false, fault: error }
  }
}
