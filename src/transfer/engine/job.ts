/**
 * What the engine is asked to do, and what it says while it does it.
 *
 * A job is complete: it holds opened secrets and needs neither the hub nor its database. It reaches the
 * child process on a pipe and is never written anywhere else. The hub makes it of a transfer and its
 * connections; `crosstie copy` makes it of two addresses.
 */

import type { FaultKind } from '#fault'

export interface PostgresLogin {
  host: string
  /** What `host` was resolved to and checked as; connected to as it stands, so that the name is not looked up again. */
  address?: string | undefined
  port: number
  database: string
  user: string
  /** Absent: the server asks for none (trust, peer). */
  password?: string | undefined
  /** libpq's parameters beside the address: `sslmode`, `application_name`, `options` … */
  params: Record<string, string>
}

export interface TableName {
  schema: string
  name: string
}

export type Compression = 'none' | 'gzip' | 'zstd' | 'snappy' | 'lz4' | 'bzip2' | 'deflate' | 'zlib'

/** Field names and defaults are SyncMaster's where it has the format. */
export type FileFormat =
  | {
      type: 'csv'
      delimiter: string
      encoding: string
      quote: string
      escape: string
      include_header: boolean
      line_sep: string
      compression: Compression
    }
  | { type: 'jsonline'; encoding: string; line_sep: string; compression: Compression }
  | { type: 'json'; encoding: string; line_sep: string; compression: Compression }
  | { type: 'parquet'; compression: Compression }

export type Source =
  | { type: 'postgres'; login: PostgresLogin; table: TableName }
  /** `paths` are absolute and all read as one table; `root`, where set, is the folder they must not leave. */
  | { type: 'file'; paths: string[]; format: FileFormat; root?: string | undefined }
  | { type: 'stdin'; format: FileFormat }

export type Target =
  | {
      type: 'postgres'
      login: PostgresLogin
      table: TableName
      /** `stage`: into a staging table, then one short transaction. `direct`: straight in, in one transaction. */
      write: 'stage' | 'direct'
      /** `replace` what is there, or `append` to it. A table that is not there is made either way. */
      mode: 'replace' | 'append'
    }
  /** Written under a temporary name beside `path`, then moved. An existing file is refused unless `overwrite`. */
  | { type: 'file'; path: string; format: FileFormat; overwrite: boolean; root?: string | undefined }
  | { type: 'stdout'; format: FileFormat }

export type RowFilter =
  | { type: 'is_null' | 'is_not_null'; field: string }
  | {
      type:
        | 'equal'
        | 'not_equal'
        | 'greater_than'
        | 'greater_or_equal'
        | 'less_than'
        | 'less_or_equal'
        | 'like'
        | 'ilike'
        | 'not_like'
        | 'not_ilike'
        | 'regexp'
      field: string
      value: string
    }

export type ColumnFilter =
  | { type: 'include'; field: string }
  | { type: 'rename'; field: string; to: string }
  | { type: 'cast'; field: string; as_type: string }

/** All row filters run before all column filters; as soon as there is one column filter, only listed columns come. */
export type Transformation =
  | { type: 'dataframe_rows_filter'; filters: RowFilter[] }
  | { type: 'dataframe_columns_filter'; filters: ColumnFilter[] }
  | { type: 'sql'; query: string }

export interface Job {
  /** Names staging tables and temporary files, so it is `[a-z0-9_]{1,40}` and the same when a run is repeated. */
  id: string
  source: Source
  target: Target
  transformations: Transformation[]
  /** `after`: the mark of the last finished run, as the source writes the value in text; absent on the first. */
  strategy: { type: 'full' } | { type: 'incremental'; column: string; after?: string | undefined }
  limits: {
    memoryBytes: number
    threads: number
    /** Emptied and removed by whoever started the child. */
    temporaryDirectory: string
  }
  /** Where DuckDB's extensions are looked for, in this order, before its own repository; see `extension.ts`. */
  extensionDirectories: string[]
}

/** `copy`: PostgreSQL's own COPY, byte for byte. `embedded`: DuckDB in this process. */
export type Route = 'copy' | 'embedded'

export interface PlannedColumn {
  name: string
  sourceType: string
  targetType: string
  /** How a value that the direct way would alter is carried instead: `as text`, for instance. */
  note?: string | undefined
}

export interface Explanation {
  route: Route
  /** Sentences: why this route, what will be done with the target, what is carried another way. */
  why: string[]
  columns: PlannedColumn[]
  /** What the run will do, step by step, in words. */
  steps: string[]
  /** Present when rows were asked for; values as text, null for NULL. */
  preview?: { columns: string[]; rows: (string | null)[][] } | undefined
  estimatedRows?: number | undefined
}

export interface Progress {
  rows: number
  bytes: number
  /** Null while unknown. */
  totalRows: number | null
  totalBytes: number | null
  /** Which step this is: `reading`, `writing`, `merging`, `finished` … */
  phase: string
}

/**
 * What the child says, one JSON object a line.
 *
 * Two are waited for. `prepared`: everything is carried, nothing is visible yet, and the job commits as soon
 * as the listener has returned. A listener that has kept it (with `mark`) can tell after any crash, by
 * `recoverJob`, whether the rows are there; a job that never said it has changed nothing. `withdrawn` takes it
 * back: the commit failed, and once the listener has forgotten what it kept, the witness of that goes too.
 */
export type EngineEvent =
  | { type: 'plan'; route: Route; why: string[] }
  | { type: 'progress'; progress: Progress }
  | { type: 'log'; level: 'info' | 'warning' | 'error'; message: string }
  | { type: 'prepared'; rows: number; mark?: string | undefined; witness: boolean }
  | { type: 'withdrawn' }
  | { type: 'finished'; result: JobResult }
  | {
      type: 'failed'
      kind: FaultKind
      code: string
      message: string
      details?: unknown
      target: 'unchanged' | 'unknown'
    }
  | { type: 'stopped' }

export interface JobResult {
  route: Route
  rows: number
  bytes: number
  /** Of an incremental run: the greatest value carried, in the source's text; the next run's `after`. */
  mark?: string | undefined
  /** What was written, for the person: `public.orders`, `/data/orders.parquet`. */
  written: string
}

/** Who listens to a job in this process. A promise is waited for after `prepared` and `withdrawn` only. */
export type Emit = (event: EngineEvent) => void | Promise<void>
