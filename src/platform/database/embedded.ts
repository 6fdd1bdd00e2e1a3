import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync } from 'node:fs'
import { chmod, chown, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Fault, messageOf } from '#fault'
import { findPostgresHome, placePostgresHome } from './binaries.ts'
import { LOGIN_ROLE, setUpDatabase } from './roles.ts'
import { databaseSystemUser, openToOthers, type SystemUser } from './system-user.ts'

/** Where root's clusters and programs go when the data folder is closed to PostgreSQL's user. */
const ROOTS_FOLDER = '/var/lib/crosstie'
const DATABASE = 'crosstie'
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 20_000
const LOCK_PATIENCE_MS = 1_000
const LOG_LIMIT_BYTES = 10 * 1024 * 1024
/** The advisory lock that one hub holds on the cluster of its data folder, in the database "postgres". */
const HUB_LOCK = [0x63726f73, 0x74696521]

/** Kept in the data folder as `postgres.json` (0600): what is needed to find the server again. */
interface ClusterState {
  cluster: string
  port: number
  socketDirectory: string
  adminPassword: string
  loginPassword: string
}

export interface EmbeddedPostgres {
  /** The hub's own login, over the socket. */
  url: string
  /** The administrator's, over loopback TCP: for psql, BI tools and other databases on the server. */
  adminUrl: string
  /** True when a server was found running, left behind by a hub that was killed. */
  adopted: boolean
  stop: () => Promise<void>
}

export interface EmbeddedOptions {
  dataDirectory: string
  /** Server settings on top of ours, for tests: `{ fsync: 'off' }`. */
  settings?: Record<string, string>
}

/**
 * Starts the hub's own PostgreSQL in the data folder, or takes over the one that a killed hub left running.
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

  const running = await runningPid(state.cluster)
  const server =
    running === null ? await launch(home, state, user, dataDirectory, options.settings ?? {}) : null
  try {
    const lock = await connectWhenReady(state, server, dataDirectory)
    await takeHubLock(lock, dataDirectory)
    await setUpDatabase(lock, {
      database: DATABASE,
      loginPassword: state.loginPassword,
      connect: (database) => connect(state, database),
    })
    return {
      url: socketUrl(state),
      adminUrl: `postgres://postgres:${state.adminPassword}@127.0.0.1:${state.port}/${DATABASE}`,
      adopted: running !== null,
      stop: async () => {
        await lock.end().catch(() => {})
        await stopServer(state.cluster, server)
      },
    }
  } catch (error) {
    // A server that this call started must not outlive its failure; one that was there is not ours to stop.
    if (server !== null && server.exitCode === null) await stopServer(state.cluster, server)
    throw error
  }
}

/** The administrator's URL of the data folder's server, running or not; null before its first start. */
export async function embeddedAdminUrl(dataDirectory: string): Promise<string | null> {
  const state = await readState(path.resolve(dataDirectory))
  return state && `postgres://postgres:${state.adminPassword}@127.0.0.1:${state.port}/${DATABASE}`
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

function socketUrl(state: ClusterState): string {
  const host = encodeURIComponent(state.socketDirectory)
  return `postgres://${LOGIN_ROLE}:${state.loginPassword}@/${DATABASE}?host=${host}&port=${state.port}`
}

async function reachableHome(home: string, user: SystemUser | null): Promise<string> {
  if (user === null || (await openToOthers(home))) return home
  return placePostgresHome(home, ROOTS_FOLDER)
}

async function readState(dataDirectory: string): Promise<ClusterState | null> {
  const text = await readFile(path.join(dataDirectory, 'postgres.json'), 'utf8').catch(() => null)
  return text === null ? null : JSON.parse(text)
}

async function readOrCreateState(dataDirectory: string, user: SystemUser | null): Promise<ClusterState> {
  const known = await readState(dataDirectory)
  if (known !== null) {
    await mkdirFor(known.socketDirectory, user)
    return known
  }
  // Random, not derived from the path: a new data folder never meets the cluster of a deleted one.
  const name = randomBytes(6).toString('hex')
  const inside = user === null || (await openToOthers(path.dirname(dataDirectory)))
  // PostgreSQL's user must pass through the data folder; the files in it stay 0600.
  if (user !== null && inside) await chmod(dataDirectory, 0o711)
  const state: ClusterState = {
    cluster: inside ? path.join(dataDirectory, 'postgres') : path.join(ROOTS_FOLDER, name),
    port: await freePort(),
    // A socket's path may be 107 bytes long at most, so it does not lie in the data folder.
    socketDirectory: path.join(tmpdir(), `crosstie-${name}`),
    adminPassword: randomBytes(24).toString('base64url'),
    loginPassword: randomBytes(24).toString('base64url'),
  }
  await mkdirFor(state.socketDirectory, user)
  const file = path.join(dataDirectory, 'postgres.json')
  try {
    // `wx`: of two hubs that start at once on a new folder, the second reads what the first wrote.
    await writeFile(file, JSON.stringify(state, null, 2), { mode: 0o600, flag: 'wx' })
    return state
  } catch (error) {
    const other = await readState(dataDirectory)
    if (other === null) throw error
    return other
  }
}

async function mkdirFor(folder: string, user: SystemUser | null): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (user !== null) await chown(folder, user.uid, user.gid)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

/** Makes the cluster under another name and moves it, so that a half-made one is never mistaken for whole. */
async function initialise(home: string, state: ClusterState, user: SystemUser | null): Promise<void> {
  const folder = `${state.cluster}.${randomBytes(4).toString('hex')}`
  const passwordFile = `${folder}.password`
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o755 })
  await mkdirFor(folder, user)
  await writeFile(passwordFile, state.adminPassword, { mode: 0o600 })
  if (user !== null) await chown(passwordFile, user.uid, user.gid)
  try {
    const args = [
      ...['-D', folder, '-U', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...[
        '--encoding',
        'UTF8',
        '--locale-provider',
        'builtin',
        '--builtin-locale',
        'C.UTF-8',
        '--locale',
        'C',
      ],
    ]
    const initdb = spawn(path.join(home, 'bin', 'initdb'), args, {
      ...user,
      cwd: path.dirname(folder),
      env: { PATH: process.env.PATH, TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = await outputOf(initdb)
    if (said.code !== 0) {
      throw new Fault(
        'failed',
        'platform.initdb',
        `The database could not be made in ${folder}: ${said.text}`,
      )
    }
    await rename(folder, state.cluster).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(passwordFile, { force: true })
    await rm(folder, { recursive: true, force: true })
  }
}

async function outputOf(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = ''
  const collect = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000)
  }
  child.stdout?.on('data', collect)
  child.stderr?.on('data', collect)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, text: messageOf(error) }))
    child.on('close', (code) => resolve({ code, text: text.trim() }))
  })
}

const SETTINGS: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  max_connections: '100',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  // There is no replica, so a table filled in the transaction that made it needs no log: fsync does.
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

async function launch(
  home: string,
  state: ClusterState,
  user: SystemUser | null,
  dataDirectory: string,
  extra: Record<string, string>,
): Promise<ChildProcess> {
  const settings = { ...SETTINGS, port: String(state.port), unix_socket_directories: state.socketDirectory }
  const args = Object.entries({ ...settings, ...extra }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const log = path.join(dataDirectory, 'postgres.log')
  const size = await stat(log).then(
    (file) => file.size,
    () => 0,
  )
  if (size > LOG_LIMIT_BYTES) await truncate(log)
  const output = openSync(log, 'a', 0o600)
  try {
    // A session of its own, so that Ctrl-C at the terminal reaches the hub alone, which then stops it in order.
    const server = spawn(path.join(home, 'bin', 'postgres'), ['-D', state.cluster, ...args], {
      ...user,
      cwd: state.cluster,
      env: { PATH: process.env.PATH, TZ: 'UTC' },
      detached: true,
      stdio: ['ignore', output, output],
    })
    server.on('error', () => {})
    server.unref()
    return server
  } finally {
    closeSync(output)
  }
}

async function runningPid(cluster: string): Promise<number | null> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => null)
  const pid = Number(text?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  try {
    process.kill(pid, 0)
  } catch {
    return null
  }
  // After a reboot the number may belong to anything: only a process that works in the cluster counts.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null)
  return command === null || command.includes('postgres') ? pid : null
}

async function connect(state: ClusterState, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: state.socketDirectory,
    port: state.port,
    user: 'postgres',
    password: state.adminPassword,
    database,
    application_name: `crosstie hub ${process.pid}`,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function connectWhenReady(
  state: ClusterState,
  server: ChildProcess | null,
  dataDirectory: string,
): Promise<pg.Client> {
  const until = Date.now() + START_LIMIT_MS
  for (;;) {
    try {
      return await connect(state, 'postgres')
    } catch (cause) {
      const ended = server !== null && server.exitCode !== null && (await runningPid(state.cluster)) === null
      if (ended || Date.now() > until) {
        const log = path.join(dataDirectory, 'postgres.log')
        const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' / ')
        throw new Fault(
          'failed',
          'platform.postgres_start',
          `The hub's own PostgreSQL did not start (${messageOf(cause)}). Its log, ${log}, ends with: ${said}`,
          { cause },
        )
      }
    }
    await sleep(10)
  }
}

async function takeHubLock(client: pg.Client, dataDirectory: string): Promise<void> {
  // The lock of a hub that was just killed goes when the server notices: a moment's patience.
  for (const until = Date.now() + LOCK_PATIENCE_MS; ; await sleep(100)) {
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
  await client.end()
  const pid = /\d+$/.exec(holder.rows[0]?.application_name ?? '')?.[0] ?? 'unknown'
  throw new Fault(
    'conflict',
    'platform.data_folder_taken',
    `Another hub (process ${pid}) serves the data folder ${dataDirectory}. Stop it first, or give this one a folder of its own with CROSSTIE_DATA_DIR.`,
  )
}

/** A fast shutdown; an immediate one when it takes too long (the next start then recovers from the log). */
async function stopServer(cluster: string, server: ChildProcess | null): Promise<void> {
  const pid = (await runningPid(cluster)) ?? server?.pid
  if (pid === undefined) return
  const gone = async () => server?.exitCode != null || (await runningPid(cluster)) === null
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    for (const until = Date.now() + STOP_LIMIT_MS; Date.now() < until; await sleep(20)) {
      if (await gone()) return
    }
  }
}
