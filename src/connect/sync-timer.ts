/** What a schedule does when its time has come: a sync, or in words why none. Then the next time. */
import type { Database } from '#database'
import { Fault } from '#fault'
import { systemCaller } from '#identity'
import type { Log } from '#log'
import { setTimer, type Timer } from '#timer'
import { type Connection, findConnection, type Tx } from './connection.store.ts'
import { manifestOf } from './manifests.ts'
import { ASLEEP, type SyncAct, wake } from './sync.ts'
import { jitterMs, nextSyncs, readSchedule, type Schedule, SCHEDULE_KIND } from './sync-schedule.ts'
import { findOpenSync, insertSync } from './sync.store.ts'

export interface TimerOptions {
  db: Database
  log: Log
  clock?: () => Date
  random?: () => number
}

interface Payload {
  group_id: number
  /** Set by the database when the schedule was written: only the next time is wanted. */
  plan?: boolean
  /** The time that is due, without its jitter. */
  at?: string
}

/** A start that is so late still counts as on time. */
const GRACE_MS = 5 * 60_000

/** Sets the next time itself, with what it is to know then; so it always answers that this one is done. */
export async function actOnSchedule(options: TimerOptions, timer: Timer): Promise<null> {
  const { db, log, clock = () => new Date(), random = Math.random } = options
  const payload = timer.payload as Payload // as the trigger and `setNext` write it
  try {
    const caller = await systemCaller(db, payload.group_id)
    await db.withCaller(caller, async (tx: Tx, afterCommit) => {
      const connection = await findConnection(tx, Number(timer.key))
      if (connection === undefined) return
      const read = readSchedule(connection.schedule)
      if ('problem' in read) {
        // It came in by SQL. Others go on; this one rests until it is written anew.
        log.warn(
          { connection: connection.id },
          `The schedule of a connection cannot be read: ${read.problem}`,
        )
        return
      }
      const { schedule } = read
      if (schedule.type === 'manual' || !schedule.enabled) return
      const act = { db, tx, afterCommit, caller }
      const due = payload.plan === true ? null : new Date(payload.at ?? timer.dueAt)
      if (due !== null) await startDue(act, connection, { schedule, due, now: clock() })
      const anchor = due ?? clock()
      const [next] = nextSyncs(schedule, clock(), 1, anchor)
      if (next === undefined) return
      await setTimer(act, {
        kind: SCHEDULE_KIND,
        key: timer.key,
        dueAt: new Date(next.getTime() + jitterMs(schedule, random)),
        payload: { group_id: connection.group_id, at: next.toISOString() },
      })
    })
  } catch (error) {
    // The group is gone, and all of its connections with it.
    if (!(error instanceof Fault) || error.code !== 'identity.group_missing') throw error
  }
  return null
}

async function startDue(
  act: SyncAct,
  connection: Connection,
  { schedule, due, now }: { schedule: Exclude<Schedule, { type: 'manual' }>; due: Date; now: Date },
): Promise<void> {
  const { db, tx, afterCommit, caller } = act
  if (manifestOf(connection.provider)?.can.sync !== true) return
  // An inactive connection has no history of what it did not do.
  if (ASLEEP.includes(connection.status)) return
  const made = {
    connectionId: connection.id,
    groupId: connection.group_id,
    userId: caller.userId,
    scheduledFor: due,
  }
  const lateMs = now.getTime() - due.getTime()
  if (schedule.missed === 'skip' && lateMs > GRACE_MS + (jitterMs(schedule, () => 1) || 0)) {
    const message = `No hub was up at ${due.toISOString()}; the schedule leaves out what it missed.`
    const skipped = { code: 'connect.sync_missed', message, actor: 'operator' as const }
    await insertSync(tx, { ...made, trigger: 'schedule', skipped })
    return
  }
  const open = await findOpenSync(tx, connection.id)
  if (open !== undefined && schedule.overlap === 'skip') {
    const message = `The sync ${open.id} was not over at ${due.toISOString()}.`
    const skipped = { code: 'connect.sync_overlap', message, actor: 'you' as const }
    await insertSync(tx, { ...made, trigger: 'schedule', skipped })
    return
  }
  const sync = await insertSync(tx, { ...made, trigger: 'schedule' })
  if (sync !== undefined) wake(db, afterCommit, sync.id)
}
