import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

import { Fault, messageOf, type FaultKind } from '#fault'
import pg from 'pg'

import type { PostgresLogin } from '../../engine/job.ts'
import { codeOf } from './fault.ts'
import { placeOf } from './login.ts'

export interface ConnectOptions {
  /** Shown in pg_stat_activity; `sessionName(jobId)` is how a job's sessions are found again. */
  applicationName?: string | undefined
  statementTimeoutMs?: number | undefined
  connectTimeoutMs?: number | undefined
}

/**
 * Every text form that COPY or a cast writes depends on these, so both ends of a copy use the same ones.
 * `lc_monetary` is left as the database has it: with another one the amount itself would change.
 */
const EXACT_TEXT = [
  "set datestyle to 'ISO, YMD'",
  "set intervalstyle to 'postgres'",
  "set timezone to 'UTC'",
  'set extra_float_digits to 3',
  "set bytea_output to 'hex'",
  "set xmloption to 'content'",
  'set xmlbinary to base64',
].join(';')

/** The name of a job's sessions, at most 63 bytes as the server demands. */
export function sessionName(jobId: string): string {
  return `crosstie job ${jobId}`
}

/**
 * Signs in and sets the session so that text forms are exact. Whoever calls ends the client.
 *
 * TLS follows libpq's `sslmode`; without one, TLS is tried first, and on loopback and sockets last.
 */
export async function connectPostgres(
  login: PostgresLogin,
  options: ConnectOptions = {},
): Promise<pg.Client> {
  const tries = tlsTries(login)
  for (const [index, ssl] of tries.entries()) {
    const last = index === tries.length - 1
    try {
      return await signIn(login, ssl, options)
    } catch (error) {
      if (last || !worthAnotherTry(error)) throw connectFault(error, login)
    }
  }
  throw new Error('unreachable: there is always one try')
}

async function signIn(
  login: PostgresLogin,
  ssl: pg.ClientConfig['ssl'],
  options: ConnectOptions,
): Promise<pg.Client> {
  const client = new pg.Client({
    host: login.host,
    port: login.port,
    database: login.database,
    user: login.user,
    // A function, so that pg never falls back on PGPASSWORD or a pgpass file of this process's owner.
    password: () => login.password ?? '',
    ssl: ssl ?? false,
    application_name: options.applicationName ?? 'crosstie',
    connectionTimeoutMillis: options.connectTimeoutMs ?? connectTimeoutMs(login),
    keepAlive: true,
    ...(login.params['options'] === undefined ? {} : { options: login.params['options'] }),
    ...(options.statementTimeoutMs === undefined ? {} : { statement_timeout: options.statementTimeoutMs }),
  })
  // Queries get the error of a lost connection themselves; unheard, the event would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(EXACT_TEXT)
    return client
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
}

function connectTimeoutMs(login: PostgresLogin): number {
  const seconds = Number(login.params['connect_timeout'])
  return seconds > 0 ? seconds * 1000 : 10_000
}

/** What to try in turn: `false` is without TLS. */
function tlsTries(login: PostgresLogin): pg.ClientConfig['ssl'][] {
  const mode = login.params['sslmode']
  const near = login.host.startsWith('/') || login.host === 'localhost' || /^(127\.|::1$)/.test(login.host)
  const encrypted = tlsOptions(login, mode)
  switch (mode) {
    case 'disable':
      return [false]
    case 'allow':
      return [false, encrypted]
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return [encrypted]
    case undefined:
    case 'prefer':
      if (login.host.startsWith('/')) return [false]
      return near && mode === undefined ? [false, encrypted] : [encrypted, false]
    default:
      throw new Fault(
        'bad_request',
        'transfer.address_invalid',
        `sslmode "${mode}" of ${placeOf(login)} is unknown; use disable, allow, prefer, require, verify-ca or verify-full.`,
      )
  }
}

function tlsOptions(
  login: PostgresLogin,
  mode: string | undefined,
): Exclude<pg.ClientConfig['ssl'], boolean> {
  const file = (name: string) => {
    const path = login.params[name]
    return path === undefined || path === 'system' ? undefined : readPem(path, name, login)
  }
  const ca = file('sslrootcert')
  const cert = file('sslcert')
  const key = file('sslkey')
  const verify = mode === 'verify-ca' || mode === 'verify-full' || (mode === 'require' && ca !== undefined)
  return {
    rejectUnauthorized: verify,
    ...(isIP(login.host) === 0 ? { servername: login.host } : {}),
    // verify-ca trusts any name that the authority signed; libpq has it so.
    ...(verify && mode !== 'verify-full' ? { checkServerIdentity: () => undefined } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

function readPem(path: string, name: string, login: PostgresLogin): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Fault(
      'bad_request',
      'transfer.address_invalid',
      `The ${name} of ${placeOf(login)}, ${path}, cannot be read: ${messageOf(error)}.`,
      { cause: error },
    )
  }
}

/** A server without TLS, or one that wants the other way (28000: no pg_hba.conf entry for it). */
function worthAnotherTry(error: unknown): boolean {
  return codeOf(error) === '28000' || /does not support SSL/.test(messageOf(error)) || isTlsError(error)
}

function isTlsError(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return /^(ERR_SSL|ERR_TLS|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code)
}

function connectFault(error: unknown, login: PostgresLogin): Fault {
  const at = placeOf(login)
  const make = (kind: FaultKind, code: string, message: string) =>
    new Fault(kind, `transfer.${code}`, message, {
      cause: error,
      details: { sqlstate: codeOf(error) ?? null },
    })
  const said = messageOf(error)
  if (/client password must be a|no password supplied/.test(said)) {
    return make(
      'unauthorized',
      'password_missing',
      `${at} asks for the password of "${login.user}", and none was given.`,
    )
  }
  if (isTlsError(error)) {
    return make(
      'unavailable',
      'tls_failed',
      `TLS with ${at} failed: ${said}. Give its authority as sslrootcert, or sslmode=require to go without the proof.`,
    )
  }
  if (/does not support SSL/.test(said)) {
    return make(
      'unavailable',
      'tls_failed',
      `${at} does not speak TLS, which sslmode=${login.params['sslmode']} demands.`,
    )
  }
  switch (codeOf(error)) {
    case '28P01':
      return make(
        'unauthorized',
        'wrong_password',
        `${at} refused the password of "${login.user}". Check user and password.`,
      )
    case '28000':
      return make(
        'unauthorized',
        'login_refused',
        `${at} does not let "${login.user}" in from here: ${said}.`,
      )
    case '3D000':
      return make(
        'not_found',
        'database_missing',
        `There is no database "${login.database}" at ${login.host}:${login.port}.`,
      )
    case 'ECONNREFUSED':
      return make(
        'unavailable',
        'refused',
        `Nothing answers at ${login.host}:${login.port} (connection refused). Is the server up, and host and port right?`,
      )
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return make(
        'unavailable',
        'host_unknown',
        `The host "${login.host}" is not known here. Check its name.`,
      )
    case 'ENOENT':
      return make(
        'unavailable',
        'refused',
        `There is no server's socket for port ${login.port} in ${login.host}.`,
      )
    case '53300':
      return make('unavailable', 'too_many_connections', `${at} has no connection left: ${said}.`)
    case '57P03':
      return make('unavailable', 'starting', `${at} is not ready: ${said}. Try again in a moment.`)
    default:
      return make(
        /timeout/i.test(said) ? 'timed_out' : 'unavailable',
        'unreachable',
        `${at} cannot be reached: ${said.replace(/\.$/, '')}. Check address, firewall and server.`,
      )
  }
}
