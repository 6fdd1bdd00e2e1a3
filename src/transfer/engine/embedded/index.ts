/** The embedded route: DuckDB in this process, for everything but PostgreSQL to PostgreSQL and plain CSV. */
export { explainEmbedded } from './explain.ts'
export { runEmbedded } from './run.ts'
