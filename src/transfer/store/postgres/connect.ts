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
  // Rows in the order in which they lie, also while another session reads the same table.
  'set synchronize_seqscans to off',
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
    host: login.address ?? login.host,
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
  return codeOf(error) === '28000' || messageOf(error).includes('does not support SSL') || isTlsError(error)
}

function isTlsError(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return /^(ERR_SSL|ERR_TLS|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code)
}

type Told = [kind: FaultKind, code: string, message: string]

/** By the code of the server or the system. `said` is their own message. */
const REFUSALS: Record<string, (login: PostgresLogin, said: string) => Told> = {
  '28P01': (login) => [
    'unauthorized',
    'wrong_password',
    `${placeOf(login)} refused the password of "${login.user}". Check user and password.`,
  ],
  '28000': (login, said) => [
    'unauthorized',
    'login_refused',
    `${placeOf(login)} does not let "${login.user}" in from here: ${said}.`,
  ],
  '3D000': (login) => [
    'not_found',
    'database_missing',
    `There is no database "${login.database}" at ${login.host}:${login.port}.`,
  ],
  '53300': (login, said) => [
    'unavailable',
    'too_many_connections',
    `${placeOf(login)} has no connection left: ${said}.`,
  ],
  '57P03': (login, said) => [
    'unavailable',
    'starting',
    `${placeOf(login)} is not ready: ${said}. Try again in a moment.`,
  ],
  ECONNREFUSED: (login) => [
    'unavailable',
    'refused',
    `Nothing answers at ${login.host}:${login.port} (connection refused). Is the server up, and host and port right?`,
  ],
  ENOENT: (login) => [
    'unavailable',
    'refused',
    `There is no server's socket for port ${login.port} in ${login.host}.`,
  ],
  ENOTFOUND: (login) => [
    'unavailable',
    'host_unknown',
    `The host "${login.host}" is not known here. Check its name.`,
  ],
  EAI_AGAIN: (login) => [
    'unavailable',
    'host_unknown',
    `The name server does not answer for the host "${login.host}". Try again.`,
  ],
}

function connectFault(error: unknown, login: PostgresLogin): Fault {
  if (error instanceof Fault) return error
  const code = codeOf(error)
  const [kind, name, message] = tellRefusal(error, login, messageOf(error).replace(/\.$/, ''), code ?? '')
  return new Fault(kind, `transfer.${name}`, message, { cause: error, details: { sqlstate: code ?? null } })
}

function tellRefusal(error: unknown, login: PostgresLogin, said: string, code: string): Told {
  const at = placeOf(login)
  if (/client password must be a|no password supplied/.test(said)) {
    return [
      'unauthorized',
      'password_missing',
      `${at} asks for the password of "${login.user}", and none was given.`,
    ]
  }
  if (isTlsError(error)) {
    return [
      'unavailable',
      'tls_failed',
      `TLS with ${at} failed: ${said}. Give its authority as sslrootcert, or sslmode=require to go without the proof.`,
    ]
  }
  if (said.includes('does not support SSL')) {
    return [
      'unavailable',
      'tls_failed',
      `${at} does not speak TLS, which sslmode=${login.params['sslmode']} demands.`,
    ]
  }
  // It was there, and was ended before it could be used.
  if (/^57P0[125]$/.test(code) || said.includes('not queryable'))
    return ['unavailable', 'connection_lost', `The connection to ${at} was lost (${said}).`]
  return (
    REFUSALS[code]?.(login, said) ?? [
      /timeout/i.test(said) ? 'timed_out' : 'unavailable',
      'unreachable',
      `${at} cannot be reached: ${said}. Check address, firewall and server.`,
    ]
  )
}
