/** What one does with connections; who may is decided here, and again by the policies of the tables. */
import type { AfterCommit, Database } from '#database'
import { emit } from '#event'
import { Fault } from '#fault'
import { audit, type Caller, levelIn, memberLevelIn, requireLevel, visibleGroup } from '#identity'
import type { Vault } from '#vault'
import { type ConnectionBody, isCredentialFree } from './connection.body.ts'
import {
  type Connection,
  deleteConnection,
  findConnection,
  findSeal,
  insertConnection,
  keepsItsPlace,
  lockConnection,
  putSeal,
  type Tx,
  updateConnection,
} from './connection.store.ts'
import { mergedAuth, secretsAfter, shownOf } from './credentials.ts'
import { HEALTH_CHANNEL } from './health.ts'
import { setDue } from './health.store.ts'
import { manifestOf, type Providers } from './manifests.ts'
import type { Manifest } from './provider.ts'

/** How many transfers use a connection. Those rooms stand above this one, so they tell it. */
export type CountUses = (tx: Tx, connection: Connection) => Promise<number>

export interface ConnectionRules {
  db: Database
  vault: Vault
  providers: Providers
  countUses: CountUses
}

/** One change: its transaction, who makes it, and what runs after its commit. */
export interface Change {
  tx: Tx
  afterCommit: AfterCommit
  caller: Caller
}

/** @throws Fault 404, the same for one that is not there and one that the caller may not see. */
export async function visibleConnection(tx: Tx, id: number): Promise<Connection> {
  const connection = await findConnection(tx, id)
  if (connection === undefined)
    throw new Fault('not_found', 'connect.connection_missing', 'Connection not found')
  return connection
}

export async function createConnection(
  { db, vault, providers }: ConnectionRules,
  change: Change,
  body: ConnectionBody,
): Promise<Connection> {
  const { tx, caller } = change
  const group = await visibleGroup(tx, body.group_id)
  requireLevel(memberLevelIn(caller, group.id), 'developer')
  const manifest = knownManifest(providers, body.type)
  const config = manifest.complete?.(body.connection_data) ?? body.connection_data
  const value = await vault.seal(body.auth_data)
  const id = await keepsItsPlace(() =>
    insertConnection(tx, { ...written(manifest, body), config, groupId: group.id, userId: caller.userId }),
  )
  const secrets = secretsAfter(manifest, {}, body.auth_data)
  await putSeal(tx, { id, groupId: group.id, value, shown: shownOf(manifest, body.auth_data), secrets })
  return tell(db, change, id, 'created')
}

export async function changeConnection(
  { db, vault, providers, countUses }: ConnectionRules,
  change: Change,
  id: number,
  body: ConnectionBody,
): Promise<Connection> {
  const { tx, caller } = change
  const connection = await visibleConnection(tx, id)
  requireLevel(levelIn(caller, connection.group_id), 'developer')
  await lockConnection(tx, id)
  const manifest = knownManifest(providers, body.type)
  if (body.type !== connection.provider && (await countUses(tx, connection)) > 0) {
    throw new Fault(
      'conflict',
      'connect.type_in_use',
      'You cannot update the connection type of a connection already associated with a transfer.',
    )
  }
  const auth = await mergedAuth(tx, vault, manifest, { connection, auth: body.auth_data })
  const value = await vault.seal(auth)
  const config = manifest.complete?.(body.connection_data) ?? body.connection_data
  await keepsItsPlace(() =>
    updateConnection(tx, connection, { ...written(manifest, body), config, userId: caller.userId }),
  )
  const secrets = secretsAfter(manifest, connection.secrets_shown, body.auth_data)
  await putSeal(tx, { id, groupId: connection.group_id, value, shown: shownOf(manifest, auth), secrets })
  // What was changed is looked at soon: it may be what mends it.
  await setDue(tx, id, new Date())
  change.afterCommit(() => db.notify(HEALTH_CHANNEL, ''))
  return tell(db, change, id, 'updated')
}

export async function removeConnection(rules: ConnectionRules, change: Change, id: number): Promise<void> {
  const connection = await visibleConnection(change.tx, id)
  await takeAway(rules, change, connection)
}

export interface ConnectionCopy {
  new_group_id: number
  new_name?: string | null | undefined
  remove_source: boolean
}

/** A new row without credentials; `remove_source` moves one that no transfer uses. */
export async function copyConnection(
  rules: ConnectionRules,
  change: Change,
  id: number,
  copy: ConnectionCopy,
): Promise<Connection> {
  const { tx, caller } = change
  const source = await visibleConnection(tx, id)
  const group = await visibleGroup(tx, copy.new_group_id)
  requireLevel(memberLevelIn(caller, group.id), 'developer')
  if (copy.remove_source) requireLevel(levelIn(caller, source.group_id), 'maintainer')
  const made = await duplicateConnection(rules, change, {
    source,
    groupId: group.id,
    name: copy.new_name ?? source.name,
  })
  if (copy.remove_source) await takeAway(rules, change, source)
  return made
}

/** The copying itself, rights apart; a provider without credentials is ready to use at once. */
export async function duplicateConnection(
  { db }: Pick<ConnectionRules, 'db'>,
  change: Change,
  { source, groupId, name }: { source: Connection; groupId: number; name: string },
): Promise<Connection> {
  const { tx, caller } = change
  const { description, provider, connector_type: connectorType, config } = source
  const id = await keepsItsPlace(() =>
    insertConnection(tx, {
      name,
      description,
      provider,
      connectorType,
      config,
      groupId,
      userId: caller.userId,
    }),
  )
  const manifest = manifestOf(provider)
  if (manifest !== undefined && isCredentialFree(manifest)) {
    const value = await findSeal(tx, source.id)
    if (value !== undefined)
      await putSeal(tx, { id, groupId, value, shown: source.auth_shown ?? {}, secrets: {} })
  }
  return tell(db, change, id, 'created')
}

async function takeAway(
  { db, countUses }: ConnectionRules,
  change: Change,
  connection: Connection,
): Promise<void> {
  const { tx, caller } = change
  requireLevel(levelIn(caller, connection.group_id), 'maintainer')
  await lockConnection(tx, connection.id)
  const uses = await countUses(tx, connection)
  if (uses > 0) {
    throw new Fault(
      'conflict',
      'connect.in_use',
      `The connection has an associated transfers. Number of the connected transfers: ${uses}`,
    )
  }
  await record(db, change, connection, 'deleted')
  await deleteConnection(tx, connection)
}

async function tell(
  db: Database,
  change: Change,
  id: number,
  what: 'created' | 'updated',
): Promise<Connection> {
  const connection = await visibleConnection(change.tx, id)
  await record(db, change, connection, what)
  return connection
}

async function record(
  db: Database,
  { tx, afterCommit, caller }: Change,
  { id, group_id: groupId, name, provider }: Connection,
  what: 'created' | 'updated' | 'deleted',
): Promise<void> {
  const verb = what.slice(0, -1)
  const payload = { connection_id: id, name, provider }
  await Promise.all([
    audit(tx, caller, {
      action: `connection.${verb}`,
      groupId,
      objectId: id,
      objectName: name,
      details: { type: provider },
    }),
    emit({ db, tx, afterCommit }, { groupId, kind: `connection.${what}`, payload }),
  ])
}

function written(manifest: Manifest, { name, description }: ConnectionBody) {
  return { name, description, provider: manifest.provider, connectorType: manifest.connectorType }
}

function knownManifest(providers: Providers, type: string): Manifest {
  const manifest = providers.of(type)
  if (manifest === undefined) throw new Error(`the body's schema let the type ${type} through`)
  return manifest
}
