import { setTimeout as sleep } from 'node:timers/promises'

import type pg from 'pg'

import type { PostgresLogin } from '../../engine/job.ts'
import { connectPostgres, sessionName } from './connect.ts'

/** How long a sign-in may take while something is being stopped; a stop has two seconds in all. */
const STOP_CONNECT_MS = 1_000
const GONE_WITHIN_MS = 1_000

/**
 * Ends every session that the job has on this server, also one that waits for a lock and so hears nothing
 * of its client, and waits until they are gone. Returns how many there were.
 */
export async function endBackends(login: PostgresLogin, jobId: string): Promise<number> {
  const client = await connectPostgres(login, {
    applicationName: 'crosstie stop',
    connectTimeoutMs: STOP_CONNECT_MS,
    statementTimeoutMs: GONE_WITHIN_MS,
  })
  try {
    return await endJobSessions(client, jobId)
  } finally {
    closeNow(client)
  }
}

/** The same over a connection that the caller has. */
export async function endJobSessions(client: pg.Client, jobId: string): Promise<number> {
  const sessions = `from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid()
                    and usename = session_user and datname = current_database()`
  const ended = await client.query(`select pg_terminate_backend(pid) ${sessions}`, [sessionName(jobId)])
  const count = ended.rowCount ?? 0
  const deadline = Date.now() + GONE_WITHIN_MS
  for (let left = count; left > 0 && Date.now() < deadline;) {
    await sleep(15)
    left = (await client.query(`select 1 ${sessions}`, [sessionName(jobId)])).rowCount ?? 0
  }
  return count
}

/** Drops the connection at once, whatever is on its way; nothing more is heard of it. */
export function closeNow(client: pg.Client): void {
  // The socket is pg's own and typed as a plain Connection member.
  socketOf(client).destroy()
  client.end().catch(() => {})
}

/** The stream that pg speaks over: a TCP or Unix socket, or the TLS stream around it. */
export function socketOf(client: pg.Client): import('node:net').Socket {
  // `connection` is a public property of pg's Client that its types leave out; `stream` is a socket in Node.
  return (client as pg.Client & { connection: { stream: import('node:net').Socket } }).connection.stream
}
