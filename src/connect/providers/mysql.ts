import { createConnection, type Connection as MysqlConnection, type RowDataPacket } from 'mysql2/promise'
import { type Static, Type } from 'typebox'
import { Fault, messageOf } from '#fault'
import {
  type Actions,
  BASIC,
  BROWSE_LIMIT,
  type BrowseColumn,
  type BrowseItem,
  type Checked,
  field,
  type Manifest,
  type Opened,
} from '../provider.ts'
import type { Reach } from '../reach.ts'
import type { CatalogTable, Reading } from '../sync-kind.ts'
import { tooManyTables } from './postgres-catalog.ts'

const Config = Type.Object({
  host: field.host(),
  port: field.port(3306),
  database_name: field.textOrNull('Database'),
  additional_params: field.params(),
})

/** MySQL and MariaDB: they speak one protocol. */
export const mysql: Manifest = {
  provider: 'mysql',
  title: 'MySQL',
  connectorType: 'database',
  config: Config,
  auth: [BASIC],
  can: { check: true, discover: true, source: false, target: false, sync: true },
  act: (reach) => createMysqlActions(reach),
}

const CONNECT_TIMEOUT_MS = 8_000
const STATEMENT_SECONDS = 8
/** Schemas of the server itself. */
const SYSTEM = ['mysql', 'information_schema', 'performance_schema', 'sys']
/** Asks for TLS without proof of whose it is, or with it; other parameters are JDBC's and mean nothing here. */
const TLS_PARAMS = new Set(['sslMode', 'useSSL', 'requireSSL'])

function createMysqlActions({ guard }: Pick<Reach, 'guard'>): Actions {
  const withClient = async <T>(opened: Opened, work: (client: MysqlConnection) => Promise<T>): Promise<T> => {
    const client = await connect(opened, guard)
    try {
      return await work(client)
    } catch (error) {
      throw error instanceof Fault ? error : said(error, opened)
    } finally {
      client.destroy()
    }
  }
  return {
    check: (opened) => withClient(opened, (client) => check(client, opened)),
    browse: (opened, path) =>
      withClient(opened, async (client) => {
        const items = path === '' ? await schemas(client, opened) : await tables(client, path)
        return { items: items.slice(0, BROWSE_LIMIT), truncated: items.length > BROWSE_LIMIT }
      }),
    columns: (opened, path) => withClient(opened, (client) => columns(client, path)),
    sync: {
      kind: 'catalog',
      read: (opened, reading) => withClient(opened, (client) => readCatalog(client, opened, reading)),
    },
  }
}

async function connect(opened: Opened, guard: Reach['guard']): Promise<MysqlConnection> {
  const config = opened.config as Static<typeof Config> // validated when it was opened
  const auth = opened.auth as { user?: string; password?: string } // sealed by BASIC's schema
  const address = await guard.reach(config.host, config.port, config.database_name ?? undefined)
  try {
    const client = await createConnection({
      host: address,
      port: config.port,
      user: auth.user ?? '',
      password: auth.password ?? '',
      ...(config.database_name === null ? {} : { database: config.database_name }),
      ...tlsOf(config),
      connectTimeout: CONNECT_TIMEOUT_MS,
      // Never a file of the hub's machine, whatever the server asks for.
      flags: ['-LOCAL_FILES'],
      supportBigNumbers: true,
    })
    // A server that hangs up says so on the next question; unheard it would end the hub.
    client.on('error', () => {})
    await limitTime(client)
    return client
  } catch (error) {
    throw said(error, opened)
  }
}

function tlsOf({ host, additional_params: params }: Static<typeof Config>): object {
  const [wish] = Object.entries(params).flatMap(([name, value]) =>
    TLS_PARAMS.has(name) ? [String(value)] : [],
  )
  if (wish === undefined || /^(disabled|false)$/i.test(wish)) return {}
  return { ssl: { servername: host, rejectUnauthorized: /^verify/i.test(wish) } }
}

/** The two have two names for it, and each refuses the other's. */
async function limitTime(client: MysqlConnection): Promise<void> {
  await client
    .query(`set session max_statement_time = ${STATEMENT_SECONDS}`)
    .catch(() => client.query(`set session max_execution_time = ${STATEMENT_SECONDS * 1000}`))
    .catch(() => {})
}

async function ask<T>(client: MysqlConnection, text: string, values: unknown[] = []): Promise<T[]> {
  const [rows] = await client.query<RowDataPacket[]>(text, values)
  return rows as T[] // the columns that `text` names
}

async function check(client: MysqlConnection, { config }: Opened): Promise<Checked> {
  const [found] = await ask<{ version: string; user: string; tls: string | null }>(
    client,
    `select version() as version, current_user() as user`,
  )
  const [tls] = await ask<{ Value: string }>(client, `show session status like 'Ssl_cipher'`)
  const version = found?.version ?? ''
  const title = /mariadb/i.test(version) ? 'MariaDB' : 'MySQL'
  const database = (config as Static<typeof Config>).database_name // validated when it was opened
  return {
    message: `Signed in to ${title} ${version.split('-')[0]}${database === null ? '' : `, database ${database}`}, as ${found?.user}.`,
    details: { version, database, user: found?.user, encrypted: (tls?.Value ?? '') !== '' },
  }
}

/** A connection to one database shows that one; without one, all that its user may see. */
function schemaFilter({ config }: Opened): { where: string; values: unknown[] } {
  const database = (config as Static<typeof Config>).database_name // validated when it was opened
  return database === null
    ? { where: 'table_schema not in (?)', values: [SYSTEM] }
    : { where: 'table_schema = ?', values: [database] }
}

async function schemas(client: MysqlConnection, opened: Opened): Promise<BrowseItem[]> {
  const { where, values } = schemaFilter(opened)
  const rows = await ask<{ name: string }>(
    client,
    `select schema_name as name from information_schema.schemata
     where ${where.replace('table_schema', 'schema_name')} order by 1 limit ?`,
    [...values, BROWSE_LIMIT + 1],
  )
  return rows.map(({ name }) => ({ name, path: name, kind: 'schema' }))
}

async function tables(client: MysqlConnection, schema: string): Promise<BrowseItem[]> {
  const rows = await ask<{ name: string; type: string; estimate: number | null; size: number | null }>(
    client,
    `select table_name as name, table_type as type, table_rows as estimate,
            data_length + index_length as size
     from information_schema.tables where table_schema = ? order by 1 limit ?`,
    [schema, BROWSE_LIMIT + 1],
  )
  return rows.map(({ name, type, estimate, size }) => ({
    name,
    path: `${schema}.${name}`,
    kind: isView(type) ? 'view' : 'table',
    ...(estimate === null || isView(type) ? {} : { rows: Number(estimate) }),
    ...(size === null || isView(type) ? {} : { size_bytes: Number(size) }),
  }))
}

const isView = (type: string): boolean => /VIEW/i.test(type)

const COLUMNS = `c.column_name as name, c.column_type as type, c.is_nullable = 'YES' as nullable,
  c.column_key = 'PRI' as primary_key`

interface ColumnRow {
  name: string
  type: string
  nullable: number
  primary_key: number
}

function columnOf({ name, type, nullable, primary_key: primary }: ColumnRow): BrowseColumn {
  return { name, type: String(type), nullable: Number(nullable) === 1, primary_key: Number(primary) === 1 }
}

async function columns(client: MysqlConnection, path: string): Promise<BrowseColumn[]> {
  const at = path.indexOf('.')
  const rows = await ask<ColumnRow>(
    client,
    `select ${COLUMNS} from information_schema.columns c
     where c.table_schema = ? and c.table_name = ? order by c.ordinal_position`,
    [path.slice(0, at), path.slice(at + 1)],
  )
  if (at > 0 && rows.length > 0) return rows.map(columnOf)
  throw new Fault('not_found', 'connect.table_missing', `There is no table ${path} that this user may see.`)
}

async function readCatalog(
  client: MysqlConnection,
  opened: Opened,
  { limit, progress }: Reading,
): Promise<CatalogTable[]> {
  const { where, values } = schemaFilter(opened)
  const heads = await ask<{ schema: string; name: string; type: string; estimate: number | null }>(
    client,
    `select table_schema as \`schema\`, table_name as name, table_type as type, table_rows as estimate
     from information_schema.tables where ${where} order by 1, 2 limit ?`,
    [...values, limit + 1],
  )
  if (heads.length > limit) throw tooManyTables(limit)
  const found = new Map<string, CatalogTable>(
    heads.map(({ schema, name, type, estimate }) => [
      `${schema}.${name}`,
      {
        name: `${schema}.${name}`,
        kind: isView(type) ? 'view' : 'table',
        columns: [],
        ...(estimate === null || isView(type) ? {} : { rows: Number(estimate) }),
      },
    ]),
  )
  progress('reading', 0, heads.length)
  const rows = await ask<ColumnRow & { schema: string; table: string }>(
    client,
    `select c.table_schema as \`schema\`, c.table_name as \`table\`, ${COLUMNS}
     from information_schema.columns c where c.${where} order by 1, 2, c.ordinal_position`,
    values,
  )
  for (const row of rows) found.get(`${row.schema}.${row.table}`)?.columns.push(columnOf(row))
  progress('reading', heads.length, heads.length)
  return [...found.values()]
}

/** The driver's codes in words; its messages name user and host, and never the password. */
function said(error: unknown, { config }: Opened): Fault {
  if (error instanceof Fault) return error
  const { host, port } = config as Static<typeof Config> // validated when it was opened
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const where = `${host}:${port}`
  if (
    code === 'ER_ACCESS_DENIED_ERROR' ||
    code === 'ER_DBACCESS_DENIED_ERROR' ||
    code === 'ER_BAD_DB_ERROR'
  ) {
    const message = `${where} does not let it in: ${messageOf(error)}. Check user, password and database.`
    return new Fault('unauthorized', 'connect.auth_refused', message, { cause: error })
  }
  if (code.startsWith('ER_')) {
    return new Fault('bad_request', 'connect.refused', `${where} refused: ${messageOf(error)}.`, {
      cause: error,
    })
  }
  const message = `${where} does not answer: ${messageOf(error)}. Check address, port and firewall.`
  return new Fault('unavailable', 'connect.unreachable', message, { cause: error })
}
