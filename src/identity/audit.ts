import type { Kysely } from 'kysely'
import type { Caller } from './caller.ts'
import type { IdentityTables } from './tables.ts'

export interface Audited {
  /** `<thing>.<verb>`: `connection.update`. */
  action: string
  groupId: number | null
  objectId?: number | string | null
  objectName?: string | null
  /** What changed, never a secret. */
  details?: Record<string, unknown>
}

/** Writes down who did what, in the transaction that did it. */
export async function audit<T extends IdentityTables>(
  tx: Kysely<T>,
  caller: Caller,
  what: Audited,
): Promise<void> {
  const identity = tx as unknown as Kysely<IdentityTables> // a room's tables hold identity's
  await identity
    .insertInto('identity.audit')
    .values({
      group_id: what.groupId,
      actor_id: caller.by.kind === 'command' ? null : caller.userId,
      actor_name: caller.username,
      action: what.action,
      object_id: what.objectId === undefined || what.objectId === null ? null : String(what.objectId),
      object_name: what.objectName ?? null,
      details: JSON.stringify(what.details ?? {}),
      address: caller.address,
      request_id: caller.requestId,
    })
    .execute()
}
