/** Inbound calls: proved by their signature, kept as events once each, answered at once. */
import type { Database } from '#database'
import { emit } from '#event'
import { Fault } from '#fault'
import { systemCaller } from '#identity'
import type { Vault } from '#vault'
import { findConnection, type Tx } from './connection.store.ts'
import { openCredentials } from './credentials.ts'
import { noteOutcome } from './health.ts'
import type { Providers } from './manifests.ts'
import type { Actions, HookCall, Values } from './provider.ts'
import { type SyncAct, wake } from './sync.ts'
import { findOpenSync, insertSync } from './sync.store.ts'

export interface HookRules {
  db: Database
  vault: Vault
  providers: Providers
  actions: ReadonlyMap<string, Actions>
  /** Counts a call of a connector that there is; throws when it has had too many. */
  count: (connectorId: string) => void
}

/** The same words for every address at which nobody listens. */
const nobody = () => new Fault('not_found', 'connect.hook_missing', 'There is no webhook here.')

export async function takeHook(rules: HookRules, connectorId: string, call: HookCall): Promise<Values> {
  const { db, actions } = rules
  const target = await targetOf(db, connectorId)
  if (target === undefined) throw nobody()
  rules.count(connectorId)
  const caller = await systemCaller(db, target.groupId)
  const found = await db.withCaller(caller, async (tx: Tx) => {
    const connection = await findConnection(tx, target.connectionId)
    if (connection === undefined || !['active', 'error'].includes(connection.status)) return null
    const take = actions.get(connection.provider)?.hook
    return take === undefined
      ? null
      : { connection, take, opened: await openCredentials(rules, tx, connection) }
  })
  if (found === null) throw nobody()
  const { connection, take, opened } = found
  const taken = take(opened, call)
  if (taken.isProbe !== true) {
    await db.withCaller(caller, async (tx: Tx, afterCommit) => {
      const act = { db, tx, afterCommit }
      await emit(act, {
        groupId: connection.group_id,
        kind: 'hook.received',
        key: `${connection.uuid} ${taken.id}`,
        payload: {
          connection_id: connection.id,
          name: connection.name,
          provider: connection.provider,
          id: taken.id,
          type: taken.type,
          payload: taken.payload,
        },
      })
      // What was proved by its signature shows that the other side is well.
      if (connection.status === 'active') await noteOutcome(act, connection, { ok: true })
      if (taken.wantsSync === true) await askSync({ ...act, caller }, connection)
    })
  }
  return taken.answer ?? { ok: true }
}

/** One that waits is enough, however many changes it will bring. */
async function askSync(
  { db, tx, afterCommit, caller }: SyncAct,
  { id, group_id: groupId }: { id: number; group_id: number },
): Promise<void> {
  const open = await findOpenSync(tx, id)
  if (open?.state === 'pending') return
  const made = await insertSync(tx, { connectionId: id, groupId, trigger: 'event', userId: caller.userId })
  if (made !== undefined) wake(db, afterCommit, made.id)
}

async function targetOf(
  db: Database,
  connectorId: string,
): Promise<{ connectionId: number; groupId: number } | undefined> {
  return db.withConnection({ databaseRole: 'crosstie_worker', claims: {} }, async (client) => {
    const { rows } = await client.query<{ connectionId: number; groupId: number }>(
      'select connection_id as "connectionId", group_id as "groupId" from connect.hook_target($1)',
      [connectorId],
    )
    return rows[0]
  })
}
