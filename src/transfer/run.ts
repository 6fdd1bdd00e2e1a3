/** Runs and their states: CREATED → STARTED → FINISHED | FAILED, and SEND_STOP_SIGNAL → STOPPED on the way. */
import { type Change, type Connection, credentialsMissing, visibleConnection } from '#connect'
import type { Database } from '#database'
import { Fault } from '#fault'
import { audit, levelIn, requireLevel } from '#identity'
import { visibleQueue } from './queue.routes.ts'
import type { Tx } from './queue.store.ts'
import { askToStop, findRun, insertRun, isRun, type Run } from './run.store.ts'
import type { RunStatus } from './tables.ts'
import { type TransferChange, visibleTransfer } from './transfer.ts'
import type { Transfer } from './transfer.store.ts'

/** Told after every commit that changes a run; the payload is its id. */
export const RUN_CHANNEL = 'crosstie_run'
/** Wakes the workers. */
export const WORK_CHANNEL = 'transfer.run'

const FINAL: readonly RunStatus[] = ['FINISHED', 'FAILED', 'STOPPED']

export function isFinal(status: RunStatus): boolean {
  return FINAL.includes(status)
}

/** @throws Fault 404 */
export async function visibleRun(tx: Tx, id: number): Promise<Run> {
  const run = await findRun(tx, id)
  if (run === undefined) throw new Fault('not_found', 'transfer.run_missing', 'Run not found')
  return run
}

/**
 * In SyncMaster's words, to which its clients hold: of a run that is not there the run is what is missing, of one that
 * the caller may not see its transfer. Asked outside of the caller's transaction, where policies show neither.
 */
export async function namingWhatIsMissing<T>(db: Database, id: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'transfer.run_missing') throw error
    if (!(await isRun(db, id))) throw error
    throw new Fault('not_found', 'transfer.transfer_missing', 'Transfer not found', { cause: error })
  }
}

export async function startRun(change: TransferChange, transferId: number): Promise<Run> {
  const { tx, caller } = change
  const transfer = await visibleTransfer(tx, transferId)
  requireLevel(levelIn(caller, transfer.group_id), 'developer')
  const run = await putInQueue(change, transfer, null)
  if (run === undefined) throw new Error('a run by hand has no time of a schedule to clash with')
  await audit(tx, caller, {
    action: 'run.start',
    groupId: transfer.group_id,
    objectId: run.id,
    objectName: transfer.name,
  })
  return run
}

/** Undefined when the schedule's time has its run already. Rights are the caller's business. */
export async function putInQueue(
  { db, tx, afterCommit, caller }: TransferChange,
  transfer: Transfer,
  scheduledFor: Date | null,
): Promise<Run | undefined> {
  const connections = tx as unknown as Change['tx'] // our tables hold connect's
  const source = await visibleConnection(connections, transfer.source_connection_id)
  const target = await visibleConnection(connections, transfer.target_connection_id)
  for (const { id, auth_shown: auth } of [source, target]) if (auth === null) throw credentialsMissing(id)
  const queue = await visibleQueue(tx, transfer.queue_id)
  const id = await insertRun(tx, {
    transferId: transfer.id,
    groupId: transfer.group_id,
    type: scheduledFor === null ? 'MANUAL' : 'SCHEDULED',
    dump: dumpOf(transfer, source, target),
    queueSlug: queue.slug,
    correlationId: caller.requestId,
    createdBy: caller.userId,
    scheduledFor,
  })
  if (id === undefined) return undefined
  afterCommit(() => {
    db.notify(WORK_CHANNEL, '')
    db.notify(RUN_CHANNEL, String(id))
  })
  return visibleRun(tx, id)
}

export async function stopRun({ db, tx, afterCommit, caller }: TransferChange, id: number): Promise<Run> {
  const run = await visibleRun(tx, id)
  requireLevel(levelIn(caller, run.group_id), 'developer')
  if (!(await askToStop(tx, id))) {
    const { status } = await visibleRun(tx, id)
    throw new Fault('bad_request', 'transfer.run_over', `Cannot stop run ${id}. Current status is ${status}`)
  }
  await audit(tx, caller, {
    action: 'run.stop',
    groupId: run.group_id,
    objectId: id,
    objectName: run.transfer_name,
  })
  afterCommit(() => {
    db.notify(RUN_CHANNEL, String(id))
    db.notify(WORK_CHANNEL, '')
  })
  return visibleRun(tx, id)
}

/** The same transfer once more, as it is now. */
export async function retryRun(change: TransferChange, id: number): Promise<Run> {
  const run = await visibleRun(change.tx, id)
  requireLevel(levelIn(change.caller, run.group_id), 'developer')
  if (!isFinal(run.status)) {
    throw new Fault(
      'conflict',
      'transfer.run_not_over',
      `Run ${id} is not over (${run.status}); stop it before it is tried again.`,
    )
  }
  return startRun(change, run.transfer_id)
}

type NotOfTheRun = 'created_at' | 'updated_at' | 'timezone' | 'missed_runs' | 'overlap'

/** What a run is to do, whole and without secrets: it stays so while the transfer changes. */
export interface TransferDump extends Omit<Transfer, NotOfTheRun> {
  source_connection: ConnectionDump
  target_connection: ConnectionDump
}

interface ConnectionDump {
  id: number
  group_id: number
  name: string
  description: string
  type: string
  data: Record<string, unknown>
  auth_data: Record<string, unknown> | null
}

function dumpOf(transfer: Transfer, source: Connection, target: Connection): TransferDump {
  const { created_at: _created, updated_at: _updated, timezone: _timezone, ...more } = transfer
  const { missed_runs: _missed, overlap: _overlap, ...plain } = more
  return { ...plain, source_connection: dumpOfEnd(source), target_connection: dumpOfEnd(target) }
}

function dumpOfEnd(connection: Connection): ConnectionDump {
  const { id, group_id, name, description, provider, config, auth_shown } = connection
  return { id, group_id, name, description, type: provider, data: config, auth_data: auth_shown }
}
