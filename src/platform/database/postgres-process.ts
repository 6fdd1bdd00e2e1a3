/** The server as a process: started in a session of its own, found again by its pid file, stopped by signals. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile, readlink, realpath, stat, truncate } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Fault, messageOf } from '#fault'
import type { ClusterState } from './cluster-state.ts'
import type { SystemUser } from './system-user.ts'

const START_LIMIT_MS = 60_000
const ORPHANS_PATIENCE_MS = 2_000
const STOP_LIMIT_MS = 20_000
const LOG_LIMIT_BYTES = 10 * 1024 * 1024

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

/** Where a server lies, and as whom and how it runs. */
export interface Place {
  dataDirectory: string
  home: string
  state: ClusterState
  user: SystemUser | null
  /** On top of ours. */
  settings: Record<string, string>
}

/**
 * Starts the server and connects as soon as it answers. A server whose main process was killed may have left
 * sessions that have not noticed; no other starts until they are gone.
 */
export async function launch(place: Place): Promise<{ server: ChildProcess; lock: pg.Client }> {
  const { state, dataDirectory } = place
  for (const began = Date.now(); ; await sleep(200)) {
    const server = await spawnServer(place)
    try {
      return { server, lock: await connectWhenReady(state, server, dataDirectory) }
    } catch (error) {
      if (isAlive(server)) await stopServer(state.cluster, server)
      const isHeldUp = messageOf(error).includes('pre-existing shared memory block')
      if (!isHeldUp || Date.now() > began + START_LIMIT_MS) throw error
      if (Date.now() > began + ORPHANS_PATIENCE_MS) await endOrphans(state.cluster)
    }
  }
}

/** Sessions of a dead server stop working for it at their next wait, which in a long query may be far away. */
async function endOrphans(cluster: string): Promise<void> {
  const numbers = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const place = await realpath(cluster)
  for (const number of numbers) {
    const works = await readlink(`/proc/${number}/cwd`).catch(() => null)
    // PostgreSQL's own way to leave without a word: nothing is written any more.
    if (works === place) process.kill(Number(number), 'SIGQUIT')
  }
}

async function spawnServer(place: Place): Promise<ChildProcess> {
  const { dataDirectory, home, state, user } = place
  const settings = {
    ...SETTINGS,
    port: String(state.port),
    unix_socket_directories: state.socketDirectory,
    ...place.settings,
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
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

export async function runningPid(cluster: string): Promise<number | null> {
  const text = await readFile(path.join(cluster, 'postmaster.pid'), 'utf8').catch(() => null)
  const pid = Number(text?.split('\n')[0])
  if (!Number.isInteger(pid) || pid <= 0) return null
  try {
    process.kill(pid, 0)
  } catch {
    return null
  }
  // After a reboot the number may belong to anything, another PostgreSQL included: ours names its cluster.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null)
  return command === null || command.includes(cluster) ? pid : null
}

export async function connect(state: ClusterState, database: string): Promise<pg.Client> {
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

/** `server` is null where it was found running. */
export async function connectWhenReady(
  state: ClusterState,
  server: ChildProcess | null,
  dataDirectory: string,
): Promise<pg.Client> {
  const until = Date.now() + START_LIMIT_MS
  for (;;) {
    try {
      return await connect(state, 'postgres')
    } catch (cause) {
      const ended = !isAlive(server) && (await runningPid(state.cluster)) === null
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

export function isAlive(server: ChildProcess | null): boolean {
  return server !== null && server.exitCode === null && server.signalCode === null
}

/** A fast shutdown; an immediate one when it takes too long (the next start then recovers from the log). */
export async function stopServer(cluster: string, server: ChildProcess | null): Promise<void> {
  // The number of a server that has ended may be anybody's by now.
  const pid = (await runningPid(cluster)) ?? (isAlive(server) ? server?.pid : undefined)
  if (pid === undefined) return
  const gone = async () => !isAlive(server) && (await runningPid(cluster)) === null
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
