import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { type Config, keptSecrets, publicUrl, type Settings } from '#config'
import { type Database, type EmbeddedPostgres, openDatabase, startEmbeddedPostgres } from '#database'
import { pruneEvents } from '#event'
import type { Fault } from '#fault'
import { addHealth, createServer, servePage, type Server } from '#http'
import {
  addRestRoutes,
  CONNECTION_TABLES,
  createConnect,
  createGuard,
  createProviders,
  keepSecretFields,
  lostConnections,
  ownDatabaseOf,
  type Reach,
} from '#connect'
import { connectPostgres } from '#engine'
import { createIdentity } from '#identity'
import { createLog, type Log } from '#log'
import { migrateUp, readMigrations } from '#migrate'
import { CHANNEL_MANIFESTS, createNotify, HANDLED_EVENTS } from '#notify'
import { countTransfersOf, createTransfer, describeFile, RUN_TABLES } from '#transfer'
import { createRealtime } from '#realtime'
import { serveRetention } from '#retention'
import { createVault } from '#vault'

/** A hub that is up. Wiring only: config → database → rooms → listen. */
export interface Hub {
  app: Server
  db: Database
  /** Where it listens, the port as it was given by the system. */
  url: string
  /** The one-time link that makes the first superuser; null when there is one. */
  setupUrl: string | null
  /** Resolves with the reason when the hub cannot go on; whoever started it stops it then. */
  lost: Promise<Fault>
  stop: () => Promise<void>
}

export interface HubOptions {
  /** Sees the server before it has routes; tests watch its answers from here. */
  onServer?: (app: Server) => void
}

export async function startHub(config: Config, options: HubOptions = {}): Promise<Hub> {
  const { settings } = config
  const log = createLog(settings.log_level)
  const { version } = JSON.parse(await readFile(path.join(config.home, 'package.json'), 'utf8')) as {
    version: string
  } // our own file
  const secrets = await keptSecrets(settings)

  const server = settings.database_url === null ? await startOwnPostgres(settings.data_dir, log) : null
  const stops: (() => Promise<void>)[] = server === null ? [] : [server.stop]
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end()
  }
  try {
    const url = server?.url ?? settings.database_url ?? ''
    await migrateUp(url, await readMigrations(import.meta.dirname), version)
    const db = openDatabase(url)
    stops.push(db.close)
    const at = { address: publicUrl(settings) }
    const rooms = await createRooms(config, { db, databaseUrl: url, secrets, log, url: () => at.address })
    const { identity } = rooms
    const app = await createServer({ settings, log, version, authenticate: identity.authenticate })
    stops.push(() => app.close())
    options.onServer?.(app)
    addHealth(app, () => isReady(db))
    // A worker alone answers for its health and its figures only.
    if (settings.parts.includes('server')) stops.push(await openDoors(app, config, rooms))
    await app.listen({ host: settings.host, port: settings.port })
    const bound = app.server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : settings.port
    at.address = publicUrl({ ...settings, port })
    if (settings.parts.includes('worker')) {
      const retention = await startRetention(settings, db, log)
      stops.push(
        () => retention.stop(0),
        rooms.connect.startWorker().stop,
        (await rooms.transfer.startWorker()).stop,
        rooms.notify.startWorker().stop,
      )
    }
    await warnOfLost(rooms)
    const token = await identity.offerSetup()
    const setupUrl = token && `${at.address}/setup?token=${token}`
    return { app, db, url: at.address, setupUrl, lost: server?.lost ?? new Promise(() => {}), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Ground {
  db: Database
  databaseUrl: string
  secrets: Awaited<ReturnType<typeof keptSecrets>>
  log: Log
  /** Its own address, which is known for good once it listens. */
  url: () => string
}

async function createRooms(config: Config, ground: Ground) {
  const { settings } = config
  const { db, log, url, secrets } = ground
  const providers = createProviders(CHANNEL_MANIFESTS)
  await keepSecretFields(db, providers)
  const vault = createVault(secrets.vault_keys)
  const reach = reachOf(config, ground.databaseUrl)
  const identity = createIdentity({
    db,
    log,
    vault,
    jwtSecret: secrets.jwt_secret,
    supabaseJwtSecret: secrets.supabase_jwt_secret,
    url,
    publicUrl: publicUrl(settings),
    settings,
  })
  const countUses = countTransfersOf
  const connect = createConnect({ db, vault, providers, reach, countUses, log, settings, url })
  const transfer = createTransfer({ db, log, settings, connect, reach, url })
  const notify = createNotify({ db, log, settings, connect, reach, url })
  return { db, log, vault, identity, connect, transfer, notify }
}

type Rooms = Awaited<ReturnType<typeof createRooms>>

/** All that is answered over HTTP, on the app; answers how what stays open is closed. */
async function openDoors(
  app: Server,
  { home, settings }: Config,
  rooms: Rooms,
): Promise<() => Promise<void>> {
  const { db, log, identity, connect, transfer, notify } = rooms
  for (const room of [identity, connect, transfer, notify]) room.addRoutes(app)
  const tables = [...CONNECTION_TABLES, ...RUN_TABLES]
  const realtime = await createRealtime({ db, log, settings, gate: identity.gate, tables })
  await realtime.addRoutes(app)
  addRestRoutes(app, { db, gate: identity.gate, rowsLimit: settings.limit_rest_rows.count })
  await servePage(app, path.join(home, 'web', 'dist'))
  return async () => realtime.stop()
}

async function warnOfLost({ db, vault, log }: Rooms): Promise<void> {
  for (const { name, id, kid } of (await lostConnections(db, vault)).lost) {
    log.warn(
      { connection: id, kid },
      `The connection "${name}" is lost: its vault key "${kid}" is not known.`,
    )
  }
}

function startOwnPostgres(dataDirectory: string, log: Log): Promise<EmbeddedPostgres> {
  const onRestart = () => {
    log.warn({}, "The hub's own PostgreSQL was lost and has been started again.")
  }
  return startEmbeddedPostgres({ dataDirectory, onRestart })
}

/** With its tasks, once none of them is to be sent any more. */
const MESSAGE_IS_OVER = `not exists (
  select from notify.task t where t.group_id = message.group_id and t.message_id = message.id and t.due_at is not null)`

/** What happened is kept as long as its limit says; what has run out, no longer than a day. */
function startRetention(settings: Settings, db: Database, log: Log) {
  const ended = `status in ('FINISHED', 'FAILED', 'STOPPED')`
  return serveRetention({
    db,
    log,
    rules: [
      { table: 'identity.audit', days: settings.limit_audit_days.count },
      { table: 'identity.session', since: 'expires_at', days: 1 },
      { table: 'identity.sign_in_try', since: 'ends_at', days: 1 },
      { table: 'connect.sync', since: 'ended_at', days: settings.limit_syncs_days.count },
      { table: 'notify.message', where: MESSAGE_IS_OVER, days: settings.limit_messages_days.count },
      { table: 'notify.inbox', days: settings.limit_messages_days.count },
      { table: 'notify.pace', since: 'next_at', days: 1 },
      { table: 'transfer.run', since: 'ended_at', where: ended, days: settings.limit_runs_days.count },
    ],
    more: settings.limit_events_days.count === 0 ? [] : [() => pruneOldEvents(db, settings)],
  })
}

function pruneOldEvents(db: Database, settings: Settings): Promise<number> {
  const olderThan = new Date(Date.now() - settings.limit_events_days.count * 24 * 60 * 60_000)
  // All others are facts. These wait for the room that fills accounts by them, however long it takes to come.
  return pruneEvents(db, { olderThan, handledKinds: ['directory.changed', ...HANDLED_EVENTS] })
}

/** What connections may touch of the world. */
function reachOf({ settings }: Config, databaseUrl: string): Reach {
  return {
    guard: createGuard({
      allow: settings.allow,
      loopbackOpen: ['127.0.0.1', '::1', 'localhost'].includes(settings.host),
      own: ownDatabaseOf(databaseUrl),
    }),
    openPostgres: connectPostgres,
    describeFile,
    filesRoot: settings.files,
    dataFolder: settings.data_dir,
  }
}

async function isReady(db: Database): Promise<boolean> {
  try {
    await db.withConnection({ databaseRole: 'crosstie_auth', claims: {} }, (client) =>
      client.query('select 1'),
    )
    return true
  } catch {
    return false
  }
}
