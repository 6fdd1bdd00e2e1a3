import { type Selectable, sql } from 'kysely'
import { sortTerms } from '#database'
import { offsetOf, type PageRequest } from '#http'
import type { AuditTable, Tx } from './tables.ts'

export type AuditEntry = Selectable<AuditTable>

export interface AuditFilter extends PageRequest {
  group_id?: number | undefined
  actor_id?: number | undefined
  /** One action (`group.update`), or all of one thing (`group`). */
  action?: string | undefined
  since?: Date | undefined
  until?: Date | undefined
}

/** What the audit trail may be sorted by. */
export const AUDIT_SORT = {
  created_at: sql.ref('created_at'),
  actor_name: sql.ref('actor_name'),
  action: sql.ref('action'),
  object_name: sql.ref('object_name'),
}

/** Newest first; what the caller may see is the policies' matter. */
export async function listAudit(
  tx: Tx,
  filter: AuditFilter,
): Promise<{ total: number; entries: AuditEntry[] }> {
  let query = tx.selectFrom('identity.audit')
  const { group_id, actor_id, action, since, until } = filter
  if (group_id !== undefined) query = query.where('group_id', '=', group_id)
  if (actor_id !== undefined) query = query.where('actor_id', '=', actor_id)
  if (action !== undefined) {
    query = action.includes('.')
      ? query.where('action', '=', action)
      : query.where(sql<boolean>`starts_with(action, ${`${action}.`})`)
  }
  if (since !== undefined) query = query.where('created_at', '>=', since)
  if (until !== undefined) query = query.where('created_at', '<=', until)
  const [{ total }, entries] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .selectAll()
      .$call((found) =>
        sortTerms(filter.sort, AUDIT_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .orderBy('id', 'desc')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, entries }
}
