/**
 * One run from its claim to its end. A run that is found STARTED was left by a worker that died: its process is
 * gone with it, what it left behind is cleared, and the witness says whether its rows are there.
 */
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '#database'
import { type EngineEvent, type Job, type JobResult, recoverJob, spawnJob } from '#engine'
import type { Change } from '#connect'
import { emit } from '#event'
import { Fault, messageOf } from '#fault'
import { type Caller, systemCaller } from '#identity'
import type { LeasedRow } from '#lease'
import type { Log } from '#log'
import { checkCarried, type EngineSettings, markName, openSides, prepareJob } from './prepare-job.ts'
import type { Tx } from './queue.store.ts'
import { isFinal, RUN_CHANNEL, type TransferDump } from './run.ts'
import { createRecorder, type Recorder } from './run-recorder.ts'
import { endRun, findRun, insertLog, markStarted, type Run, type RunEnd } from './run.store.ts'
import { othersTurn } from './run-turn.ts'
import type { PreparedRun, RunStatus } from './tables.ts'
import { deleteMark, findMark, type Mark, putMark } from './transfer.store.ts'

export interface ClaimedRun extends LeasedRow {
  groupId: number
}

export interface CarryOptions extends EngineSettings {
  db: Database
  log: Log
  temporaryFolder: string
  linesLimit: number
  /** The page of a run. */
  urlOf: (runId: number) => string
}

/** Ends normally when the run is over. Throws when it is not ours any more, or the hub stops: another takes it up. */
export async function carryRun(options: CarryOptions, row: ClaimedRun, signal: AbortSignal): Promise<void> {
  const { db } = options
  const caller = await systemCaller(db, row.groupId)
  const found = await db.withCaller(caller, async (tx: Tx) => ({
    run: await findRun(tx, row.id),
    before: await markBefore(tx, row.id),
  }))
  const { run } = found
  if (run === undefined || isFinal(run.status)) return
  const stop = new AbortController()
  const recorder = await createRecorder({
    db,
    caller,
    run: row,
    linesLimit: options.linesLimit,
    onStatus: (status) =>
      stop.abort(
        status === undefined ? new LeaseLost(row.id) : new Fault('failed', 'transfer.stopped', 'Stopped'),
      ),
    onError: (error) => options.log.warn({ run: row.id, err: error }, 'progress of a run is not written'),
  })
  const deaf = db.listen(RUN_CHANNEL, (payload) => {
    if (payload === null || payload === String(row.id)) void askStatus()
  })
  const askStatus = async () => {
    const now = await db.withCaller(caller, (tx: Tx) => findRun(tx, row.id)).catch(() => run)
    if (now?.status === 'SEND_STOP_SIGNAL') stop.abort(new Fault('failed', 'transfer.stopped', 'Stopped'))
    if (now === undefined) stop.abort(new LeaseLost(row.id))
  }
  const attempt: Attempt = { options, caller, row, run, recorder, signal, stop, mark: found.before }
  try {
    await oneAttempt(attempt)
  } finally {
    deaf()
    recorder.stop()
    await rm(folderOf(attempt), { recursive: true, force: true })
  }
}

interface Attempt {
  options: CarryOptions
  caller: Caller
  row: ClaimedRun
  run: Run
  recorder: Recorder
  /** The lease was lost, or the hub stops. */
  signal: AbortSignal
  /** Somebody asked this run to stop. */
  stop: AbortController
  mark: Mark | undefined
}

/** After so many workers died over a run it has failed: it is the run that kills them. */
export const MAX_ATTEMPTS = 3

class LeaseLost extends Error {
  constructor(id: number) {
    super(`run ${id} is no longer this worker's`)
  }
}

/** How a run is over; null when its end was written already. */
type Outcome = { end: RunEnd; result?: JobResult } | null

async function oneAttempt(attempt: Attempt): Promise<void> {
  // What the end writes may fail too (the database is away): then the run is taken up once more and found
  // committed, so that failure must not be mistaken for one of the run.
  const outcome = await outcomeOf(attempt)
  if (outcome !== null) await end(attempt, outcome.end, outcome.result)
}

async function outcomeOf(attempt: Attempt): Promise<Outcome> {
  const { options, row, signal, stop } = attempt
  try {
    return await carryOut(attempt)
  } catch (error) {
    if (error instanceof LeaseLost || signal.aborted) throw error
    if (stop.signal.reason instanceof LeaseLost) throw stop.signal.reason
    if (error instanceof Fault) {
      if (error.code === 'platform.database_unavailable') throw error
      return error.code === 'transfer.stopped' ? STOPPED : { end: { status: 'FAILED', error: error.message } }
    }
    // A bug, or the hub's database at its worst moment: another try tells which.
    if (row.attempts < MAX_ATTEMPTS) throw error
    options.log.error({ run: row.id, err: error }, 'a run failed by a bug')
    return { end: { status: 'FAILED', error: `Internal error: ${messageOf(error)}` } }
  }
}

const STOPPED: Outcome = { end: { status: 'STOPPED', error: null } }

async function carryOut(attempt: Attempt): Promise<Outcome> {
  const { options, row, run, recorder } = attempt
  const left = run.status === 'CREATED' ? 'unchanged' : await lookAtDead(attempt)
  if (left !== 'unchanged') return left
  if (run.status === 'SEND_STOP_SIGNAL') return STOPPED
  const status = await begin(attempt)
  if (status === undefined) throw new LeaseLost(row.id)
  if (status === 'SEND_STOP_SIGNAL') return STOPPED
  options.db.notify(RUN_CHANNEL, String(row.id))
  if (run.started_at !== null) {
    recorder.log(
      'warning',
      'Begun anew: the worker that had it was lost or stopped. The target is as it was.',
    )
  }
  return carry(attempt)
}

/**
 * STARTED as soon as no other run of the transfer is. The claim leaves out what has to wait; what waits here was
 * claimed in the same moment as a run of another queue.
 */
async function begin({ options, caller, row, run, signal, stop }: Attempt): Promise<RunStatus | undefined> {
  const ended = AbortSignal.any([signal, stop.signal])
  for (;;) {
    const status = await options.db.withCaller(caller, async (tx: Tx) => {
      if (run.started_at === null && (await othersTurn(tx, run))) return 'waits'
      return markStarted(tx, row, options.urlOf(row.id))
    })
    if (status !== 'waits') return status
    await sleep(TURN_MS, undefined, { signal: ended }).catch(() => {})
    ended.throwIfAborted()
  }
}

const TURN_MS = 1_000

async function carry(attempt: Attempt): Promise<Outcome> {
  const { options, row, recorder, signal, stop } = attempt
  const { job, fileMark, nothingNew } = await makeJob(attempt)
  if (nothingNew) {
    recorder.log('info', 'Every file of the folder was carried by an earlier run.')
    return { end: { status: 'FINISHED', error: null } }
  }
  const keep = async (prepared: PreparedRun | null): Promise<void> => {
    // The job commits (or its witness goes) once this is kept; under a lost lease neither may happen.
    if ((await recorder.flush({ prepared })) === undefined) throw new LeaseLost(row.id)
  }
  const onEvent = (event: EngineEvent): void | Promise<void> => {
    recorder.hear(event)
    if (event.type === 'withdrawn') return keep(null)
    if (event.type !== 'prepared') return undefined
    const { rows, witness } = event
    const mark = fileMark ?? event.mark
    return keep({ rows, witness, ...(mark === undefined ? {} : { mark }) })
  }
  const began = performance.now()
  const result = await spawnJob(job, { onEvent, signal: AbortSignal.any([signal, stop.signal]) })
  const seconds = (performance.now() - began) / 1000
  recorder.log('info', `${counted(result.rows)} carried to ${result.written} in ${seconds.toFixed(1)} s.`)
  options.log.info({ run: row.id, rows: result.rows, route: result.route }, 'run finished')
  return {
    end: { status: 'FINISHED', error: null },
    result: fileMark === undefined ? result : { ...result, mark: fileMark },
  }
}

const counted = (rows: number): string => `${rows} ${rows === 1 ? 'row' : 'rows'}`

async function makeJob(attempt: Attempt) {
  const { options, caller, run } = attempt
  const dump = dumpOf(run)
  const sides = await options.db.withCaller(caller, (tx: Tx) => openSides(options, tx, dump))
  checkCarried(sides.source.connection.provider, sides.target.connection.provider)
  const temporaryDirectory = folderOf(attempt)
  await rm(temporaryDirectory, { recursive: true, force: true })
  await mkdir(temporaryDirectory, { recursive: true, mode: 0o700 })
  const order = { plan: dump, ...sides, mark: attempt.mark, runId: run.id, runCreatedAt: run.created_at }
  return { ...(await prepareJob(options, { ...order, temporaryDirectory, makes: true })), sides }
}

/** What a dead worker left: its rows are there (then the run is over), nothing of them is, or nobody can tell. */
async function lookAtDead(attempt: Attempt): Promise<'unchanged' | NonNullable<Outcome>> {
  const { run, recorder, row } = attempt
  const { prepared } = run
  if (run.started_at === null) return 'unchanged'
  let job: Job
  try {
    const made = await makeJob(attempt)
    if (prepared !== null && !sameTarget(run, made.sides.target.connection.config)) {
      throw new Fault('failed', 'transfer.commit_unknown', 'The target connection was changed in between.')
    }
    job = made.job
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'platform.database_unavailable') throw error
    // Without both sides nothing can be looked up. Nothing was prepared: nothing can have been committed.
    if (prepared === null) return 'unchanged'
    return { end: { status: 'FAILED', error: `${UNKNOWN} (${error.message})` } }
  }
  const forget = async (): Promise<void> => {
    if ((await recorder.flush({ prepared: null })) === undefined) throw new LeaseLost(row.id)
  }
  const became = await recoverJob(job, prepared, forget).catch((error: unknown) => {
    if (prepared === null) return 'unchanged' as const
    // The target does not answer now; it may the next time. At the last try it is said as it is.
    if (row.attempts < MAX_ATTEMPTS)
      throw error instanceof Fault ? new Error(error.message, { cause: error }) : error
    return 'unknown' as const
  })
  if (became === 'unchanged') return 'unchanged'
  if (became === 'unknown' || prepared === null) return { end: { status: 'FAILED', error: UNKNOWN } }
  const { rows, mark } = prepared
  recorder.log(
    'warning',
    `The worker was lost just after the target had taken the rows: ${counted(rows)} carried.`,
  )
  const route = run.engine === 'embedded' ? 'embedded' : 'copy'
  const result: JobResult = { route, rows, bytes: 0, written: '', ...(mark === undefined ? {} : { mark }) }
  return { end: { status: 'FINISHED', error: null }, result }
}

const UNKNOWN =
  'The worker was lost while the target was being committed, and whether its rows are there cannot be told. Look at the target before the run is started again.'

/** State, mark, last lines and event in one transaction; whoever listens is told after it. */
async function end(attempt: Attempt, ended: RunEnd, result?: JobResult): Promise<void> {
  const { options, caller, row, run, recorder } = attempt
  recorder.stop()
  await recorder.flush().catch(() => {})
  if (ended.error !== null) recorder.log('error', ended.error)
  if (ended.status === 'STOPPED') recorder.log('warning', 'Stopped on request. The target is as it was.')
  const { lines, progress } = recorder.rest()
  const last = progress ?? run.progress ?? undefined
  const final =
    result === undefined || last === undefined
      ? last
      : { ...last, rows: result.rows, phase: 'finished', eta_seconds: null }
  const { db } = options
  const isOurs = await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    if (!(await endRun(tx, row, { ...ended, progress: final ?? countOf(result) }))) return false
    await insertLog(tx, row, lines)
    if (ended.status === 'FINISHED') await keepMark(tx, run, result)
    if (ended.status !== 'STOPPED') {
      const { source_connection_id: source, target_connection_id: target } = dumpOf(run)
      const act = { db, tx: tx as unknown as Change['tx'], afterCommit } // our tables hold connect's
      await options.connect.noteUse(act, [source, target], ended.status === 'FINISHED')
    }
    const kind = `run.${ended.status.toLowerCase()}`
    const payload = {
      run_id: run.id,
      transfer_id: run.transfer_id,
      transfer_name: run.transfer_name,
      rows: result?.rows ?? null,
      error: ended.error,
    }
    await emit({ db, tx, afterCommit }, { groupId: run.group_id, kind, key: `run ${run.id}`, payload })
    afterCommit(() => db.notify(RUN_CHANNEL, String(run.id)))
    return true
  })
  if (!isOurs) throw new LeaseLost(row.id)
}

function countOf(result: JobResult | undefined) {
  if (result === undefined) return undefined
  const { rows, bytes } = result
  const unknown = { total_rows: null, total_bytes: null, rows_per_second: null, eta_seconds: null }
  return { rows, bytes, phase: 'finished', ...unknown }
}

/** An incremental run moves the mark, a full one takes it away. */
async function keepMark(tx: Tx, run: Run, result: JobResult | undefined): Promise<void> {
  const dump = dumpOf(run)
  if (dump.strategy_params.type === 'full') return deleteMark(tx, run.transfer_id)
  if (result?.mark === undefined) return
  const { transfer_id: transferId, group_id: groupId, id: runId } = run
  await putMark(tx, { transferId, groupId, runId, name: markName(dump), value: result.mark })
}

async function markBefore(tx: Tx, runId: number): Promise<Mark | undefined> {
  const run = await findRun(tx, runId)
  return run === undefined ? undefined : findMark(tx, run.transfer_id)
}

function sameTarget(run: Run, config: unknown): boolean {
  // Both come out of jsonb, which orders keys by itself.
  return JSON.stringify(dumpOf(run).target_connection.data) === JSON.stringify(config)
}

function dumpOf(run: Run): TransferDump {
  return run.transfer_dump as unknown as TransferDump // written by `putInQueue`, and by nobody else
}

function folderOf({ options, row }: Attempt): string {
  return path.join(options.temporaryFolder, `run_${row.id}`)
}

/** A run whose worker was killed too often. */
export async function giveUpRun(options: Pick<CarryOptions, 'db'>, row: ClaimedRun): Promise<void> {
  const { db } = options
  const caller = await systemCaller(db, row.groupId)
  await db.withCaller(caller, async (tx: Tx, afterCommit) => {
    const error = `Given up: the worker of this run was lost ${MAX_ATTEMPTS} times.`
    if (!(await endRun(tx, row, { status: 'FAILED', error }))) return
    const payload = { run_id: row.id, error }
    await emit(
      { db, tx, afterCommit },
      { groupId: row.groupId, kind: 'run.failed', key: `run ${row.id}`, payload },
    )
    afterCommit(() => db.notify(RUN_CHANNEL, String(row.id)))
  })
}
