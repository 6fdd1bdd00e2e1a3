import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

import { quoteLiteral } from '../../format/sql.ts'
import type { Job } from '../job.ts'

/** A DuckDB of our own, in this process. */
export interface Duck {
  readonly connection: DuckDBConnection
  /** Runs one statement and says how many rows it wrote, where it wrote any. */
  run(sql: string): Promise<number>
  /** Reads a small result; values as DuckDB's text, null for NULL. */
  rows(sql: string): Promise<(string | null)[][]>
  /** Names and types of what a query answers, found without running it. */
  describe(query: string): Promise<{ name: string; type: string }[]>
  /** From here on nothing but these files and folders can be opened, and no setting changed. */
  lock(paths: readonly string[], directories: readonly string[]): Promise<void>
  close(): void
}

/** What is left for Node, its buffers and what DuckDB does not count. */
const OUTSIDE_DUCKDB_BYTES = 200 * 1024 * 1024
const LEAST_FOR_DUCKDB_BYTES = 64 * 1024 * 1024

export interface DuckOptions {
  /** A database file; without one all is in memory (and spills to the temporary directory). */
  path?: string
  /** For text that a user wrote: no files, no network, no extensions, no settings. */
  sandboxed?: boolean
}

export async function openDuck(limits: Job['limits'], options: DuckOptions = {}): Promise<Duck> {
  const memory = Math.max(
    LEAST_FOR_DUCKDB_BYTES,
    Math.floor((limits.memoryBytes - OUTSIDE_DUCKDB_BYTES) * 0.8),
  )
  const instance = await DuckDBInstance.create(options.path ?? ':memory:', {
    memory_limit: `${Math.floor(memory / 1024)}KiB`,
    threads: String(Math.max(1, limits.threads)),
    temp_directory: limits.temporaryDirectory,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    ...(options.sandboxed === true ? { enable_external_access: 'false' } : {}),
  })
  const connection = await instance.connect()
  // Years, zones and texts must not depend on where this process runs.
  await connection.run("set timezone = 'UTC'")
  if (options.sandboxed === true) await connection.run('set lock_configuration = true')
  return {
    connection,
    run: async (sql) => Number((await connection.run(sql)).rowsChanged),
    rows: (sql) => readRows(connection, sql),
    describe: async (query) => {
      const rows = await readRows(connection, `describe ${query}`)
      return rows.map(([name, type]) => ({ name: name ?? '', type: type ?? '' }))
    },
    lock: async (paths, directories) => {
      await connection.run(`set allowed_paths = [${paths.map(quoteLiteral).join(', ')}]`)
      await connection.run(`set allowed_directories = [${directories.map(quoteLiteral).join(', ')}]`)
      await connection.run('set enable_external_access = false')
      await connection.run('set lock_configuration = true')
    },
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function readRows(connection: DuckDBConnection, sql: string): Promise<(string | null)[][]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}
