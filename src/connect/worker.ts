/** The worker's part of the room: syncs that were asked for, schedules that are due, health that is to be looked at. */
import type { Settings } from '#config'
import { IDLE, type LeaseServer, serveLeases } from '#lease'
import { serveTimers } from '#timer'
import { carrySync, type ClaimedSync, giveUpSync, MAX_ATTEMPTS, type SyncOptions } from './carry-sync.ts'
import { checkHealth, type ClaimedHealth, type HealthOptions } from './check-health.ts'
import { HEALTH_CHANNEL } from './health.ts'
import { SCHEDULE_KIND } from './sync-schedule.ts'
import { WORK_CHANNEL } from './sync.ts'
import { actOnSchedule } from './sync-timer.ts'

export interface ConnectWorkerOptions extends Omit<SyncOptions, 'limit'>, Omit<HealthOptions, 'everyMs'> {
  settings: Pick<Settings, 'syncs' | 'health_minutes' | 'limit_sync_items'>
}

const STOP_GRACE_MS = 1_000
const HEALTH_AT_ONCE = 4
/** A check that failed by a bug is not tried at once again and again. */
const HEALTH_ATTEMPTS = 1_000_000
const HEALTH_RETRY_MS = 10 * 60_000

export function startConnectWorker(options: ConnectWorkerOptions): { stop: () => Promise<void> } {
  const { db, log, settings } = options
  const limit = settings.limit_sync_items.count || Number.MAX_SAFE_INTEGER
  const syncs = serveLeases<ClaimedSync>({
    db,
    log,
    table: 'connect.sync',
    columns: 'group_id as "groupId"',
    // One that waits behind another of its connection is no work yet.
    ready: `state in ('pending', 'running', 'stopping') and not exists (
      select from connect.sync before where before.connection_id = sync.connection_id
        and before.id < sync.id and before.state in ('pending', 'running', 'stopping'))`,
    order: 'queued_at, id',
    channel: WORK_CHANNEL,
    concurrency: settings.syncs,
    maxAttempts: MAX_ATTEMPTS,
    work: (row, signal) => carrySync({ ...options, limit }, row, signal),
    onExhausted: (row) => giveUpSync(options, row),
  })
  const timers = serveTimers({
    db,
    log,
    kinds: { [SCHEDULE_KIND]: (timer) => actOnSchedule(options, timer) },
  })
  const servers = [syncs, timers, settings.health_minutes === 0 ? IDLE : serveHealth(options)]
  return {
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop(STOP_GRACE_MS)))
    },
  }
}

function serveHealth(options: ConnectWorkerOptions): LeaseServer {
  const { db, log, settings } = options
  return serveLeases<ClaimedHealth>({
    db,
    log,
    table: 'connect.health',
    columns: 'group_id as "groupId", connection_id as "connectionId"',
    ready: 'due_at is not null',
    due: { column: 'due_at', clock: () => new Date() },
    order: 'due_at, id',
    channel: HEALTH_CHANNEL,
    concurrency: HEALTH_AT_ONCE,
    maxAttempts: HEALTH_ATTEMPTS,
    sweepMs: 60_000,
    retryMs: () => HEALTH_RETRY_MS,
    work: (row) => checkHealth({ ...options, everyMs: settings.health_minutes * 60_000 }, row),
    onExhausted: async () => {},
  })
}
