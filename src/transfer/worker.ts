/** The worker: claims runs by queue, carries each in a process of its own, and starts what is scheduled. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Database } from '#database'
import { Fault } from '#fault'
import { systemCaller } from '#identity'
import { type LeaseServer, serveLeases } from '#lease'
import type { Log } from '#log'
import { serveTimers, type Timer } from '#timer'
import { carryRun, type CarryOptions, type ClaimedRun, giveUpRun, MAX_ATTEMPTS } from './carry-run.ts'
import type { Tx } from './queue.store.ts'
import { putInQueue, WORK_CHANNEL } from './run.ts'
import { nextRuns, SCHEDULE_KIND } from './schedule.ts'
import { findTransfer, type Transfer } from './transfer.store.ts'

export interface WorkerOptions extends CarryOptions {
  /** Slugs of the queues to serve; empty: all. */
  queues: string[]
  /** Runs at once. */
  runs: number
}

export interface Worker {
  stop: () => Promise<void>
}

export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { db, log, queues } = options
  await mkdir(options.temporaryFolder, { recursive: true, mode: 0o700 })
  await sweep(options)
  const sweeping = setInterval(() => {
    sweep(options).catch((error: unknown) => log.warn({ err: error }, 'temporary files are not swept'))
  }, SWEEP_EVERY_MS)
  const ready = `queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')`
  const leases = serveLeases<ClaimedRun>({
    db,
    log,
    table: 'transfer.run',
    columns: 'group_id as "groupId"',
    ready: queues.length === 0 ? ready : `${ready} and queue_slug = any ($1::text[])`,
    values: queues.length === 0 ? [] : [queues],
    order: 'queued_at, id',
    channel: WORK_CHANNEL,
    concurrency: options.runs,
    maxAttempts: MAX_ATTEMPTS,
    work: (row, signal) => carryRun(options, row, signal),
    onExhausted: (row) => giveUpRun(options, row),
  })
  const timers = serveTimers({
    db,
    log,
    kinds: { [SCHEDULE_KIND]: (timer) => startScheduled(db, log, timer) },
  })
  const stopping = (server: LeaseServer) => server.stop(STOP_GRACE_MS)
  return {
    stop: async () => {
      clearInterval(sweeping)
      await Promise.all([stopping(leases), stopping(timers)])
    },
  }
}

/**
 * Takes away what killed workers left in the folder. Others may share it, so a run's own folder goes when the run
 * is over, wherever it ended in the meantime; anything else when it is too old to be at work.
 */
async function sweep({ db, temporaryFolder }: WorkerOptions): Promise<void> {
  const names = await readdir(temporaryFolder)
  const runs = names.flatMap((name) => RUN_FOLDER.exec(name)?.[1] ?? []).map(Number)
  const open = new Set(runs.length === 0 ? [] : await openRuns(db, runs))
  for (const name of names) {
    const run = RUN_FOLDER.exec(name)?.[1]
    const left = path.join(temporaryFolder, name)
    const isOver = run === undefined ? await isOld(left) : !open.has(Number(run))
    if (isOver) await rm(left, { recursive: true, force: true })
  }
}

async function openRuns(db: Database, ids: number[]): Promise<number[]> {
  const { rows } = await db.withConnection({ databaseRole: 'crosstie_worker', claims: {} }, (client) =>
    client.query<{ id: number }>(
      `select id from transfer.run
       where id = any ($1::bigint[]) and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')`,
      [ids],
    ),
  )
  return rows.map(({ id }) => id)
}

async function isOld(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null)
  return found !== null && found.mtimeMs < Date.now() - LEFT_AFTER_MS
}

/** As `carryRun` names them. */
const RUN_FOLDER = /^run_(\d{1,15})$/
const LEFT_AFTER_MS = 24 * 60 * 60_000
const SWEEP_EVERY_MS = 10 * 60_000

/** A run that is under way is not waited for: another worker, or the next start, takes it up. */
const STOP_GRACE_MS = 1_000

/** Starts the run of one scheduled time; answers the next one. A time that was missed is made up for once. */
async function startScheduled(db: Database, log: Log, timer: Timer): Promise<Date | null> {
  const { group_id: groupId } = timer.payload as { group_id: number } // as `keepTimer` wrote it
  const transferId = Number(timer.key)
  try {
    const caller = await systemCaller(db, groupId)
    return await db.withCaller(caller, async (tx: Tx, afterCommit) => {
      const transfer = await findTransfer(tx, transferId)
      if (transfer === undefined) return null
      const [next = null] = nextRuns(transfer, new Date(), 1)
      if (next !== null && (await connectorsAreActive(tx, transfer))) {
        await putInQueue({ db, tx, afterCommit, caller }, transfer, timer.dueAt)
      }
      return next
    })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    if (error.code === 'identity.group_missing') return null
    log.warn({ transfer: transferId, err: error }, `A scheduled run could not start: ${error.message}`)
    return nextOf(db, groupId, transferId)
  }
}

async function nextOf(db: Database, groupId: number, transferId: number): Promise<Date | null> {
  const caller = await systemCaller(db, groupId)
  const transfer = await db.withCaller(caller, (tx: Tx) => findTransfer(tx, transferId))
  return transfer === undefined ? null : (nextRuns(transfer, new Date(), 1)[0] ?? null)
}

/** An inactive connection stops schedules, not a run by hand. */
async function connectorsAreActive(tx: Tx, transfer: Transfer): Promise<boolean> {
  const { source_connection_id: source, target_connection_id: target } = transfer
  const inactive = await tx
    .selectFrom('connect.connection as c')
    .innerJoin('public.integration_connectors as i', 'i.id', 'c.connector_id')
    .select('c.id')
    .where('c.id', 'in', [source, target])
    .where('i.status', '<>', 'active')
    .execute()
  return inactive.length === 0
}
