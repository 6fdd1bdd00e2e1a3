import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { Fault } from '#fault'
import { findPostgresHome, placePostgresHome } from './binaries.ts'
import { adminUrl, DATABASE, readOrCreateState, readState, ROOTS_FOLDER, socketUrl } from './cluster-state.ts'
import { initialise } from './initialise.ts'
import { keepRunning, type Running } from './keep-running.ts'
import {
  connect,
  connectWhenReady,
  isAlive,
  launch,
  type Place,
  runningPid,
  stopServer,
} from './postgres-process.ts'
import { setUpDatabase } from './roles.ts'
import { databaseSystemUser, openToOthers, type SystemUser } from './system-user.ts'

/** The lock of a hub that was just killed goes when the server notices: a moment's patience. */
const LOCK_PATIENCE_MS = 1_000
/** A hub that serves has more: an operator's command may hold the lock while the server comes back. */
const LOCK_PATIENCE_AGAIN_MS = 10_000
/** The advisory lock that one hub holds on the cluster of its data folder, in the database "postgres". */
const HUB_LOCK = [0x63726f73, 0x74696521]

export interface EmbeddedPostgres {
  /** The hub's own login, over the socket. */
  url: string
  /** The administrator's, over loopback TCP: for psql, BI tools and other databases on the server. */
  adminUrl: string
  /** True when a server was found running, left behind by a hub that was killed. */
  adopted: boolean
  /** Resolves with the reason when the server is lost and does not come back; then the hub should end. */
  lost: Promise<Fault>
  stop: () => Promise<void>
}

export interface EmbeddedOptions {
  dataDirectory: string
  /** Server settings on top of ours, for tests: `{ fsync: 'off' }`. */
  settings?: Record<string, string>
  /** Told each time that the server was lost and is there again. */
  onRestart?: () => void
}

/**
 * Starts the hub's own PostgreSQL in the data folder, or takes over the one that a killed hub left running; and
 * keeps it running: a server that dies is started again.
 *
 * @throws Fault `platform.data_folder_taken` when another hub serves this data folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDirectory = path.resolve(options.dataDirectory)
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const user = await databaseSystemUser()
  const home = await reachableHome(await findPostgresHome(), user)
  const state = await readOrCreateState(dataDirectory, user)
  if (!existsSync(path.join(state.cluster, 'PG_VERSION'))) await initialise(home, state, user)

  const place: Place = { dataDirectory, home, state, user, settings: options.settings ?? {} }
  const first = await startOrFind(place, LOCK_PATIENCE_MS)
  const { lost, stop } = keepRunning(first, {
    again: () => startOrFind(place, LOCK_PATIENCE_AGAIN_MS),
    end: (server) => stopServer(state.cluster, server),
    onRestart: options.onRestart ?? (() => {}),
    log: path.join(dataDirectory, 'postgres.log'),
  })
  return { url: socketUrl(state), adminUrl: adminUrl(state), adopted: first.server === null, lost, stop }
}

/** The administrator's URL of the data folder's server, running or not; null before its first start. */
export async function embeddedAdminUrl(dataDirectory: string): Promise<string | null> {
  const state = await readState(path.resolve(dataDirectory))
  return state && adminUrl(state)
}

/** Whether a server of this data folder runs now, with or without a hub. */
export async function embeddedIsRunning(dataDirectory: string): Promise<boolean> {
  const state = await readState(path.resolve(dataDirectory))
  return state !== null && (await runningPid(state.cluster)) !== null
}

/** The hub's own login of the data folder's server; null before its first start. */
export async function embeddedUrl(dataDirectory: string): Promise<string | null> {
  const state = await readState(path.resolve(dataDirectory))
  return state && socketUrl(state)
}

async function reachableHome(home: string, user: SystemUser | null): Promise<string> {
  if (user === null || (await openToOthers(home))) return home
  return placePostgresHome(home, ROOTS_FOLDER)
}

async function startOrFind(place: Place, lockPatienceMs: number): Promise<Running> {
  const { state, dataDirectory } = place
  const found = (await runningPid(state.cluster)) !== null
  const { server, lock } = found
    ? { server: null, lock: await connectWhenReady(state, null, dataDirectory) }
    : await launch(place)
  const ended = new Promise<void>((resolve) => lock.once('end', resolve))
  try {
    await takeHubLock(lock, dataDirectory, lockPatienceMs)
    await setUpDatabase(lock, {
      database: DATABASE,
      loginPassword: state.loginPassword,
      connect: (database) => connect(state, database),
    })
    return { server, lock, ended }
  } catch (error) {
    await lock.end().catch(() => {})
    // A server that this call started must not outlive its failure; one that was there is not ours to stop.
    if (isAlive(server)) await stopServer(state.cluster, server)
    throw error
  }
}

async function takeHubLock(client: pg.Client, dataDirectory: string, patienceMs: number): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(100)) {
    const sql = 'select pg_try_advisory_lock($1, $2) as taken'
    const { rows } = await client.query<{ taken: boolean }>(sql, HUB_LOCK)
    if (rows[0]?.taken === true) return
    if (Date.now() > until) break
  }
  const holder = await client.query<{ application_name: string }>(
    `select a.application_name from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.granted`,
    HUB_LOCK,
  )
  const pid = /\d+$/.exec(holder.rows[0]?.application_name ?? '')?.[0] ?? 'unknown'
  throw new Fault(
    'conflict',
    'platform.data_folder_taken',
    `Another hub (process ${pid}) serves the data folder ${dataDirectory}. Stop it first, or give this one a folder of its own with CROSSTIE_DATA_DIR.`,
  )
}
