/** The transfer engine: one complete job in, rows out, all or nothing. It knows neither the hub nor its database. */
export { explain, type ExplainOptions } from './explain.ts'
export { ensureExtension, fetchExtension, findExtension } from './extension.ts'
export type {
  ColumnFilter,
  Compression,
  Emit,
  EngineEvent,
  Explanation,
  FileFormat,
  Job,
  JobResult,
  PlannedColumn,
  PostgresLogin,
  Progress,
  Route,
  RowFilter,
  Source,
  TableName,
  Target,
  Transformation,
} from './job.ts'
export { recoverJob, runJob, type Prepared } from './run.ts'
export { spawnJob, type SpawnOptions } from './spawn.ts'
export { connectPostgres, type ConnectOptions } from '../store/postgres/connect.ts'
export { isPostgresUrl, parsePostgresUrl, parseTableName } from '../store/postgres/login.ts'
export { tableHasRows } from '../store/postgres/target.ts'
