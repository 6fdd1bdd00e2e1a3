/** Connections of another system, taken over by its operator, with their credentials sealed anew. */
import { type QueryExecutorProvider, sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { parseBySchema } from '#http'
import {
  batchesOf,
  createTally,
  cut,
  freeName,
  type Ids,
  type Import,
  IMPORT_BATCH,
  knownImports,
  leaveOut,
  note,
  rememberImports,
  type Taken,
  type Tally,
} from '#identity'
import type { Secrets, Vault } from '#vault'
import { shownOf } from './credentials.ts'
import { manifestOf } from './manifests.ts'
import type { Values } from './provider.ts'
import { withoutSecrets } from './secret-field.ts'

export interface ConnectionToImport {
  id: string
  group_id: string
  type: string
  name: string
  description: string
  /** JSON, as text: numbers stay as they are. */
  data: string
  /** Opened; null when there are none, or they could not be opened. */
  auth: Secrets | null
  created_at: string
  updated_at: string
}

interface ConnectionRow {
  uuid: string
  group_id: number
  provider: string
  connector_type: string
  name: string
  description: string
  config: string
  shown: Values | null
  created_at: string
  updated_at: string
}

interface Coming {
  connection: ConnectionToImport
  row: ConnectionRow
}

const NAME_LIMIT = 128

export async function importConnections(
  act: Import,
  connections: readonly ConnectionToImport[],
  { groups, vault }: { groups: Ids; vault: Vault },
): Promise<Taken> {
  const tally = createTally('connection')
  const known = await knownImports(act, 'connection')
  const ids = new Map(
    [...known].flatMap(([foreign, { id }]) => (id === null ? [] : [[foreign, id] as const])),
  )
  const coming = connections.filter(({ id }) => !known.has(id))
  tally.known = connections.length - coming.length
  for (const batch of batchesOf(coming, IMPORT_BATCH)) {
    const taken = await namesOf(
      act.tx,
      batch.flatMap(({ group_id }) => groups.get(group_id) ?? []),
    )
    const fitting = batch.flatMap((connection): Coming[] => {
      const groupId = groups.get(connection.group_id)
      if (groupId !== undefined) return [{ connection, row: rowOf(connection, { groupId, taken, tally }) }]
      leaveOut(tally, connection.name, 'its group is not here')
      return []
    })
    const made = await insertConnections(
      act.tx,
      fitting.map(({ row }) => row),
    )
    await seal(act.tx, vault, fitting, made)
    await rememberImports(
      act,
      'connection',
      fitting.map(({ connection, row }) => ({
        foreign_id: connection.id,
        foreign_created_at: connection.created_at,
        local_id: made.get(row.uuid) ?? 0, // each connector has its companion
        made: true,
        row_updated_at: connection.updated_at,
      })),
    )
    for (const { connection, row } of fitting) ids.set(connection.id, made.get(row.uuid) ?? 0)
    tally.taken += fitting.length
  }
  return { ids, tally }
}

function rowOf(
  connection: ConnectionToImport,
  { groupId, taken, tally }: { groupId: number; taken: Set<string>; tally: Tally },
): ConnectionRow {
  const name = freeName(connection.name, {
    limit: NAME_LIMIT,
    suffix: (n) => ` (${n})`,
    isTaken: (candidate) => taken.has(`${groupId} ${candidate}`),
  })
  taken.add(`${groupId} ${name}`)
  if (name !== connection.name) tally.renamed.push({ from: connection.name, to: name })
  const manifest = manifestOf(connection.type)
  const settings = JSON.parse(connection.data) as Values // the other system's own schema: always an object
  const { config, left } = withoutSecrets(connection.type, settings)
  if (left.length > 0) {
    note(
      tally,
      name,
      `its settings held what is a secret by its name and was left out: ${left.join(', ')}; put it into its credentials`,
    )
  }
  if (manifest === undefined) {
    note(tally, name, `this release does not know the type "${connection.type.slice(0, 50)}"; kept as it is`)
  } else if ('problems' in parseBySchema(manifest.config, config, [])) {
    note(tally, name, `its settings do not fit ${manifest.title}; edit it before a run`)
  }
  return {
    uuid: randomUUID(),
    group_id: groupId,
    provider: connection.type,
    connector_type: manifest?.connectorType ?? 'database',
    name,
    description: connection.description,
    // As text where nothing was left out: numbers stay as they are.
    config: left.length === 0 ? connection.data : JSON.stringify(config),
    shown: shownToKeep(connection, name, tally),
    created_at: connection.created_at,
    updated_at: connection.updated_at,
  }
}

/** Taken names of these groups, as `<group id> <name>`. */
async function namesOf(tx: QueryExecutorProvider, groupIds: readonly number[]): Promise<Set<string>> {
  const { rows } = await sql<{ group_id: number; name: string }>`
    select group_id, name from connect.connection where group_id = any (${[...new Set(groupIds)]}::bigint[])`.execute(
    tx,
  )
  return new Set(rows.map(({ group_id, name }) => `${group_id} ${cut(name, NAME_LIMIT)}`))
}

/** The connectors, as their groups' system users made them; their companions come by the trigger and get their names. */
async function insertConnections(
  tx: QueryExecutorProvider,
  rows: readonly ConnectionRow[],
): Promise<Map<string, number>> {
  const given = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (
    uuid uuid, group_id bigint, provider text, connector_type text, name text, description text, config text,
    shown jsonb, created_at timestamptz, updated_at timestamptz)`
  await sql`
    insert into public.integration_connectors (id, company_id, provider, connector_type, status, config, created_by, created_at)
    select r.uuid, g.uuid, r.provider, r.connector_type, 'active', r.config::jsonb, s.uuid, r.created_at
    from ${given} join identity."group" g on g.id = r.group_id join identity."user" s on s.id = g.system_user_id
  `.execute(tx)
  const made = await sql<{ uuid: string; id: number }>`
    update connect.connection c
    set name = r.name, description = r.description, auth_shown = nullif(r.shown, 'null'),
      created_at = r.created_at, updated_at = r.updated_at
    from ${given} where c.connector_id = r.uuid returning c.connector_id as uuid, c.id`.execute(tx)
  return new Map(made.rows.map(({ uuid, id }) => [uuid, id]))
}

async function seal(
  tx: QueryExecutorProvider,
  vault: Vault,
  fitting: readonly Coming[],
  made: Map<string, number>,
): Promise<void> {
  const seals: { id: number | undefined; group_id: number; value: string }[] = []
  for (const { connection, row } of fitting) {
    if (connection.auth === null) continue
    seals.push({ id: made.get(row.uuid), group_id: row.group_id, value: await vault.seal(connection.auth) })
  }
  await sql`
    insert into connect.auth_data (connection_id, group_id, value)
    select r.* from jsonb_to_recordset(${JSON.stringify(seals)}::jsonb) as r (id bigint, group_id bigint, value text)
  `.execute(tx)
}

function shownToKeep({ type, auth }: ConnectionToImport, name: string, tally: Tally): Values | null {
  if (auth === null) {
    note(tally, name, 'without credentials; enter them before a run')
    return null
  }
  const shown = safelyShown(type, auth)
  if (shown !== null) return shown
  note(tally, name, 'an unknown way to sign in; check its credentials before a run')
  return { type: typeof auth.type === 'string' ? auth.type : 'unknown' }
}

/**
 * What of foreign credentials may be read back: of a kind that we know, all but its secrets; of another nothing.
 * Used for what the other system had written down of past runs as well.
 */
export function safelyShown(type: string, auth: Values): Values | null {
  const manifest = manifestOf(type)
  const kind = manifest?.auth.find((candidate) => candidate.type === auth.type)
  if (manifest === undefined || kind === undefined) return null
  const shown = shownOf(manifest, { ...auth, type: kind.type })
  return Object.fromEntries(Object.entries(shown).filter(([name]) => name === 'type' || name in kind.fields))
}

/** Deletes the connections that an import made, with their connectors and credentials. */
export async function deleteImportedConnections({ tx, source }: Import): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from public.integration_connectors i using connect.connection c, identity.imported m
    where m.source = ${source} and m.kind = 'connection' and m.made and m.local_id = c.id and i.id = c.connector_id
  `.execute(tx)
  return Number(numAffectedRows ?? 0n)
}
