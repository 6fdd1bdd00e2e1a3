/** The table that stands beside a target while a job is at work on it, and what it tells; see `target.ts`. */
import type { PostgresLogin, TableName } from '../../engine/job.ts'
import { closeNow, endJobSessions } from './backend.ts'
import { readTable } from './catalog.ts'
import { connectPostgres } from './connect.ts'
import { postgresFault } from './fault.ts'
import { quoteTable } from './quote.ts'

/** The table that stands beside the target while a job is at work on it. */
export function stagingTable(table: TableName, jobId: string): TableName {
  return { schema: table.schema, name: `crosstie_${jobId}` }
}

/**
 * Whether the job had committed, for one that is known to have been prepared with a witness. Sessions that
 * it still has are ended first, so the answer does not change afterwards.
 */
export async function wasCommitted(login: PostgresLogin, table: TableName, jobId: string): Promise<boolean> {
  const client = await connectPostgres(login, { applicationName: 'crosstie recover' })
  try {
    await endJobSessions(client, jobId)
    return (await readTable(client, stagingTable(table, jobId))) === null
  } catch (error) {
    throw postgresFault(error, { login, table })
  } finally {
    closeNow(client)
  }
}

/** Ends what sessions the job still has and drops its staging table. Never throws: a repeat clears up as well. */
export async function clearStaging(login: PostgresLogin, table: TableName, jobId: string): Promise<void> {
  await tidy(login, jobId, `drop table if exists ${quoteTable(stagingTable(table, jobId))}`)
}

/** The same, but the table stays, empty, for it is still the witness. */
export async function emptyStaging(login: PostgresLogin, table: TableName, jobId: string): Promise<void> {
  await tidy(login, jobId, `truncate ${quoteTable(stagingTable(table, jobId))}`)
}

async function tidy(login: PostgresLogin, jobId: string, statement: string): Promise<void> {
  try {
    const client = await connectPostgres(login, { applicationName: 'crosstie stop', connectTimeoutMs: 1_000 })
    try {
      await endJobSessions(client, jobId)
      await client.query(`set lock_timeout to 1000; ${statement}`)
    } finally {
      closeNow(client)
    }
  } catch {
    // The server is gone or says no. What stays is an unlogged table that the next try of this job drops.
  }
}
