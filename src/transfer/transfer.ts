/** What one does with transfers, by SyncMaster's rules in SyncMaster's order. */
import { type Change, duplicateConnection, visibleConnection } from '#connect'
import type { AfterCommit, Database } from '#database'
import { Fault } from '#fault'
import { audit, type Caller, levelIn, memberLevelIn, requireLevel } from '#identity'
import { visibleQueue } from './queue.routes.ts'
import { keepsItsPlace, type Tx } from './queue.store.ts'
import { keepTimer } from './schedule.ts'
import { bytesOf, type TransferBody } from './transfer.schema.ts'
import {
  deleteMark,
  deleteTransfer,
  findTransfer,
  insertTransfer,
  type Transfer,
  type TransferToWrite,
  updateTransfer,
} from './transfer.store.ts'

export interface TransferChange {
  db: Database
  tx: Tx
  afterCommit: AfterCommit
  caller: Caller
}

/** @throws Fault 404, the same for one that is not there and one that the caller may not see. */
export async function visibleTransfer(tx: Tx, id: number): Promise<Transfer> {
  const transfer = await findTransfer(tx, id)
  if (transfer === undefined) throw new Fault('not_found', 'transfer.transfer_missing', 'Transfer not found')
  return transfer
}

export async function createTransfer(change: TransferChange, body: TransferBody): Promise<Transfer> {
  const { tx, caller } = change
  // SyncMaster: a group that the caller does not see is 403 here, not 404.
  requireLevel(memberLevelIn(caller, body.group_id), 'developer')
  await checkEnds(tx, body)
  const id = await keepsItsPlace(() => insertTransfer(tx, body.group_id, written(body)))
  return settle(change, id, 'transfer.create', null)
}

export async function changeTransfer(
  change: TransferChange,
  id: number,
  body: TransferBody,
): Promise<Transfer> {
  const { tx, caller } = change
  const before = await visibleTransfer(tx, id)
  requireLevel(levelIn(caller, before.group_id), 'developer')
  // A row never changes its group, so a body of another group would mix two groups' things.
  if (body.group_id !== before.group_id) throw foreignConnections()
  await checkEnds(tx, body)
  await keepsItsPlace(() => updateTransfer(tx, id, written(body, before)))
  if (!sameMark(before, body)) await deleteMark(tx, id)
  return settle(change, id, 'transfer.update', before)
}

export async function removeTransfer(change: TransferChange, id: number): Promise<void> {
  const transfer = await visibleTransfer(change.tx, id)
  await takeAway(change, transfer)
}

export interface TransferCopy {
  new_group_id: number
  new_queue_id: number
  new_source_connection_name?: string | null | undefined
  new_target_connection_name?: string | null | undefined
  new_name?: string | null | undefined
  remove_source: boolean
}

/** Copies the connections too, without their credentials, and the transfer onto them. */
export async function copyTransfer(
  change: TransferChange,
  id: number,
  copy: TransferCopy,
): Promise<Transfer> {
  const { tx, caller } = change
  const source = await visibleTransfer(tx, id)
  requireLevel(memberLevelIn(caller, copy.new_group_id), 'developer')
  const queue = await visibleQueue(tx, copy.new_queue_id)
  if (copy.remove_source) requireLevel(levelIn(caller, source.group_id), 'maintainer')
  if (queue.group_id !== copy.new_group_id) throw foreignQueue()
  const ends = await copyEnds(change, source, copy)
  const made: TransferToWrite = {
    ...rowOf(source),
    ...ends,
    queue_id: queue.id,
    name: copy.new_name ?? source.name,
  }
  const madeId = await keepsItsPlace(() => insertTransfer(tx, copy.new_group_id, made))
  const transfer = await settle(change, madeId, 'transfer.create', null)
  if (copy.remove_source) await takeAway(change, source)
  return transfer
}

async function copyEnds(change: TransferChange, source: Transfer, copy: TransferCopy) {
  const act: Change = change as unknown as Change // our transaction's tables hold connect's
  const duplicate = async (id: number, name: string | null | undefined) => {
    const connection = await visibleConnection(act.tx, id)
    const to = { source: connection, groupId: copy.new_group_id, name: name ?? connection.name }
    return (await duplicateConnection({ db: change.db }, act, to)).id
  }
  const sourceId = await duplicate(source.source_connection_id, copy.new_source_connection_name)
  const isSame = source.source_connection_id === source.target_connection_id
  const targetId = isSame
    ? sourceId
    : await duplicate(source.target_connection_id, copy.new_target_connection_name)
  return { source_connection_id: sourceId, target_connection_id: targetId }
}

async function takeAway({ tx, caller }: TransferChange, transfer: Transfer): Promise<void> {
  requireLevel(levelIn(caller, transfer.group_id), 'maintainer')
  await deleteTransfer(tx, transfer.id)
  await audit(tx, caller, {
    action: 'transfer.delete',
    groupId: transfer.group_id,
    objectId: transfer.id,
    objectName: transfer.name,
  })
}

/** Connections and queue: there, seen by the caller, of the body's group, and of the types that the params say. */
export async function checkEnds(tx: Tx, body: TransferBody): Promise<void> {
  const connections = tx as unknown as Change['tx'] // our tables hold connect's
  const source = await visibleConnection(connections, body.source_connection_id)
  const target = await visibleConnection(connections, body.target_connection_id)
  const queue = await visibleQueue(tx, body.queue_id)
  if (source.group_id !== body.group_id || target.group_id !== body.group_id) throw foreignConnections()
  if (queue.group_id !== body.group_id) throw foreignQueue()
  for (const [side, connection, params] of [
    ['Source', source, body.source_params],
    ['Target', target, body.target_params],
  ] as const) {
    if (connection.provider !== params.type) {
      throw new Fault(
        'bad_request',
        'transfer.type_differs',
        `${side} connection has type \`${connection.provider}\` but its params has \`${params.type}\` type`,
      )
    }
  }
}

/** Puts the timer right, writes it down, and reads it as it is now. */
async function settle(
  change: TransferChange,
  id: number,
  action: string,
  before: Transfer | null,
): Promise<Transfer> {
  const { tx, caller } = change
  const transfer = await visibleTransfer(tx, id)
  // A due time that is waiting for its worker is not lost because somebody mends the description meanwhile.
  if (before === null || !sameSchedule(before, transfer)) await keepTimer(change, transfer, new Date())
  await audit(tx, caller, {
    action,
    groupId: transfer.group_id,
    objectId: id,
    objectName: transfer.name,
    details: {
      is_scheduled: transfer.is_scheduled,
      schedule: transfer.schedule,
      timezone: transfer.timezone,
    },
  })
  return transfer
}

function sameSchedule(one: Transfer, other: Transfer): boolean {
  return (
    one.is_scheduled === other.is_scheduled &&
    one.schedule === other.schedule &&
    one.timezone === other.timezone
  )
}

/**
 * What a body means as a row; sizes become numbers of bytes. A client of SyncMaster knows nothing of our fields of the
 * schedule and replaces a transfer without them: they stay as they were.
 */
export function written(body: TransferBody, before?: Transfer): TransferToWrite {
  const { resources } = body
  const sizes = (value: string | number) => bytesOf(value) ?? 0 // the schema let only sizes through
  return {
    name: body.name,
    description: body.description,
    source_connection_id: body.source_connection_id,
    target_connection_id: body.target_connection_id,
    queue_id: body.queue_id,
    source_params: body.source_params,
    target_params: body.target_params,
    strategy_params: body.strategy_params,
    transformations: body.transformations.map((step) =>
      step.type !== 'file_metadata_filter'
        ? step
        : {
            ...step,
            filters: step.filters.map((filter) =>
              filter.type === 'file_size_min' || filter.type === 'file_size_max'
                ? { ...filter, value: sizes(filter.value) }
                : filter,
            ),
          },
    ),
    resources: { ...resources, ram_bytes_per_task: sizes(resources.ram_bytes_per_task) },
    is_scheduled: body.is_scheduled,
    schedule: body.schedule ?? '',
    timezone: body.timezone ?? before?.timezone ?? 'UTC',
    missed_runs: body.missed_runs ?? before?.missed_runs ?? 'one',
    overlap: body.overlap ?? before?.overlap ?? 'skip',
  }
}

function rowOf(transfer: Transfer): TransferToWrite {
  const { id: _id, group_id: _group, created_at: _created, updated_at: _updated, ...row } = transfer
  return row
}

/** A mark counts for one source and one column; after a change of either it would leave rows out. */
function sameMark(before: Transfer, body: TransferBody): boolean {
  const key = (of: Pick<Transfer, 'source_connection_id' | 'source_params' | 'strategy_params'>) => {
    const { source_params: source, strategy_params: strategy } = of
    const place = 'table_name' in source ? source.table_name : source.directory_path
    return [
      of.source_connection_id,
      place,
      strategy.type === 'incremental' ? strategy.increment_by : null,
    ].join('\n')
  }
  return key(before) === key(body)
}

function foreignConnections(): Fault {
  return new Fault(
    'bad_request',
    'transfer.connections_foreign',
    'Connections should belong to the transfer group',
  )
}

function foreignQueue(): Fault {
  return new Fault('bad_request', 'transfer.queue_foreign', 'Queue should belong to the transfer group')
}
