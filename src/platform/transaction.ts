import type { QueryExecutorProvider } from 'kysely'
import type { AfterCommit, Database } from '#database'

/** A transaction in which something is put down for others, and what tells them after its commit. */
export interface InTransaction {
  db: Pick<Database, 'notify'>
  /** A `Kysely<…>` of any tables. */
  tx: QueryExecutorProvider
  afterCommit: AfterCommit
}
