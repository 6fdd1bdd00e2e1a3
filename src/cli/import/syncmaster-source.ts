/** SyncMaster's own database, read as one moment saw it and never written. */
import pg from 'pg'
import type { ConnectionToImport } from '#connect'
import { Fault, messageOf } from '#fault'
import type { GroupToImport, MemberToImport, UserToImport } from '#identity'
import type { QueueToImport, RunToImport, TransferToImport } from '#transfer'

/** A connection with its credentials as they lie there. */
export type SealedConnection = Omit<ConnectionToImport, 'auth'> & { sealed: string | null }

export interface SyncMasterData {
  users: UserToImport[]
  groups: GroupToImport[]
  members: MemberToImport[]
  connections: SealedConnection[]
  queues: QueueToImport[]
  transfers: TransferToImport[]
}

export interface SyncMasterSource {
  /** All but the runs, which are many. */
  read: () => Promise<SyncMasterData>
  countRuns: () => Promise<number>
  runs: () => AsyncGenerator<RunToImport[]>
  close: () => Promise<void>
}

const CONNECT_TIMEOUT_MS = 10_000
/** A run's dump may be some KiB. */
const RUNS_AT_ONCE = 500
/** What one table may hold to be read whole. */
const ROWS_LIMIT = 500_000

/** Times as text, to the microsecond; where the column has no zone, its times are UTC. */
const time = (column: string) => `${column}::timestamptz::text as ${column}`
const times = `${time('created_at')}, ${time('updated_at')}`
const json = (column: string) => `${column}::text as ${column}`

const COLUMNS = {
  user: `id::text, username, email, first_name, last_name, middle_name, is_superuser, is_active, ${times}`,
  group: `id::text, name, description, owner_id::text, ${times}`,
  user_group: 'user_id::text, group_id::text, role',
  connection: `id::text, group_id::text, type, name, description, ${json('data')}, ${times}`,
  auth_data: 'connection_id::text, value',
  queue: `id::text, group_id::text, name, description, ${times}`,
  transfer: `id::text, group_id::text, name, description, source_connection_id::text, target_connection_id::text,
    queue_id::text, ${['source_params', 'target_params', 'strategy_params', 'transformations', 'resources'].map(json).join(', ')},
    is_scheduled, schedule, ${times}`,
  run: `id::text, transfer_id::text, ${time('started_at')}, ${time('ended_at')}, status, type, log_url,
    ${json('transfer_dump')}, ${times}`,
} as const

/** Opens a transaction that sees one moment and cannot write. */
export async function openSyncMaster(url: string): Promise<SyncMasterSource> {
  const client = await connect(url)
  try {
    await client.query('begin isolation level repeatable read read only')
    await client.query(
      `set local timezone to 'UTC'; set local datestyle to 'ISO, YMD'; set local statement_timeout to 0`,
    )
    await requireSyncMaster(client)
  } catch (error) {
    await client.end()
    throw error
  }
  return {
    read: () => readAll(client),
    countRuns: async () => Number((await client.query('select count(*) as count from run')).rows[0]?.count),
    runs: () => readRuns(client),
    close: () => client.end(),
  }
}

/** SQLAlchemy's URLs name a driver: `postgresql+asyncpg://`. */
async function connect(url: string): Promise<pg.Client> {
  const connectionString = url.replace(/^postgres(?:ql)?(?:\+\w+)?:\/\//, 'postgresql://')
  if (!connectionString.startsWith('postgresql://')) {
    throw new Fault(
      'invalid',
      'import.database_url',
      'The address of SyncMaster’s database begins with postgresql://.',
    )
  }
  const client = new pg.Client({
    connectionString,
    application_name: 'crosstie import',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return client
  } catch (cause) {
    const words = `SyncMaster's database does not answer: ${messageOf(cause)}`
    throw new Fault('unavailable', 'import.no_database', words, { cause })
  }
}

/** Every column that is read, or in words what is missing. */
async function requireSyncMaster(client: pg.Client): Promise<void> {
  const missing: string[] = []
  for (const [table, columns] of Object.entries(COLUMNS)) {
    const { rows } = await client.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
      [`"${table}"`],
    )
    const there = new Set(rows.map(({ name }) => name))
    if (there.size === 0) missing.push(table)
    else
      missing.push(
        ...namesIn(columns)
          .filter((name) => !there.has(name))
          .map((name) => `${table}.${name}`),
      )
  }
  if (missing.length === 0) return
  throw new Fault(
    'invalid',
    'import.not_syncmaster',
    `This is no database of SyncMaster 0.3: it has no ${missing.slice(0, 8).join(', ')}. Bring an older one up to 0.3 first (python -m syncmaster.db.migrations upgrade head).`,
  )
}

function namesIn(columns: string): string[] {
  return columns.split(',').map((column) => column.trim().replace(/::.*/s, ''))
}

async function readAll(client: pg.Client): Promise<SyncMasterData> {
  const rows = async <R extends pg.QueryResultRow>(
    table: keyof typeof COLUMNS,
    order: string,
  ): Promise<R[]> => {
    const found = await client.query<R>(
      `select ${COLUMNS[table]} from "${table}" t order by ${order} limit ${ROWS_LIMIT + 1}`,
    )
    if (found.rows.length <= ROWS_LIMIT) return found.rows.map(withoutNul)
    throw new Fault(
      'too_large',
      'import.too_large',
      `SyncMaster's table ${table} has more than ${ROWS_LIMIT} rows.`,
    )
  }
  const sealed = new Map(
    (await rows<{ connection_id: string; value: string }>('auth_data', 't.connection_id')).map(
      ({ connection_id, value }) => [connection_id, value],
    ),
  )
  const connections = await rows<Omit<SealedConnection, 'sealed'>>('connection', 't.id')
  const users = await rows<UserToImport>('user', 't.id')
  const groups = await rows<GroupToImport>('group', 't.id')
  const members = await rows<Omit<MemberToImport, 'name'>>('user_group', 't.group_id, t.user_id')
  const userNames = new Map(users.map(({ id, username }) => [id, username]))
  const groupNames = new Map(groups.map(({ id, name }) => [id, name]))
  return {
    users,
    groups,
    members: members.map((member) => ({
      ...member,
      name: `${userNames.get(member.user_id)} in ${groupNames.get(member.group_id)}`,
    })),
    connections: connections.map((connection) => ({
      ...connection,
      sealed: sealed.get(connection.id) ?? null,
    })),
    queues: await rows('queue', 't.id'),
    transfers: await rows('transfer', 't.id'),
  }
}

/** In the order of their ids (`t.id`: the bare name would be the text of it), each batch from where the last one ended. */
async function* readRuns(client: pg.Client): AsyncGenerator<RunToImport[]> {
  for (let after = '-1'; ;) {
    const { rows } = await client.query<RunToImport>(
      `select ${COLUMNS.run} from run t where t.id > $1 order by t.id limit ${RUNS_AT_ONCE}`,
      [after],
    )
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(withoutNul)
    after = last.id
  }
}

/** `json` there may hold the character NUL, which no text of PostgreSQL can: it becomes U+FFFD. */
function withoutNul<R extends object>(row: R): R {
  const clean = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'string' && value.includes('\\u0000')
      ? value.replaceAll(/(?<!\\)((?:\\\\)*)\\u0000/g, '$1\\ufffd')
      : value,
  ])
  return Object.fromEntries(clean) as R // the same fields, their text only cleaned
}
