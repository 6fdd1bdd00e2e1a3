/**
 * How to reach other systems: connections, their providers and their sealed secrets.
 *
 * ```ts
 * const connect = createConnect({ db, vault, providers: createProviders(), reach, countUses, log, settings })
 * connect.addRoutes(app)
 * const opened = await connect.openConnection(tx, connection) // settings and opened credentials, for a run
 * ```
 */
import type { Settings } from '#config'
import type { Database } from '#database'
import type { InTransaction } from '#event'
import type { Server } from '#http'
import type { Caller } from '#identity'
import type { Log } from '#log'
import type { Vault } from '#vault'
import { addConnectionRoutes } from './connection.routes.ts'
import type { Connection, Tx } from './connection.store.ts'
import { type CountUses } from './connection.ts'
import { openCredentials } from './credentials.ts'
import { addProbeRoutes } from './probe.routes.ts'
import type { Actions, Opened } from './provider.ts'
import { addHealthRoutes } from './health.routes.ts'
import { noteUse } from './health.ts'
import { addHookCallRoutes } from './hook-call.routes.ts'
import { addHookRoutes } from './hook.routes.ts'
import type { Providers } from './manifests.ts'
import { createOpenFresh } from './oauth.ts'
import { addOAuthRoutes } from './oauth.routes.ts'
import { addCatalogRoutes } from './catalog.routes.ts'
import { addScheduleRoutes } from './schedule.routes.ts'
import { addSyncRoutes } from './sync.routes.ts'
import { startConnectWorker } from './worker.ts'
import type { Reach } from './reach.ts'

export { type Connection, findConnection } from './connection.store.ts'
export { type Change, type CountUses, duplicateConnection, visibleConnection } from './connection.ts'
export { credentialsMissing } from './credentials.ts'
export { createGuard, type Guard, type OwnDatabase, ownDatabaseOf } from './guard.ts'
export {
  type ConnectionToImport,
  deleteImportedConnections,
  importConnections,
  safelyShown,
} from './import.ts'
export { noteOutcome } from './health.ts'
export { createProviders, MANIFESTS, manifestOf } from './manifests.ts'
export { notCarried } from './probe.routes.ts'
export { CONNECTION_TABLES } from './open-tables.ts'
export { BASIC, field, type Manifest, type Opened } from './provider.ts'
export { insideFolder, localFolder, makeFolder } from './providers/local.ts'
export { postgresLogin } from './providers/postgres.ts'
export type { DescribeFile, Reach } from './reach.ts'
export { addRestRoutes } from './rest/rest.routes.ts'
export { lostConnections, resealAll, type Resealed } from './reseal.ts'
export { keepSecretFields, type SecretInConfig, secretsInConfig } from './secret-field.ts'
export { ASLEEP } from './sync.ts'
export type { ConnectTables } from './tables.ts'
export { type WebAnswer, type WebRequest, webRequest } from './web-request.ts'

export interface ConnectOptions {
  db: Database
  vault: Vault
  /** This room's own, and those of rooms above it. */
  providers: Providers
  reach: Reach
  countUses: CountUses
  log: Log
  /** Of the hub, as browsers reach it. */
  url: () => string
  settings: Pick<Settings, 'syncs' | 'health_minutes' | 'limit_sync_items' | 'limit_hooks'>
}

export interface Connect {
  addRoutes: (app: Server) => void
  /** @throws Fault 404 in SyncMaster's words when the connection has no credentials. */
  openConnection: (tx: Tx, connection: Connection) => Promise<Opened>
  /** The same with tokens that are good now; it may ask the other system, so never inside a transaction. */
  openFresh: (caller: Caller, connection: Connection) => Promise<Opened>
  /**
   * Connections were used, for their health: well, or not, and then they are looked at by themselves at once, since
   * whoever used several cannot tell which of them it was.
   */
  noteUse: (
    act: InTransaction & { tx: Tx },
    connectionIds: readonly number[],
    wentWell: boolean,
  ) => Promise<void>
  /** Carries syncs, keeps their schedules, looks after health. */
  startWorker: () => { stop: () => Promise<void> }
}

export function createConnect(options: ConnectOptions): Connect {
  const { db, vault, providers, reach, countUses, log, settings } = options
  const rules = { db, vault, providers, countUses }
  const actions = new Map<string, Actions>(
    providers.all.flatMap(({ provider, act }) =>
      act === undefined ? [] : [[provider, act(reach)] as const],
    ),
  )
  const openFresh = createOpenFresh({ db, vault, providers, reach })
  return {
    addRoutes: (app) => {
      addConnectionRoutes(app, rules)
      addProbeRoutes(app, { ...rules, actions, openFresh })
      addHealthRoutes(app, db)
      addOAuthRoutes(app, { db, vault, providers, reach, url: options.url })
      addSyncRoutes(app, db)
      addScheduleRoutes(app, db)
      addCatalogRoutes(app, db)
      addHookCallRoutes(app, db)
      addHookRoutes(app, { db, vault, providers, actions, perConnection: settings.limit_hooks })
    },
    openConnection: (tx, connection) => openCredentials({ vault, providers }, tx, connection),
    openFresh,
    noteUse,
    startWorker: () => startConnectWorker({ db, log, actions, openFresh, settings }),
  }
}
