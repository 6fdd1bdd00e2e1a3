/**
 * The database's door: the embedded server, the roles, and `withCaller`, the only way to a connection.
 *
 * ```ts
 * const db = openDatabase(url)
 * await db.withCaller(caller, (tx: Kysely<Tables>) => tx.selectFrom('transfer.queue').selectAll().execute())
 * ```
 */
export {
  embeddedAdminUrl,
  embeddedIsRunning,
  type EmbeddedPostgres,
  embeddedUrl,
  startEmbeddedPostgres,
} from './embedded.ts'
export { type AfterCommit, type Claimant, type Database, openDatabase } from './pool.ts'
export {
  checkDatabase,
  DATABASE_ROLES,
  type DatabaseRole,
  databaseSql,
  LOGIN_ROLE,
  rolesSql,
  setUpDatabase,
} from './roles.ts'
export { searchMatch } from './search.ts'
export { sortTerms } from './sort.ts'
