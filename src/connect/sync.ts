/** What one does with syncs: ask for one, stop one. The worker does the rest. */
import type { AfterCommit, Database } from '#database'
import { Fault } from '#fault'
import { audit, type Caller, levelIn, requireLevel } from '#identity'
import type { Connection, Tx } from './connection.store.ts'
import { manifestOf } from './manifests.ts'
import { findOpenSync, findSync, insertSync, setStopping, type SyncRow } from './sync.store.ts'
import { visibleConnection } from './connection.ts'

/** Wakes the workers; the payload of the second channel names the sync that changed. */
export const WORK_CHANNEL = 'connect.work'
export const SYNC_CHANNEL = 'connect.sync'

/** Stop syncs, and those by the clock alone: nothing comes of them until somebody acts. */
export const ASLEEP = ['inactive', 'paused', 'reauth_required']

export interface SyncAct {
  db: Database
  tx: Tx
  afterCommit: AfterCommit
  caller: Caller
}

export async function visibleSync(tx: Tx, id: number): Promise<SyncRow> {
  const sync = await findSync(tx, id)
  if (sync === undefined) throw new Fault('not_found', 'connect.sync_missing', 'Sync not found')
  return sync
}

/** @throws Fault 409 while another is not over, 400 where there is nothing to keep in step with. */
export async function requestSync(act: SyncAct, connectionId: number, forced = false): Promise<SyncRow> {
  const { db, tx, afterCommit, caller } = act
  const connection = await visibleConnection(tx, connectionId)
  requireLevel(levelIn(caller, connection.group_id), 'developer')
  requireSyncable(connection)
  const open = await findOpenSync(tx, connection.id)
  const made =
    open === undefined
      ? await insertSync(tx, {
          connectionId: connection.id,
          groupId: connection.group_id,
          trigger: 'manual',
          forced,
          userId: caller.userId,
        })
      : undefined
  if (made === undefined) {
    const details = open === undefined ? null : { sync_id: open.id }
    const message = `A sync of "${connection.name}" is not over yet. Wait for it, or stop it.`
    throw new Fault('conflict', 'connect.sync_open', message, { details })
  }
  await audit(tx, caller, {
    action: 'connection.sync',
    groupId: connection.group_id,
    objectId: connection.id,
    objectName: connection.name,
    ...(forced ? { details: { forced } } : {}),
  })
  wake(db, afterCommit, made.id)
  return made
}

function requireSyncable({ provider, status, name }: Connection): void {
  if (manifestOf(provider)?.can.sync !== true) {
    const title = manifestOf(provider)?.title ?? provider
    const message = `There is nothing to keep in step with at ${title}.`
    throw new Fault('bad_request', 'connect.nothing_to_sync', message)
  }
  if (status === 'inactive' || status === 'paused') {
    const message = `"${name}" is ${status}: nothing is synced. Set its status to active first.`
    throw new Fault('conflict', 'connect.asleep', message)
  }
}

export async function stopSync(act: SyncAct, id: number): Promise<SyncRow> {
  const { db, tx, afterCommit, caller } = act
  const sync = await visibleSync(tx, id)
  requireLevel(levelIn(caller, sync.group_id), 'developer')
  const state = await setStopping(tx, id)
  if (state === undefined && sync.state !== 'stopping') {
    throw new Fault('conflict', 'connect.sync_over', `This sync is over: it has ${sync.state}.`)
  }
  await audit(tx, caller, {
    action: 'connection.stop_sync',
    groupId: sync.group_id,
    objectId: sync.connection_id,
  })
  wake(db, afterCommit, id)
  return visibleSync(tx, id)
}

export function wake(db: Database, afterCommit: AfterCommit, syncId: number): void {
  afterCommit(() => {
    db.notify(WORK_CHANNEL, '')
    db.notify(SYNC_CHANNEL, String(syncId))
  })
}
