/** The worker: claims runs by queue, carries each in a process of its own, and starts what is scheduled. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Database } from '#database'
import { type LeaseServer, serveLeases } from '#lease'
import { carryRun, type CarryOptions, type ClaimedRun, giveUpRun, MAX_ATTEMPTS } from './carry-run.ts'
import { WORK_CHANNEL } from './run.ts'
import { isItsTurn } from './run-turn.ts'
import { serveSchedules } from './serve-schedules.ts'

export interface WorkerOptions extends CarryOptions {
  /** Slugs of the queues to serve; empty: all. */
  queues: string[]
  /** Runs at once. */
  runs: number
  /** Of the schedules. */
  clock?: () => Date
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
  const ready = `queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL') and ${isItsTurn}`
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
  const schedules = serveSchedules({ db, log, clock: options.clock })
  const stopping = (server: LeaseServer) => server.stop(STOP_GRACE_MS)
  return {
    stop: async () => {
      clearInterval(sweeping)
      await Promise.all([stopping(leases), stopping(schedules)])
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
