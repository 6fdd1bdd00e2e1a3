import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { searchMatch, sortTerms } from '#database'
import { Fault, messageOf } from '#fault'
import { offsetOf, type PageRequest } from '#http'
import type { Values } from './provider.ts'
import type { HealthJson } from './health.read.ts'
import { SCHEDULE_KIND } from './sync-schedule.ts'
import { WITHOUT_SECRETS } from './secret-field.ts'
import type { ConnectTables, HealthState, SecretShown, SyncState } from './tables.ts'

export type Tx = Kysely<ConnectTables>

export interface Connection {
  id: number
  uuid: string
  group_id: number
  name: string
  description: string
  provider: string
  connector_type: string
  status: string
  config: Values
  /** Of the credentials what may be read back; null when there are none. */
  auth_shown: Values | null
  /** Which secrets are kept, and since when; `*` stands for all of before this was noted. */
  secrets_shown: Record<string, SecretShown>
  schedule: unknown
  /** When the schedule comes round, if it does. */
  next_sync: string | null
  health: HealthJson | null
  /** The newest of its syncs. */
  last_sync: LastSyncJson | null
  last_synced_at: Date | null
  created_at: Date
  updated_at: Date
}

/** As PostgreSQL writes it in JSON. */
export interface LastSyncJson {
  id: number
  state: SyncState
  queued_at: string
  ended_at: string | null
}

const COLUMNS = [
  'c.id',
  'i.id as uuid',
  'c.group_id',
  'c.name',
  'c.description',
  'i.provider',
  'i.connector_type',
  'i.status',
  'i.config',
  'c.auth_shown',
  'c.secrets_shown',
  'i.schedule',
  'i.last_synced_at',
  'c.created_at',
  'c.updated_at',
  sql<HealthJson | null>`(select to_jsonb(h) from connect.health h where h.connection_id = c.id)`.as(
    'health',
  ),
  sql<LastSyncJson | null>`(
    select json_build_object('id', s.id, 'state', s.state, 'queued_at', s.queued_at, 'ended_at', s.ended_at)
    from connect.sync s where s.group_id = c.group_id and s.connection_id = c.id order by s.id desc limit 1
  )`.as('last_sync'),
  sql<string | null>`(
    select t.payload ->> 'at' from platform.timer t
    where t.kind = ${SCHEDULE_KIND} and t.key = c.id::text
  )`.as('next_sync'),
] as const

function connections(tx: Tx) {
  return tx
    .selectFrom('connect.connection as c')
    .innerJoin('public.integration_connectors as i', 'i.id', 'c.connector_id')
}

export function findConnection(tx: Tx, id: number): Promise<Connection | undefined> {
  return connections(tx).select(COLUMNS).where('c.id', '=', id).executeTakeFirst()
}

export async function putSchedule(
  tx: Tx,
  connectorId: string,
  written: { schedule?: object; status?: string; userId: number },
): Promise<void> {
  await tx
    .updateTable('public.integration_connectors')
    .set(({ selectFrom }) => ({
      ...(written.schedule === undefined ? {} : { schedule: JSON.stringify(written.schedule) }),
      ...(written.status === undefined ? {} : { status: written.status }),
      updated_by: selectFrom('identity.user').select('uuid').where('id', '=', written.userId),
    }))
    .where('id', '=', connectorId)
    .execute()
}

/** The row stays as it is until the transaction ends: nothing starts to use it, nothing changes it. */
export async function lockConnection(tx: Tx, id: number): Promise<void> {
  await tx.selectFrom('connect.connection').select('id').where('id', '=', id).forUpdate().execute()
}

export interface ConnectionFilter extends PageRequest {
  groupId: number
  types: string[]
  /** How they fare; empty for any. */
  states: HealthState[]
  search: string | null
}

/** What a list of connections may be sorted by. */
export const CONNECTION_SORT = {
  id: sql.ref('c.id'),
  name: sql.ref('c.name'),
  type: sql.ref('i.provider'),
  description: sql.ref('c.description'),
  status: sql.ref('i.status'),
  created_at: sql.ref('c.created_at'),
  updated_at: sql.ref('c.updated_at'),
}

export async function listConnections(
  tx: Tx,
  filter: ConnectionFilter,
): Promise<{ total: number; found: Connection[] }> {
  let query = connections(tx).where('c.group_id', '=', filter.groupId)
  if (filter.types.length > 0) query = query.where('i.provider', 'in', filter.types)
  if (filter.states.length > 0) {
    // Nobody has looked yet at one that has no row.
    const state = sql<string>`coalesce((select h.state from connect.health h where h.connection_id = c.id), 'unknown')`
    query = query.where(state, 'in', filter.states)
  }
  const match = searchMatch(filter.search)
  if (match !== null) query = query.where(sql<boolean>`c.search_vector @@ (${match})`)
  const [{ total }, found] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(COLUMNS)
      .$call((found) =>
        sortTerms(filter.sort, CONNECTION_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .$if(match !== null, (found) => found.orderBy(sql`ts_rank(c.search_vector, ${match}) desc`))
      .orderBy('c.name')
      .limit(filter.page_size)
      .offset(offsetOf(filter))
      .execute(),
  ])
  return { total, found }
}

export interface ConnectionToWrite {
  name: string
  description: string
  provider: string
  connectorType: string
  config: Values
}

export async function insertConnection(
  tx: Tx,
  { groupId, userId, ...made }: ConnectionToWrite & { groupId: number; userId: number },
): Promise<number> {
  const uuid = randomUUID()
  // Its companion is made by the trigger, as for a connector that comes in by SQL; both are sent in one go.
  const [, { id }] = await Promise.all([
    tx
      .insertInto('public.integration_connectors')
      .values(({ selectFrom }) => ({
        id: uuid,
        company_id: selectFrom('identity.group').select('uuid').where('id', '=', groupId),
        provider: made.provider,
        connector_type: made.connectorType,
        status: 'active',
        config: JSON.stringify(made.config),
        created_by: selectFrom('identity.user').select('uuid').where('id', '=', userId),
      }))
      .execute(),
    tx
      .updateTable('connect.connection')
      .set({ name: made.name, description: made.description })
      .where('connector_id', '=', uuid)
      .returning('id')
      .executeTakeFirstOrThrow(),
  ])
  return id
}

export async function updateConnection(
  tx: Tx,
  { id, uuid }: Pick<Connection, 'id' | 'uuid'>,
  { userId, ...made }: ConnectionToWrite & { userId: number },
): Promise<void> {
  await tx
    .updateTable('public.integration_connectors')
    .set(({ selectFrom }) => ({
      provider: made.provider,
      connector_type: made.connectorType,
      config: JSON.stringify(made.config),
      updated_by: selectFrom('identity.user').select('uuid').where('id', '=', userId),
    }))
    .where('id', '=', uuid)
    .execute()
  await tx
    .updateTable('connect.connection')
    .set({ name: made.name, description: made.description })
    .where('id', '=', id)
    .execute()
}

export async function deleteConnection(tx: Tx, { uuid }: Pick<Connection, 'uuid'>): Promise<void> {
  await tx.deleteFrom('public.integration_connectors').where('id', '=', uuid).execute()
}

export async function findSeal(tx: Tx, id: number): Promise<string | undefined> {
  const found = await tx
    .selectFrom('connect.auth_data')
    .select('value')
    .where('connection_id', '=', id)
    .executeTakeFirst()
  return found?.value
}

export interface SealToPut {
  id: number
  groupId: number
  value: string
  shown: Values
  secrets: Record<string, SecretShown>
}

export async function putSeal(tx: Tx, { id, groupId, value, shown, secrets }: SealToPut): Promise<void> {
  await Promise.all([
    tx
      .insertInto('connect.auth_data')
      .values({ connection_id: id, group_id: groupId, value })
      .onConflict((conflict) =>
        conflict.column('connection_id').doUpdateSet({ value, refresh_owner: null, refresh_until: null }),
      )
      .execute(),
    tx
      .updateTable('connect.connection')
      .set({ auth_shown: JSON.stringify(shown), secrets_shown: JSON.stringify(secrets) })
      .where('id', '=', id)
      .execute(),
  ])
}

/** Says in SyncMaster's words what the database's constraints refuse. */
export async function keepsItsPlace<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const constraint = error instanceof Error && 'constraint' in error ? error.constraint : undefined
    if (constraint === 'connection_group_id_name_key') {
      throw new Fault(
        'conflict',
        'connect.name_taken',
        'The connection name already exists in the target group, please specify a new one',
        { cause: error },
      )
    }
    if (constraint === WITHOUT_SECRETS) {
      const message = `${messageOf(error)} Leave it out of connection_data: secrets belong into auth_data, which is sealed.`
      throw new Fault('bad_request', 'connect.secret_in_config', message, { cause: error })
    }
    throw error
  }
}
