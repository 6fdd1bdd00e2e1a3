/** When a transfer runs by itself: a timer per scheduled transfer, set in the transaction that schedules it. */
import { type Cron, everComes, isTimeZone, nextTime, nextTimes, readCron } from '#cron'
import { cancelTimer, type InTransaction, setTimer } from '#timer'
import type { Transfer } from './transfer.store.ts'

export const SCHEDULE_KIND = 'transfer.schedule'

/** How late a start may be and still count as on time, as SyncMaster has it. */
const GRACE_MS = 300_000

type Scheduled = Pick<Transfer, 'is_scheduled' | 'schedule' | 'timezone'>

/** What is wrong with a cron line, for the one who wrote it; null when it is well and comes some day. */
export function cronProblem(text: string): string | null {
  const read = readCron(text)
  if ('problem' in read) return read.problem
  return everComes(read.cron) ? null : `'${text}' never comes: there is no such day`
}

export function timezoneProblem(name: string): string | null {
  return isTimeZone(name) ? null : `There is no time zone '${name}'; write one as Europe/Berlin, or UTC`
}

/** Why a transfer that is scheduled never runs, if so: a text that came in by SQL may be anything. */
export function scheduleProblem({ is_scheduled, schedule, timezone }: Scheduled): string | null {
  return is_scheduled ? (cronProblem(schedule) ?? timezoneProblem(timezone)) : null
}

/** The next times, in order; none when it is not scheduled or its schedule cannot be read. */
export function nextRuns(transfer: Scheduled, after: Date, count: number): Date[] {
  const cron = cronOf(transfer)
  return cron === null ? [] : nextTimes(cron, transfer.timezone, after, count)
}

export async function keepTimer(
  act: InTransaction,
  transfer: Scheduled & Pick<Transfer, 'id' | 'group_id'>,
  now: Date,
): Promise<void> {
  const [dueAt] = nextRuns(transfer, now, 1)
  const key = String(transfer.id)
  if (dueAt === undefined) await cancelTimer(act.tx, SCHEDULE_KIND, key)
  else await setTimer(act, { kind: SCHEDULE_KIND, key, dueAt, payload: { group_id: transfer.group_id } })
}

/** What is to be done about the times of a schedule that have come. */
export interface Due {
  /** The time that is settled by this, with a run or without; null: none has come. */
  time: Date | null
  /** Whether a run is to start for it. */
  starts: boolean
  /** Times that passed while nobody was there to start them, the first of them and how many. */
  missed: { first: Date; times: number } | null
  next: Date | null
}

export interface DueQuestion {
  /** The first time that has come. */
  dueAt: Date
  /** The newest time that has its run, or is written down as skipped: all before it is settled, too. */
  settledUntil: Date | null
  now: Date
}

/**
 * However many times have come since `dueAt`, the newest stands for them all, and at most one run starts. What is
 * settled is never started again, so whoever is killed in the middle may ask once more.
 */
export function whatIsDue(
  transfer: Scheduled & Pick<Transfer, 'missed_runs'>,
  { dueAt, settledUntil, now }: DueQuestion,
): Due {
  const cron = cronOf(transfer)
  if (cron === null) return { time: null, starts: false, missed: null, next: null }
  const { timezone, missed_runs: missedRuns } = transfer
  const next = nextTime(cron, timezone, now)
  const isSettled = settledUntil !== null && settledUntil >= dueAt
  const from = isSettled ? settledUntil : new Date(dueAt.getTime() - 1)
  // What was due counts, although by newer rules of its zone it would be another time.
  const time = newestTime(cron, timezone, { after: from, until: now }) ?? (isSettled ? null : dueAt)
  if (time === null || time > now) return { time: null, starts: false, missed: null, next }
  const graceFrom = new Date(now.getTime() - GRACE_MS)
  const missed = missedTimes(cron, timezone, { after: from, until: new Date(graceFrom.getTime() - 1) })
  return { time, starts: time >= graceFrom || missedRuns === 'one', missed, next }
}

interface Span {
  after: Date
  until: Date
}

const HOUR_MS = 3_600_000
/** Each finds in few steps what the one before it did not: an hour has 60 times at most. */
const BACK_MS = [HOUR_MS, 24 * HOUR_MS, 32 * 24 * HOUR_MS, 366 * 24 * HOUR_MS, 41 * 366 * 24 * HOUR_MS]

function newestTime(cron: Cron, timezone: string, { after, until }: Span): Date | null {
  for (const backMs of BACK_MS) {
    const from = new Date(Math.max(after.getTime(), until.getTime() - backMs))
    let newest: Date | null = null
    for (let at = nextTime(cron, timezone, from); at !== null && at <= until;) {
      newest = at
      at = nextTime(cron, timezone, at)
    }
    if (newest !== null || from.getTime() === after.getTime()) return newest
  }
  return null
}

/** More exactly nobody wants to know it. */
const MOST_COUNTED = 1_000

function missedTimes(cron: Cron, timezone: string, { after, until }: Span): Due['missed'] {
  const first = nextTime(cron, timezone, after)
  if (first === null || first > until) return null
  let times = 0
  for (let at: Date | null = first; at !== null && at <= until && times < MOST_COUNTED; times += 1) {
    at = nextTime(cron, timezone, at)
  }
  return { first, times }
}

function cronOf(transfer: Scheduled): Cron | null {
  if (!transfer.is_scheduled || scheduleProblem(transfer) !== null) return null
  const read = readCron(transfer.schedule)
  return 'cron' in read ? read.cron : null
}
