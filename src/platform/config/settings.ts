import { availableParallelism } from 'node:os'
import { Fault } from '#fault'

/** How a setting's text becomes its value; throws an Error that says what is expected. */
type Parse<T> = (text: string) => T

interface Setting<T> {
  /** One sentence for `crosstie config show` and the reference. */
  about: string
  /** Shown as `***` unless `--reveal` is given. */
  secret?: true
  /** Other names of the environment that mean the same, after the first. */
  also?: string[]
  default: T | (() => T)
  parse: Parse<T>
}

const text: Parse<string> = (value) => value
const optional: Parse<string | null> = (value) => (value === '' ? null : value)
const list: Parse<string[]> = (value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const integer =
  (least: number, most: number): Parse<number> =>
  (value) => {
    const number = Number(value)
    if (!/^-?\d+$/.test(value) || number < least || number > most) {
      throw new Error(`a whole number from ${least} to ${most} is expected`)
    }
    return number
  }

const flag: Parse<boolean> = (value) => {
  if (/^(1|true|yes|on)$/i.test(value)) return true
  if (/^(0|false|no|off|)$/i.test(value)) return false
  throw new Error('true or false is expected')
}

const oneOf =
  <T extends string>(...words: T[]): Parse<T> =>
  (value) => {
    const found = words.find((word) => word === value)
    if (found === undefined) throw new Error(`one of ${words.join(', ')} is expected`)
    return found
  }

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** Where people and their secrets are sent: by https, or on the machine itself. */
const secureUrl: Parse<string | null> = (value) => {
  if (value === '') return null
  const url = URL.canParse(value) ? new URL(value) : null
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  if (!isSecure)
    throw new Error('an address that begins with https:// is expected (http:// on loopback only)')
  return value
}

/** A count (`500`), a size (`1GiB`) or a rate (`10/minute`); `0` switches the limit off. */
export interface Limit {
  count: number
  /** Of a rate; null for a plain count or size. */
  perMs: number | null
}

const SIZES: Record<string, number> = {
  '': 1,
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
}
const PERIODS: Record<string, number> = { second: 1e3, minute: 6e4, hour: 36e5, day: 864e5 }

const limit: Parse<Limit> = (value) => {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]*)(?:\/(\d*)\s*(second|minute|hour|day)s?)?$/i.exec(value.trim())
  const unit = SIZES[found?.[2]?.toLowerCase() ?? '']
  if (found === null || unit === undefined) {
    throw new Error('a count (500), a size (1GiB), a rate (10/minute) or 0 for no limit is expected')
  }
  const period = PERIODS[found[4]?.toLowerCase() ?? '']
  const perMs = period === undefined ? null : period * Number(found[3] === '' ? 1 : (found[3] ?? 1))
  return { count: Math.round(Number(found[1]) * unit), perMs }
}

const days = (count: number): Limit => ({ count, perMs: null })
const rate = (count: number, perMs: number): Limit => ({ count, perMs })

/** Keeps each setting's type while the table stays one literal. */
const define = <T>(setting: Setting<T>): Setting<T> => setting

/**
 * Every setting, by its name in code. Its name in the environment is `CROSSTIE_` and the upper-cased name, in
 * `crosstie.yaml` the name as it stands, as a flag the name with dashes.
 */
export const SETTINGS = {
  data_dir: define({ about: 'Folder of the database, keys and logs.', default: '', parse: text }),
  host: define({ about: 'Address to listen on.', default: '127.0.0.1', parse: text }),
  port: define({ about: 'Port to listen on.', default: 8717, parse: integer(0, 65_535) }),
  url: define({
    about: 'Address by which people reach the hub; default: host and port.',
    default: null,
    parse: optional,
  }),
  trust_proxy: define({
    about: 'Proxies whose X-Forwarded headers are believed: addresses, networks, or a number of hops.',
    default: null,
    parse: optional,
  }),
  database_url: define({
    about: 'PostgreSQL 15 or newer; unset: the hub runs its own in the data folder.',
    secret: true,
    also: ['DATABASE_URL'],
    default: null,
    parse: optional,
  }),
  jwt_secret: define({
    about: 'Signs the tokens of /v1/auth/token; unset: made once and kept in the data folder.',
    secret: true,
    default: null,
    parse: optional,
  }),
  supabase_jwt_secret: define({
    about: 'Signs Supabase-style tokens; unset: made once and kept in the data folder.',
    secret: true,
    default: null,
    parse: optional,
  }),
  vault_keys: define({
    about:
      'Keys that seal secrets, kid:base64url(32 bytes), the first one seals; unset: made once and kept in the data folder.',
    secret: true,
    default: null,
    parse: optional,
  }),
  files: define({
    about: 'Folder under which local, sqlite and duckdb connections may read and write; unset: none may.',
    default: null,
    parse: optional,
  }),
  allow: define({
    about: 'Hosts, networks or host:port that connections may reach although they would be refused.',
    default: [] as string[],
    parse: list,
  }),
  parts: define({
    about: 'What this process does: server, worker or both.',
    default: ['server', 'worker'],
    parse: (value: string) => {
      const parts = list(value)
      if (parts.length === 0 || parts.some((part) => part !== 'server' && part !== 'worker')) {
        throw new Error('server, worker or server,worker is expected')
      }
      return parts
    },
  }),
  queues: define({
    about: 'Slugs of the queues that this worker serves; empty: all.',
    default: [] as string[],
    parse: list,
  }),
  runs: define({
    about: 'Transfers that run at once.',
    default: () => Math.max(1, availableParallelism()),
    parse: integer(1, 256),
  }),
  syncs: define({
    about: 'Syncs of connections that run at once.',
    default: 4,
    parse: integer(1, 256),
  }),
  sends: define({
    about: 'Messages that are on their way at once.',
    default: 64,
    parse: integer(1, 1024),
  }),
  health_minutes: define({
    about: 'Every so many minutes each connection is looked after; 0: only on use and by Test.',
    default: 15,
    parse: integer(0, 10_080),
  }),
  signup: define<'closed' | 'approval' | 'open'>({
    about: 'Who may make an account.',
    default: 'closed',
    parse: oneOf('closed', 'approval', 'open'),
  }),
  oidc_issuer: define<string | null>({
    about:
      'OpenID Connect provider that people may sign in by: its issuer, as its discovery document names it (https://keycloak.example.com/realms/main).',
    default: null,
    parse: secureUrl,
  }),
  oidc_client_id: define<string | null>({
    about: 'Name of this hub at the OpenID Connect provider.',
    default: null,
    parse: optional,
  }),
  oidc_client_secret: define<string | null>({
    about: 'Secret of this hub at the OpenID Connect provider; unset: a public client.',
    secret: true,
    default: null,
    parse: optional,
  }),
  oidc_scopes: define({
    about: 'What is asked for at the OpenID Connect provider.',
    default: 'openid profile email',
    parse: text,
  }),
  oidc_name: define({
    about: 'What the OpenID Connect provider is called on the sign-in page.',
    default: 'OpenID Connect',
    parse: text,
  }),
  oidc_redirect_url: define<string | null>({
    about:
      'Page to which the OpenID Connect provider sends people back; default: /auth/callback below CROSSTIE_URL. Another page (SyncMaster-UI) then calls /v1/auth/callback.',
    default: null,
    parse: secureUrl,
  }),
  oidc_signup: define<'open' | 'approval' | 'closed'>({
    about:
      'Who gets an account at the first sign-in by OpenID Connect: everybody (open), everybody after approval, or only those who are users already (closed).',
    default: 'open',
    parse: oneOf('open', 'approval', 'closed'),
  }),
  duckdb_extensions: define({
    about: 'Folder with DuckDB extensions that were fetched beforehand.',
    default: null,
    parse: optional,
  }),
  log_level: define({
    about: 'Least level of what is logged.',
    default: 'info',
    parse: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  }),
  open_metrics: define({
    about: 'Whether /metrics answers without signing in when the hub listens beyond loopback.',
    default: false,
    parse: flag,
  }),
  limit_body: define({
    about: 'Greatest request body.',
    default: { count: 2 ** 20, perMs: null },
    parse: limit,
  }),
  limit_preview_rows: define({ about: 'Rows of a dry run.', default: days(20), parse: limit }),
  limit_sign_in: define({ about: 'Sign-in tries per address.', default: rate(20, 6e4), parse: limit }),
  limit_requests: define({
    about: 'Requests per address; 0 = no limit.',
    default: rate(0, 6e4),
    parse: limit,
  }),
  limit_run_memory: define({
    about: 'Memory of one run.',
    default: { count: 2 ** 30, perMs: null },
    parse: limit,
  }),
  limit_run_log_lines: define({ about: 'Log lines kept of one run.', default: days(10_000), parse: limit }),
  limit_audit_days: define({
    about: 'Days that the audit log is kept; 0 = for ever.',
    default: days(0),
    parse: limit,
  }),
  limit_events_days: define({ about: 'Days that events are kept.', default: days(30), parse: limit }),
  limit_runs_days: define({
    about: 'Days that finished runs and their logs are kept; 0 = for ever.',
    default: days(0),
    parse: limit,
  }),
  limit_realtime_sockets: define({
    about: 'Sockets open to realtime at once.',
    default: days(5_000),
    parse: limit,
  }),
  limit_realtime_channels: define({ about: 'Channels of one socket.', default: days(100), parse: limit }),
  limit_realtime_joins: define({
    about: 'Channels that one socket may join in a time.',
    default: rate(100, 10e3),
    parse: limit,
  }),
  limit_realtime_messages: define({
    about: 'Messages that one socket may send in a time.',
    default: rate(200, 1e3),
    parse: limit,
  }),
  limit_realtime_message: define({
    about: 'Greatest message that a socket may send.',
    default: { count: 256 * 2 ** 10, perMs: null },
    parse: limit,
  }),
  limit_realtime_backlog: define({
    about: 'What may wait for a socket that reads too slowly before it is closed.',
    default: { count: 4 * 2 ** 20, perMs: null },
    parse: limit,
  }),
  limit_realtime_minutes: define({
    about: 'Minutes that changes are kept for realtime.',
    default: days(60),
    parse: limit,
  }),
  limit_rest_rows: define({
    about: 'Rows that one answer of /rest/v1 holds.',
    default: days(1_000),
    parse: limit,
  }),
  limit_syncs_days: define({
    about: 'Days that syncs which are over are kept, with what they changed; 0 = for ever.',
    default: days(90),
    parse: limit,
  }),
  limit_sync_items: define({
    about: 'Tables, files or people that a sync reads at most; one that meets more fails.',
    default: days(100_000),
    parse: limit,
  }),
  limit_recipients: define({
    about: 'Places that one message may go to.',
    default: days(10_000),
    parse: limit,
  }),
  limit_send_tries: define({
    about: 'Tries of one message to one place; then it has failed, and can be replayed.',
    default: days(10),
    parse: limit,
  }),
  limit_messages_days: define({
    about: 'Days that messages are kept with their tasks, and what stands in the inbox; 0 = for ever.',
    default: days(90),
    parse: limit,
  }),
  limit_hooks: define({
    about: 'Inbound calls of one connection at /hooks/.',
    default: rate(600, 6e4),
    parse: limit,
  }),
  limit_backups: define({ about: 'Backups kept in the data folder.', default: days(14), parse: limit }),
}

export type SettingName = keyof typeof SETTINGS
export type Settings = { [K in SettingName]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never }

export function environmentNames(name: SettingName): string[] {
  const setting: Setting<unknown> = SETTINGS[name]
  return [`CROSSTIE_${name.toUpperCase()}`, ...(setting.also ?? [])]
}

/** @throws Fault `platform.setting_invalid` naming the setting and where the value came from. */
export function parseSetting(name: SettingName, value: string, origin: string): unknown {
  try {
    return SETTINGS[name].parse(value)
  } catch (cause) {
    const shown = isSecret(name) ? '' : ` "${value}"`
    throw new Fault(
      'failed',
      'platform.setting_invalid',
      `The setting ${name} (${origin}) has a value${shown} that does not fit: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    )
  }
}

export function defaultOf(name: SettingName): unknown {
  const value = SETTINGS[name].default
  return typeof value === 'function' ? value() : value
}

export function isSecret(name: SettingName): boolean {
  const setting: Setting<unknown> = SETTINGS[name]
  return setting.secret === true
}
