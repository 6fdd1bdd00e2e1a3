import type pg from 'pg'
import { type Static, Type } from 'typebox'
import { Fault } from '#fault'
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
import type { PostgresLogin, Reach } from '../reach.ts'
import { readPostgresCatalog } from './postgres-catalog.ts'
import { joinName, splitName } from './postgres-name.ts'

const Config = Type.Object({
  host: field.host(),
  port: field.port(5432),
  database_name: field.text('Database'),
  additional_params: field.params(),
})

export const postgres: Manifest = {
  provider: 'postgres',
  title: 'PostgreSQL',
  connectorType: 'database',
  config: Config,
  auth: [BASIC],
  can: { check: true, discover: true, source: true, target: true, sync: true },
  act: (reach) => createPostgresActions(reach),
}

/**
 * Of the driver's parameters, the ones that a hub lets through. None that names a file: it would be one of
 * the hub's machine, chosen by a tenant.
 */
const PARAMS = new Set(['sslmode', 'application_name', 'connect_timeout', 'options'])
const LIMITS = { statementTimeoutMs: 8_000, connectTimeoutMs: 8_000 }

/** The login that a connection's settings and credentials mean, its host checked by the guard. */
export async function postgresLogin(opened: Opened, guard: Reach['guard']): Promise<PostgresLogin> {
  // Settings were validated by `Config` when they were opened; credentials by BASIC when they were sealed.
  const config = opened.config as Static<typeof Config>
  const auth = opened.auth as { user?: string; password?: string }
  const address = await guard.reach(config.host, config.port, config.database_name)
  const params = Object.entries(config.additional_params).filter(([name]) => PARAMS.has(name))
  return {
    host: config.host,
    address,
    port: config.port,
    database: config.database_name,
    user: auth.user ?? '',
    password: auth.password,
    params: Object.fromEntries(params.map(([name, value]) => [name, String(value)])),
  }
}

function createPostgresActions({ guard, openPostgres }: Reach): Actions {
  const withClient = async <T>(opened: Opened, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const login = await postgresLogin(opened, guard)
    const client = await openPostgres(login, { applicationName: 'crosstie browse', ...LIMITS })
    try {
      return await work(client)
    } finally {
      client.end().catch(() => {})
    }
  }

  return {
    check: (opened) => withClient(opened, (client) => check(client, opened)),
    sync: {
      kind: 'catalog',
      read: (opened, reading) => withClient(opened, (client) => readPostgresCatalog(client, reading)),
    },
    browse: (opened, path) =>
      withClient(opened, async (client) => {
        const [schema, ...rest] = splitName(path)
        if (rest.length > 0) {
          const message = `${path} is no schema: only schemas hold tables. The columns of a table are at /columns.`
          throw new Fault('bad_request', 'connect.browse_table', message)
        }
        const items = schema === undefined ? await schemas(client) : await tables(client, schema)
        return { items: items.slice(0, BROWSE_LIMIT), truncated: items.length > BROWSE_LIMIT }
      }),
    columns: (opened, path) =>
      withClient(opened, async (client) => {
        const [first, second, third] = splitName(path)
        if (first === undefined || third !== undefined) throw noSuchPath(path)
        const found = await columns(client, second === undefined ? ['public', first] : [first, second])
        if (found.length === 0) {
          const message = `There is no table ${path} that this user may see.`
          throw new Fault('not_found', 'connect.table_missing', message)
        }
        return found
      }),
  }
}

async function check(client: pg.Client, { config }: Opened): Promise<Checked> {
  const { rows } = await client.query<{
    version: string
    database: string
    name: string
    encrypted: boolean
  }>(
    `select current_setting('server_version') as version, current_database() as database,
            current_user as name,
            coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as encrypted`,
  )
  const found = rows[0]
  const params = Object.keys((config as Static<typeof Config>).additional_params) // validated when it was opened
  const ignored = params.filter((name) => !PARAMS.has(name))
  return {
    message:
      `Signed in to PostgreSQL ${found?.version}, database ${found?.database}, as ${found?.name}.` +
      (ignored.length === 0 ? '' : ` Not used here: ${ignored.join(', ')}.`),
    details: {
      version: found?.version,
      database: found?.database,
      user: found?.name,
      encrypted: found?.encrypted,
      ignored_params: ignored,
    },
  }
}

async function schemas(client: pg.Client): Promise<BrowseItem[]> {
  const { rows } = await client.query<{ name: string; writable: boolean }>(
    `select nspname as name, has_schema_privilege(oid, 'create') as writable from pg_namespace
     where has_schema_privilege(oid, 'usage') and nspname !~ '^pg_' and nspname <> 'information_schema'
     order by nspname limit $1`,
    [BROWSE_LIMIT + 1],
  )
  return rows.map(({ name, writable }) => ({ name, path: joinName(name), kind: 'schema', writable }))
}

async function tables(client: pg.Client, schema: string): Promise<BrowseItem[]> {
  const { rows } = await client.query<{
    name: string
    relkind: string
    rows: string
    size: string
    writable: boolean
  }>(
    `select c.relname as name, c.relkind, c.reltuples as rows, pg_table_size(c.oid) as size,
            c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'insert') as writable
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
       and has_table_privilege(c.oid, 'select')
     order by c.relname limit $2`,
    [schema, BROWSE_LIMIT + 1],
  )
  return rows.map(({ name, relkind, rows: estimate, size, writable }) => {
    const isView = relkind === 'v' || relkind === 'm'
    return {
      name,
      path: joinName(schema, name),
      kind: isView ? 'view' : 'table',
      // -1: never analysed, so nothing is known; better no number than a wrong one.
      ...(relkind === 'v' || Number(estimate) < 0 ? {} : { rows: Math.round(Number(estimate)) }),
      ...(relkind === 'v' ? {} : { size_bytes: Number(size) }),
      writable,
    }
  })
}

async function columns(client: pg.Client, [schema, table]: [string, string]): Promise<BrowseColumn[]> {
  const { rows } = await client.query<BrowseColumn>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
            exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary
                    and a.attnum = any (i.indkey)) as primary_key
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
     order by a.attnum`,
    [schema, table],
  )
  return rows
}

function noSuchPath(path: string): Fault {
  return new Fault(
    'not_found',
    'connect.path_missing',
    `There is nothing at ${path}; write schema or schema.table.`,
  )
}
