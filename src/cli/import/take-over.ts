/** Takes over SyncMaster's database in one transaction; the rooms take each their part. */
import { type Kysely, sql } from 'kysely'
import { importConnections } from '#connect'
import type { AfterCommit, Claimant, Database } from '#database'
import { Fault } from '#fault'
import {
  audit,
  type Caller,
  createTally,
  type Import,
  importGroups,
  importMembers,
  importUsers,
  type Tally,
} from '#identity'
import { importQueues, importRuns, importTransfers, type TransferTables } from '#transfer'
import type { Vault } from '#vault'
import type { FernetKey } from './fernet.ts'
import { openCredentials } from './open-credentials.ts'
import type { SyncMasterSource } from './syncmaster-source.ts'

/** What is taken over is whose ever it is: the owner of the tables writes it. */
export const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }

export interface TakeOver {
  db: Database
  vault: Vault
  caller: Caller
  source: SyncMasterSource
  /** Under which name its ids are remembered. */
  name: string
  key: FernetKey | null
  timezone: string
  paused: boolean
  /** Users of the same name are different people. */
  apart: boolean
  /** Everything is done, told, and taken back. */
  dryRun: boolean
  progress: (words: string) => void
}

export interface TakeOverReport {
  source: string
  dry_run: boolean
  tallies: Tally[]
  /** Connections whose credentials the key does not open. */
  unopened: string[]
}

/** Ends a dry run's transaction; never seen outside. */
class DryRun extends Error {}

/**
 * Only the operator's own process waits while this transaction reads the other database: it has a connection for
 * itself, and one moment of there must become one moment of here.
 */
export async function takeOver(options: TakeOver): Promise<TakeOverReport> {
  const { db, source, name, dryRun } = options
  options.progress('reading users, groups, connections, queues and transfers')
  const data = await source.read()
  const { connections, unopened } = openCredentials(data.connections, options.key)
  const report: TakeOverReport = { source: name, dry_run: dryRun, tallies: [], unopened }
  try {
    await db.withCaller(OWNER, async (tx: Kysely<TransferTables>, afterCommit) => {
      await beginImport(tx, name)
      report.tallies = await writeAll(options, { ...data, connections }, tx, afterCommit)
      await audit(tx, options.caller, {
        action: 'import.take_over',
        groupId: null,
        objectName: name,
        details: Object.fromEntries(report.tallies.map(({ kind, taken }) => [kind, taken])),
      })
      if (dryRun) throw new DryRun()
    })
  } catch (error) {
    if (!(error instanceof DryRun)) throw error
  }
  return report
}

/** One import at a time, with times written as they are compared: in UTC. */
export async function beginImport(tx: Kysely<TransferTables>, name: string): Promise<void> {
  await sql`set local timezone to 'UTC'`.execute(tx)
  await sql`set local datestyle to 'ISO, YMD'`.execute(tx)
  await sql`set local statement_timeout to 0`.execute(tx)
  await sql`set local idle_in_transaction_session_timeout to 0`.execute(tx)
  const { rows } = await sql<{ mine: boolean }>`
    select pg_try_advisory_xact_lock(hashtext('crosstie.import'), 0) as mine`.execute(tx)
  if (rows[0]?.mine === true) return
  throw new Fault(
    'conflict',
    'import.running',
    `Another import is at work; "${name}" waits for nobody. Try again later.`,
  )
}

type Data = Awaited<ReturnType<SyncMasterSource['read']>>

async function writeAll(
  options: TakeOver,
  data: Omit<Data, 'connections'> & { connections: Parameters<typeof importConnections>[1] },
  tx: Kysely<TransferTables>,
  afterCommit: AfterCommit,
): Promise<Tally[]> {
  const { db, vault, progress, timezone, paused, apart } = options
  const act: Import = { tx, source: options.name }
  const tallies: Tally[] = []
  const told = (tally: Tally) => {
    tallies.push(tally)
    progress(`${tally.kind}s: ${tally.taken} taken over, ${tally.known} before`)
  }
  const users = await importUsers(act, data.users, { apart })
  told(users.tally)
  const groups = await importGroups(act, data.groups, users.ids)
  told(groups.tally)
  told(await importMembers(act, data.members, { users: users.ids, groups: groups.ids }))
  const connections = await importConnections(act, data.connections, { groups: groups.ids, vault })
  told(connections.tally)
  const queues = await importQueues(act, data.queues, groups.ids)
  told(queues.tally)
  const around = { groups: groups.ids, connections: connections.ids, queues: queues.ids }
  const transfers = await importTransfers({ ...act, tx, db, afterCommit }, data.transfers, {
    ...around,
    timezone,
    paused,
  })
  told(transfers.tally)

  const runs = createTally('run')
  const total = await options.source.countRuns()
  let read = 0
  for await (const batch of options.source.runs()) {
    await importRuns(act, batch, { ...around, transfers: transfers.ids }, runs)
    read += batch.length
    progress(`runs: ${read} of ${total}`)
  }
  told(runs)
  return tallies
}
