import { Fault } from '#fault'

import type { PostgresLogin, TableName } from '../../engine/job.ts'

/** Where a login leads, for sentences: `db.example.com:5432/shop`. Never the password, nor the user. */
export function placeOf(login: PostgresLogin): string {
  const host = login.host.includes(':') && !login.host.startsWith('/') ? `[${login.host}]` : login.host
  return `${host}:${login.port}/${login.database}`
}

/** Whether the text is an address that `parsePostgresUrl` reads. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//i.test(text)
}

/**
 * Reads `postgres://user:password@host:port/database?table=schema.name&sslmode=require`.
 *
 * `table` may be quoted (`"My schema"."my.table"`); without a schema it is `public`. Everything else behind
 * the question mark is a parameter of libpq. `host` there names a socket folder.
 */
export function parsePostgresUrl(text: string): { login: PostgresLogin; table?: TableName } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !isPostgresUrl(text)) {
    // The text itself may hold a password, so the message shows a pattern in its place.
    throw badAddress(
      'The PostgreSQL address cannot be read; write it as postgres://user@host:5432/database?table=schema.name' +
        ' and percent-encode special characters.',
    )
  }
  const params = Object.fromEntries(url.searchParams)
  const { table, host, port, user, password, dbname, ...rest } = params
  const database = dbname ?? decode(url.pathname.slice(1), 'database')
  const login: PostgresLogin = {
    host: host ?? (decode(url.hostname, 'host').replace(/^\[(.*)\]$/, '$1') || '127.0.0.1'),
    port: Number(port ?? (url.port || 5432)),
    database,
    user: user ?? decode(url.username, 'user'),
    params: rest,
  }
  const secret = password ?? decode(url.password, 'password')
  if (secret !== '') login.password = secret
  if (!Number.isInteger(login.port) || login.port < 1 || login.port > 65_535) {
    throw badAddress(`The port in the address of ${login.host} is not a number from 1 to 65535.`)
  }
  if (database === '') {
    throw badAddress(
      `The address names no database; write postgres://…@${login.host}:${login.port}/database.`,
    )
  }
  return table === undefined ? { login } : { login, table: parseTableName(table) }
}

/** `orders`, `sales.orders` or `"Sales"."or.ders"`; a bare name is one of the schema `public`. */
export function parseTableName(text: string): TableName {
  const parts = [...text.matchAll(/(?:"((?:[^"]|"")+)"|([^".]+))(?:\.|$)/gy)]
  const read = parts.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '')
  const length = parts.reduce((sum, part) => sum + part[0].length, 0)
  const [first, second] = read
  if (first === undefined || read.length > 2 || length !== text.length || text.endsWith('.')) {
    throw badAddress(
      `"${text}" is not a table name; write schema.name, with "…" around a part that has a dot.`,
    )
  }
  return second === undefined ? { schema: 'public', name: first } : { schema: first, name: second }
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badAddress(`The ${what} in the PostgreSQL address is not percent-encoded rightly; write % as %25.`)
  }
}

function badAddress(message: string): Fault {
  return new Fault('bad_request', 'transfer.address_invalid', message)
}
