/** When a transfer runs by itself: a timer per scheduled transfer, set in the transaction that schedules it. */
import { Cron } from 'croner'
import { cancelTimer, type InTransaction, setTimer } from '#timer'
import type { Transfer } from './transfer.store.ts'

export const SCHEDULE_KIND = 'transfer.schedule'

type Scheduled = Pick<Transfer, 'id' | 'group_id' | 'is_scheduled' | 'schedule' | 'timezone'>

/** The next times, in order; none when it is not scheduled or its text is no cron. */
export function nextRuns(transfer: Omit<Scheduled, 'id' | 'group_id'>, after: Date, count: number): Date[] {
  if (!transfer.is_scheduled || transfer.schedule === '') return []
  try {
    return new Cron(transfer.schedule, { timezone: transfer.timezone, paused: true }).nextRuns(count, after)
  } catch {
    // A text that came in by SQL may be anything.
    return []
  }
}

export async function keepTimer(act: InTransaction, transfer: Scheduled, now: Date): Promise<void> {
  const [dueAt] = nextRuns(transfer, now, 1)
  const key = String(transfer.id)
  if (dueAt === undefined) await cancelTimer(act.tx, SCHEDULE_KIND, key)
  else await setTimer(act, { kind: SCHEDULE_KIND, key, dueAt, payload: { group_id: transfer.group_id } })
}
