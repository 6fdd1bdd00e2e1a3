import type { Kysely } from 'kysely'
import pg from 'pg'
import { Fault, messageOf } from '#fault'
import { batchingSocket } from './batching-socket.ts'
import { kyselyOver } from './kysely.ts'
import { createListener, type Listener } from './listener.ts'
import { DATABASE_ROLES, type DatabaseRole } from './roles.ts'
import { createStatementNames } from './statement-names.ts'

/** Who a transaction acts for: a role of the database and the claims that its policies read. */
export interface Claimant {
  databaseRole: DatabaseRole
  claims: Readonly<Record<string, unknown>>
}

/** Runs when, and only when, the transaction has been committed. */
export type AfterCommit = (act: () => void) => void

export interface Database {
  /**
   * One transaction as `claimant`: the only way to the pool. It must not span a network call or a stream.
   * Whatever `work` throws rolls back and is thrown on.
   */
  withCaller: <T, R>(
    claimant: Claimant,
    work: (tx: Kysely<T>, afterCommit: AfterCommit) => Promise<R>,
  ) => Promise<R>
  /** The same on the raw connection, for statements that Kysely cannot say. */
  withConnection: <R>(claimant: Claimant, work: (client: pg.ClientBase) => Promise<R>) => Promise<R>
  /**
   * One statement of sign-in, as `crosstie_auth` and before there are claims: planned once per connection and
   * one round trip, since every request begins with it. The name is the statement's own for ever.
   */
  lookUp: <R extends pg.QueryResultRow>(statement: Statement) => Promise<R[]>
  listen: Listener['listen']
  /** Tells listeners of a channel, coalesced per channel and payload; after the commit, never inside. */
  notify: (channel: string, payload: string) => void
  close: () => Promise<void>
}

export interface Statement {
  name: string
  text: string
  values: unknown[]
}

export interface DatabaseOptions {
  /** Connections at most; a caller waits 10 s for one, then is refused. */
  connections?: number
}

/** Connections that look up who asks; each does so in a fraction of a millisecond. */
const LOOK_UP_CONNECTIONS = 4
const IDLE_MS = 60_000
const NOTIFY_DELAY_MS = 10
const CONNECT_TIMEOUT_MS = 10_000

/** int8 as a number: ids and counts stay below 2^53. date, interval, numeric as the text they are. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === 20) return Number
    if (oid === 1082) return (text: string) => text
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text')
  },
}

export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const config = { connectionString: url, types, application_name: 'crosstie' }
  const pool = makePool({
    ...config,
    max: options.connections ?? 12,
    // Statements are sent without waiting for the answers of those before: a transaction's opening costs no trip.
    pipeline: true,
    stream: batchingSocket,
  })
  const lookUps = makePool({ ...config, max: LOOK_UP_CONNECTIONS, options: '-c role=crosstie_auth' })
  const names = createStatementNames()
  const listener = createListener(() => new pg.Client(config))
  const notifier = createNotifier(pool)

  const withConnection = async <R>(
    claimant: Claimant,
    work: (client: pg.ClientBase) => Promise<R>,
  ): Promise<R> => {
    const opening = beginAs(claimant)
    const client = await checkOut(pool)
    let broken: Error | undefined
    // Not waited for: what follows is refused by PostgreSQL when this fails, and by then we know why.
    const begun = client.query(opening)
    begun.catch(() => {})
    try {
      const result = await work(client)
      await begun
      await client.query('commit')
      return result
    } catch (error) {
      const first: unknown = await begun.then(
        () => error,
        (cause: unknown) => cause,
      )
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      // Not even a rollback: the connection is gone, and what it was told last is no bug of the work's.
      throw broken === undefined || error instanceof Fault ? first : unavailable(first)
    } finally {
      client.release(broken)
    }
  }

  return {
    withConnection,
    withCaller: async (claimant, work) => {
      const acts: (() => void)[] = []
      const result = await withConnection(claimant, (client) =>
        work(kyselyOver(client, names), (act) => acts.push(act)),
      )
      for (const act of acts) act()
      return result
    },
    lookUp: (statement) => lookUp(lookUps, statement),
    listen: listener.listen,
    notify: notifier.notify,
    close: async () => {
      await notifier.flush()
      await listener.close()
      await Promise.all([pool.end(), lookUps.end()])
    },
  }
}

async function lookUp<R extends pg.QueryResultRow>(pool: pg.Pool, statement: Statement): Promise<R[]> {
  const client = await checkOut(pool)
  let broken: Error | undefined
  try {
    return (await client.query<R>(statement)).rows
  } catch (error) {
    // What PostgreSQL itself refuses leaves the connection whole; a shutdown (57P…) and anything else is its end.
    if (error instanceof pg.DatabaseError && error.code?.startsWith('57P') !== true) throw error
    broken = error instanceof Error ? error : new Error(String(error))
    throw unavailable(error)
  } finally {
    client.release(broken)
  }
}

function makePool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    ...config,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_MS,
  })
  // An idle connection that breaks is dropped by the pool; the next caller gets a new one.
  pool.on('error', () => {})
  // One that breaks while it is lent, between two statements, would else end the whole hub.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** begin, role and claims in one simple-protocol round trip: the role from the allow-list, the claims as a literal. */
function beginAs({ databaseRole, claims }: Claimant): string {
  if (!DATABASE_ROLES.includes(databaseRole)) throw new Error(`no such role: ${databaseRole}`)
  const literal = pg.escapeLiteral(JSON.stringify(claims))
  return `begin; set local role ${databaseRole}; select set_config('request.jwt.claims', ${literal}, true)`
}

async function checkOut(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (cause) {
    throw unavailable(cause)
  }
}

function unavailable(cause: unknown): Fault {
  return new Fault(
    'unavailable',
    'platform.database_unavailable',
    `The hub's database does not answer (${messageOf(cause)}). Try again in a moment.`,
    { cause },
  )
}

/** NOTIFY takes a lock on the whole database at commit, so what is said within 10 ms goes in one statement. */
function createNotifier(pool: pg.Pool): { notify: Database['notify']; flush: () => Promise<void> } {
  let waiting = new Map<string, [string, string]>()
  let timer: NodeJS.Timeout | undefined
  const flush = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    if (waiting.size === 0) return
    const said = [...waiting.values()]
    waiting = new Map()
    // Lost when the database is away: whoever listens also sweeps.
    await pool
      .query('select pg_notify(c, p) from unnest($1::text[], $2::text[]) as n (c, p)', [
        said.map(([channel]) => channel),
        said.map(([, payload]) => payload),
      ])
      .catch(() => {})
  }
  return {
    flush,
    notify: (channel, payload) => {
      waiting.set(`${channel} ${payload}`, [channel, payload])
      timer ??= setTimeout(() => void flush(), NOTIFY_DELAY_MS)
    },
  }
}
