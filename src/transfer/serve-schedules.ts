/** Starts what is scheduled. A due time is settled once: by a run, or by a fact that says why there is none. */
import { ASLEEP } from '#connect'
import type { Database } from '#database'
import { emit } from '#event'
import { Fault } from '#fault'
import { systemCaller } from '#identity'
import type { LeaseServer } from '#lease'
import type { Log } from '#log'
import { serveTimers, type Timer } from '#timer'
import type { Tx } from './queue.store.ts'
import { putInQueue } from './run.ts'
import { type Due, keepTimer, SCHEDULE_KIND, scheduleProblem, whatIsDue } from './schedule.ts'
import { lockTransfer, openRuns, putSkipped, settledUntil, type Skipped } from './schedule.store.ts'
import type { TransferChange } from './transfer.ts'
import { findTransfer, type Transfer } from './transfer.store.ts'

export interface ScheduleOptions {
  db: Database
  log: Log
  /** Decides what is due and what comes next; tests have their own. */
  clock?: (() => Date) | undefined
}

export function serveSchedules({ db, log, clock = () => new Date() }: ScheduleOptions): LeaseServer {
  const handle = async (timer: Timer): Promise<Date | null> => {
    const { group_id: groupId } = timer.payload as TimerPayload
    try {
      const caller = await systemCaller(db, groupId)
      return await db.withCaller(caller, (tx: Tx, afterCommit) =>
        settle({ change: { db, tx, afterCommit, caller }, log, now: clock() }, timer),
      )
    } catch (error) {
      if (error instanceof Fault && error.code === 'identity.group_missing') return null
      throw error
    }
  }
  return serveTimers({ db, log, clock, kinds: { [SCHEDULE_KIND]: handle } })
}

/** As `keepTimer` writes it, or the trigger of transfers that come in by SQL. */
interface TimerPayload {
  group_id: number
  /** It is not due: the schedule is to be looked at. */
  look?: true
}

interface Settling {
  change: TransferChange
  log: Log
  now: Date
}

/** Answers when the schedule is due next. */
async function settle(settling: Settling, timer: Timer): Promise<Date | null> {
  const { change, now } = settling
  const { tx } = change
  const id = Number(timer.key)
  await lockTransfer(tx, id)
  const transfer = await findTransfer(tx, id)
  if (transfer === undefined || !transfer.is_scheduled) return null
  const problem = scheduleProblem(transfer)
  if (problem !== null) {
    await tellBroken(settling, transfer, problem)
    return null
  }
  const { look = false } = timer.payload as TimerPayload
  if (look) {
    // Set anew, so that it is a plain timer from now on; what this answers then counts for nothing.
    await keepTimer(change, transfer, timer.dueAt)
    return null
  }
  const settled = await settledUntil(tx, transfer)
  const due = whatIsDue(transfer, { dueAt: timer.dueAt, settledUntil: settled, now })
  if (due.time !== null) await settleTime(settling, transfer, { ...due, time: due.time })
  return due.next
}

async function settleTime(settling: Settling, transfer: Transfer, due: Due & { time: Date }): Promise<void> {
  const { missed, starts, time } = due
  const obstacle = starts ? await start(settling, transfer, time) : null
  const fact = obstacle ?? (missed === null ? null : missedFact(missed, starts))
  if (fact !== null) {
    await tellSkipped(settling, transfer, { scheduled_for: time, times: missed?.times ?? 1, ...fact })
  }
}

type Reason = Pick<Skipped, 'reason' | 'message'>

function missedFact({ first, times }: NonNullable<Due['missed']>, starts: boolean): Reason {
  const many = times === 1 ? 'one due time' : `${times} due times`
  const then = starts ? 'one run makes up for it' : 'the schedule goes on with its next time'
  const message = `Passed without a worker: ${many}, from ${first.toISOString()} on; ${then}.`
  return { reason: 'missed', message }
}

/** How many runs of one transfer may wait; more of them would only do the same once more. */
const MOST_OPEN = 10

/** Puts a run in its queue; answers why not, if it cannot. */
async function start({ change }: Settling, transfer: Transfer, time: Date): Promise<Reason | null> {
  const { tx } = change
  const open = await openRuns(tx, transfer, MOST_OPEN)
  const [first] = open
  if (first !== undefined && transfer.overlap === 'skip') {
    return { reason: 'overlap', message: `Run ${first} was not over.` }
  }
  if (open.length >= MOST_OPEN) {
    return {
      reason: 'queue_full',
      message: `${MOST_OPEN} runs of this transfer were waiting, first run ${first}.`,
    }
  }
  const inactive = await inactiveConnection(tx, transfer)
  if (inactive !== null) {
    return { reason: 'connection_inactive', message: `The connection "${inactive}" is inactive.` }
  }
  try {
    await putInQueue(change, transfer, time)
    return null
  } catch (error) {
    // A database that is away is no reason to let the time go: the timer is tried again.
    if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
    return { reason: 'refused', message: error.message }
  }
}

/** The name of one that is. It stops schedules, not a run by hand. */
async function inactiveConnection(tx: Tx, transfer: Transfer): Promise<string | null> {
  const { source_connection_id: source, target_connection_id: target } = transfer
  const inactive = await tx
    .selectFrom('connect.connection as c')
    .innerJoin('public.integration_connectors as i', 'i.id', 'c.connector_id')
    .select('c.name')
    .where('c.id', 'in', [source, target])
    // One that is `error` may have mended; its run will tell.
    .where('i.status', 'in', ASLEEP)
    .orderBy('c.id')
    .executeTakeFirst()
  return inactive?.name ?? null
}

async function tellSkipped({ change, log }: Settling, transfer: Transfer, skipped: Skipped): Promise<void> {
  const { id, group_id: groupId, name } = transfer
  await putSkipped(change.tx, transfer, skipped)
  const payload = { transfer_id: id, transfer_name: name, ...skipped }
  const key = `transfer ${id} ${skipped.scheduled_for.toISOString()}`
  await emit(change, { groupId, kind: 'schedule.skipped', key, payload })
  const { reason, message, times } = skipped
  log.warn({ transfer: id, reason, times }, `The schedule of transfer ${id}, "${name}": ${message}`)
}

/** Once for each text that is wrong: the timer rests until the schedule is changed. */
async function tellBroken(
  { change, log, now }: Settling,
  transfer: Transfer,
  problem: string,
): Promise<void> {
  const { id, group_id: groupId, name } = transfer
  const payload = { transfer_id: id, transfer_name: name, problem }
  const key = `transfer ${id} ${now.toISOString()}`
  await emit(change, { groupId, kind: 'schedule.broken', key, payload })
  log.error({ transfer: id }, `Transfer ${id}, "${name}", is not started by its schedule: ${problem}`)
}
