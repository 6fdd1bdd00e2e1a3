import type { Selectable } from 'kysely'
import type { Tx } from './connection.store.ts'
import type { HealthTable } from './tables.ts'

export type Health = Pick<
  Selectable<HealthTable>,
  | 'state'
  | 'code'
  | 'message'
  | 'actor'
  | 'since'
  | 'last_check_at'
  | 'last_ok_at'
  | 'consecutive_failures'
  | 'due_at'
>

const COLUMNS = [
  'state',
  'code',
  'message',
  'actor',
  'since',
  'last_check_at',
  'last_ok_at',
  'consecutive_failures',
  'due_at',
] as const

export function findHealth(tx: Tx, connectionId: number): Promise<Health | undefined> {
  return tx
    .selectFrom('connect.health')
    .select(COLUMNS)
    .where('connection_id', '=', connectionId)
    .executeTakeFirst()
}

/** Two outcomes at once count one after the other. */
export function lockHealth(tx: Tx, connectionId: number): Promise<Health | undefined> {
  return tx
    .selectFrom('connect.health')
    .select(COLUMNS)
    .where('connection_id', '=', connectionId)
    .forUpdate()
    .executeTakeFirst()
}

/** The time of the next check is the checker's to set. */
export async function writeHealth(tx: Tx, connectionId: number, health: Health): Promise<void> {
  const { due_at: _, ...written } = health
  await tx.updateTable('connect.health').set(written).where('connection_id', '=', connectionId).execute()
}

export async function setDue(tx: Tx, connectionId: number, dueAt: Date | null): Promise<void> {
  await tx
    .updateTable('connect.health')
    .set({ due_at: dueAt })
    .where('connection_id', '=', connectionId)
    .execute()
}

export async function setStatus(tx: Tx, connectorId: string, status: string): Promise<void> {
  await tx
    .updateTable('public.integration_connectors')
    .set({ status })
    .where('id', '=', connectorId)
    .execute()
}
