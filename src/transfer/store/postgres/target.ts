/**
 * Opens a PostgreSQL table for one job: the caller COPYs into `table` over `client`, then `commit` or `abandon`.
 *
 * Nothing is visible before `commit`, and all of it at once. Beside the target stands `crosstie_<job id>`:
 * the staging table that takes the rows, or (`direct`, or a new target) an empty table. It is made and
 * committed before anything else and dropped in the very transaction that makes the rows visible, so
 * **its absence is the witness that the job has committed**, for whoever knows that the job came that far.
 * That knowledge is `onPrepared`: it is awaited when all is carried and nothing is visible yet. A listener
 * that keeps it before it returns can ask `wasCommitted` after any crash and neither lose nor double a row;
 * a job that never reached it has changed nothing and may be repeated as it is. For the same reason a job that
 * fails after it keeps its witness (emptied) until `onWithdrawn` says that the listener has forgotten it.
 */
import { Fault } from '#fault'
import type pg from 'pg'

import type { PostgresLogin, Target, TableName } from '../../engine/job.ts'
import { closeNow } from './backend.ts'

import { readTable, type ColumnInfo, type TableInfo } from './catalog.ts'
import { connectPostgres, sessionName } from './connect.ts'
import { emptyTable, planEmptying } from './empty-table.ts'
import { codeOf, isConnectionLost, postgresFault } from './fault.ts'
import { placeOf } from './login.ts'
import { quoteName, quoteNames, quoteTable, tableText } from './quote.ts'
import { matchColumns, type WantedColumn } from './target-plan.ts'
import { clearStaging, emptyStaging, stagingTable, wasCommitted } from './witness.ts'

export type PostgresTarget = Extract<Target, { type: 'postgres' }>

export interface OpenTarget {
  client: pg.Client
  /** Into which the caller COPYs, over `client`, naming the columns in any order. */
  table: TableName
  /** What to write: the wanted columns without those that the target computes, with the target's types. */
  columns: WantedColumn[]
  /** Whether the target is new. */
  created: boolean
  /** Whether a crash during commit can be cleared up later; false without the right to make tables there. */
  witness: boolean
  /** Makes the rows visible, all at once; `rowsCarried` is checked. After a failure call `abandon`. */
  commit(rowsCarried: number): Promise<void>
  /** Ends the session, undoes everything and drops the staging table. Never throws; may be called twice. */
  abandon(): Promise<void>
}

export interface OpenOptions {
  onPrepared?: ((prepared: { rows: number; witness: boolean }) => void | Promise<void>) | undefined
  /** Without it a job that fails after it was prepared leaves its empty witness to `recoverJob` or its next try. */
  onWithdrawn?: (() => void | Promise<void>) | undefined
  /** How a column is staged, where its own type would alter values while it reads them. */
  stageAs?: ((column: ColumnInfo) => { type: string; expression: string }) | undefined
}

export async function openTarget(
  login: PostgresLogin,
  target: PostgresTarget,
  wanted: readonly WantedColumn[],
  jobId: string,
  options: OpenOptions = {},
): Promise<OpenTarget> {
  const client = await connectPostgres(login, { applicationName: sessionName(jobId) })
  const opening: Opening = {
    client,
    login,
    target,
    jobId,
    staging: stagingTable(target.table, jobId),
    options,
  }
  try {
    await noticeLostClients(client)
    const info = await readTable(client, target.table)
    if (info === null) return await openNew(opening, wanted)
    const { columns } = matchColumns(info, wanted, { login, table: target.table })
    if (target.write === 'direct') return await openDirect(opening, info, columns)
    return await openStaged(opening, info, columns)
  } catch (error) {
    closeNow(client)
    await clearStaging(login, target.table, jobId)
    throw postgresFault(error, { login, table: target.table })
  }
}

async function withdraw({ login, target, jobId, options }: Opening): Promise<void> {
  await emptyStaging(login, target.table, jobId)
  if (options.onWithdrawn === undefined) return
  try {
    await options.onWithdrawn()
  } catch {
    // Whoever keeps that the job was prepared has not forgotten it, and will ask the witness.
    return
  }
  await clearStaging(login, target.table, jobId)
}

/** Whether the table is there and has a row, so that writing to it needs a decision. */
export async function tableHasRows(login: PostgresLogin, table: TableName): Promise<boolean> {
  const client = await connectPostgres(login)
  try {
    if ((await readTable(client, table)) === null) return false
    const found = await client.query<{ any: boolean }>(
      `select exists (select from ${quoteTable(table)}) as any`,
    )
    return found.rows[0]?.any === true
  } catch (error) {
    throw postgresFault(error, { login, table })
  } finally {
    closeNow(client)
  }
}

interface Opening {
  client: pg.Client
  login: PostgresLogin
  target: PostgresTarget
  jobId: string
  staging: TableName
  options: OpenOptions
}

/**
 * Lets a backend that waits (for a lock, say) see that its client is gone, so that even after `kill -9` of
 * everything here no session waits on. PostgreSQL 14 has it, on Linux and some others.
 */
async function noticeLostClients(client: pg.Client): Promise<void> {
  await client.query("set client_connection_check_interval to '1s'").catch(() => {})
}

async function openNew(opening: Opening, wanted: readonly WantedColumn[]): Promise<OpenTarget> {
  const { client, target } = opening
  if (wanted.length === 0) {
    throw new Fault(
      'invalid',
      'transfer.no_columns',
      `There is no column to make ${tableText(target.table)} of.`,
    )
  }
  const schema = await client.query('select 1 from pg_namespace where nspname = $1', [target.table.schema])
  if (schema.rowCount === 0) {
    throw new Fault(
      'not_found',
      'transfer.schema_missing',
      `There is no schema "${target.table.schema}" at ${placeOf(opening.login)} to make ${tableText(target.table)} in. Create it first.`,
    )
  }
  await client.query(
    `drop table if exists ${quoteTable(opening.staging)}; create unlogged table ${quoteTable(opening.staging)} ()`,
  )
  await client.query('begin')
  await client.query(createTable(target.table, wanted, 'table'))
  const finish = async () => {
    await client.query(`drop table ${quoteTable(opening.staging)}`)
  }
  return handle(opening, { table: target.table, columns: [...wanted], created: true, witness: true, finish })
}

async function openDirect(opening: Opening, info: TableInfo, columns: ColumnInfo[]): Promise<OpenTarget> {
  const { client, target } = opening
  if (info.kind === 'v') {
    throw new Fault(
      'invalid',
      'transfer.direct_into_view',
      `${tableText(target.table)} is a view, which takes no COPY. Write it staged.`,
    )
  }
  const witness = await makeWitness(opening)
  await client.query('begin')
  if (target.mode === 'replace') await emptyTable(client, target, info)
  const finish = async () => {
    if (witness) await client.query(`drop table ${quoteTable(opening.staging)}`)
  }
  return handle(opening, {
    table: target.table,
    columns: columns.map(wantedOf),
    created: false,
    witness,
    finish,
  })
}

async function openStaged(opening: Opening, info: TableInfo, columns: ColumnInfo[]): Promise<OpenTarget> {
  const { client, target, staging, options } = opening
  if (target.mode === 'replace') await planEmptying(client, target, info)
  const staged = columns.map((column) => {
    const as = options.stageAs?.(column) ?? { type: column.type, expression: quoteName(column.name) }
    return { name: column.name, ...as }
  })
  await client
    .query(`drop table if exists ${quoteTable(staging)}; ${createTable(staging, staged, 'unlogged table')}`)
    .catch((error: unknown) => {
      if (codeOf(error) !== '42501') throw error
      throw new Fault(
        'forbidden',
        'transfer.staging_not_allowed',
        `${opening.login.user} may not make tables in schema "${staging.schema}" at ${placeOf(opening.login)}, which staging needs. ` +
          `Grant it CREATE on the schema, or write directly (write: direct).`,
        { cause: error },
      )
    })
  const names = quoteNames(columns.map((column) => column.name))
  const values = staged.map(({ expression }) => expression).join(', ')
  const overriding = columns.some((column) => column.identity === 'always') ? ' overriding system value' : ''
  const finish = async (rowsCarried: number) => {
    await client.query('begin')
    if (target.mode === 'replace') await emptyTable(client, target, info)
    const inserted = await client.query(
      `insert into ${quoteTable(target.table)} (${names})${overriding} select ${values} from ${quoteTable(staging)}`,
    )
    checkCount(opening, inserted.rowCount ?? 0, rowsCarried)
    await client.query(`drop table ${quoteTable(staging)}`)
  }
  return handle(opening, {
    table: staging,
    columns: columns.map(wantedOf),
    created: false,
    witness: true,
    finish,
  })
}

/** Made and committed at once. Without the right to, a direct write goes on and only its repeat is unsafe. */
async function makeWitness({ client, staging }: Opening): Promise<boolean> {
  try {
    await client.query(
      `drop table if exists ${quoteTable(staging)}; create unlogged table ${quoteTable(staging)} ()`,
    )
    return true
  } catch (error) {
    if (codeOf(error) === '42501') return false
    throw error
  }
}

function handle(
  opening: Opening,
  open: Pick<OpenTarget, 'table' | 'columns' | 'created' | 'witness'> & {
    finish: (rows: number) => Promise<void>
  },
): OpenTarget {
  const { client, login, target, jobId, options } = opening
  const { finish, ...shown } = open
  let stage: 'carrying' | 'prepared' | 'unknown' = 'carrying'
  return {
    ...shown,
    client,
    async commit(rowsCarried) {
      try {
        if (options.onPrepared !== undefined) stage = 'prepared'
        await options.onPrepared?.({ rows: rowsCarried, witness: open.witness })
        await finish(rowsCarried)
        await commitOrAsk(opening, open.witness)
      } catch (error) {
        const fault = postgresFault(error, { login, table: target.table })
        if (fault.code === 'transfer.commit_unknown') stage = 'unknown'
        throw fault
      }
      await client.end().catch(() => {})
    },
    async abandon() {
      closeNow(client)
      if (stage === 'carrying') await clearStaging(login, target.table, jobId)
      // Else the staging table is the only trace of what happened, so it has to stay until it is not asked for.
      if (stage === 'prepared') await withdraw(opening)
    },
  }
}

/** A connection that breaks during COMMIT leaves the outcome open; the witness knows it. */
async function commitOrAsk({ client, login, target, jobId }: Opening, witness: boolean): Promise<void> {
  try {
    await client.query('commit')
  } catch (error) {
    if (!isConnectionLost(error)) throw error
    const outcome = witness
      ? await wasCommitted(login, target.table, jobId).catch(() => 'unknown' as const)
      : 'unknown'
    if (outcome === true) return
    if (outcome === false) throw error
    throw new Fault(
      'failed',
      'transfer.commit_unknown',
      `The connection to ${placeOf(login)} broke while ${tableText(target.table)} was being committed; whether its rows are there has to be looked up.`,
      { cause: error },
    )
  }
}

function checkCount({ login, target }: Opening, inserted: number, carried: number): void {
  if (inserted === carried) return
  throw new Fault(
    'failed',
    'transfer.count_differs',
    `${carried} rows were carried, but ${tableText(target.table)} at ${placeOf(login)} took ${inserted}; ` +
      'a trigger, rule or policy of the table keeps some out. Nothing was changed.',
  )
}

function createTable(
  table: TableName,
  columns: readonly WantedColumn[],
  kind: 'table' | 'unlogged table',
): string {
  const lines = columns.map((column) => `${quoteName(column.name)} ${column.type}`)
  return `create ${kind} ${quoteTable(table)} (${lines.join(', ')})`
}

function wantedOf(column: ColumnInfo): WantedColumn {
  return { name: column.name, type: column.type }
}
