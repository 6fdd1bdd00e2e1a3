/**
 * How to reach other systems: connections, their providers and their sealed secrets.
 *
 * ```ts
 * const connect = createConnect({ db, vault, reach, countUses })
 * connect.addRoutes(app)
 * const opened = await connect.openConnection(tx, connection) // settings and opened credentials, for a run
 * ```
 */
import type { Database } from '#database'
import type { Server } from '#http'
import type { Vault } from '#vault'
import { addConnectionRoutes } from './connection.routes.ts'
import type { Connection, Tx } from './connection.store.ts'
import { type CountUses } from './connection.ts'
import { openCredentials } from './credentials.ts'
import { addProbeRoutes } from './probe.routes.ts'
import type { Actions, Opened } from './provider.ts'
import { createLocalActions } from './providers/local.ts'
import { createPostgresActions } from './providers/postgres.ts'
import type { Reach } from './reach.ts'

export type { Connection } from './connection.store.ts'
export { type Change, type CountUses, duplicateConnection, visibleConnection } from './connection.ts'
export { credentialsMissing } from './credentials.ts'
export { createGuard, type Guard, type OwnDatabase, ownDatabaseOf } from './guard.ts'
export { MANIFESTS, manifestOf } from './manifests.ts'
export { notCarried } from './probe.routes.ts'
export type { Opened } from './provider.ts'
export { insideFolder, localFolder, makeFolder } from './providers/local.ts'
export { postgresLogin } from './providers/postgres.ts'
export type { DescribeFile, Reach } from './reach.ts'
export { lostConnections, resealAll, type Resealed } from './reseal.ts'
export type { ConnectTables } from './tables.ts'
export { CONNECTION_TABLES } from './open-tables.ts'

export interface ConnectOptions {
  db: Database
  vault: Vault
  reach: Reach
  countUses: CountUses
}

export interface Connect {
  addRoutes: (app: Server) => void
  /** @throws Fault 404 in SyncMaster's words when the connection has no credentials. */
  openConnection: (tx: Tx, connection: Connection) => Promise<Opened>
}

export function createConnect({ db, vault, reach, countUses }: ConnectOptions): Connect {
  const rules = { db, vault, countUses }
  const actions = new Map<string, Actions>([
    ['postgres', createPostgresActions(reach)],
    ['local', createLocalActions(reach)],
  ])
  return {
    addRoutes: (app) => {
      addConnectionRoutes(app, rules)
      addProbeRoutes(app, { ...rules, actions })
    },
    openConnection: (tx, connection) => openCredentials(tx, vault, connection),
  }
}
