/**
 * Moves tables and files between connections: queues, transfers, runs, the worker that carries them.
 *
 * ```ts
 * const transfer = createTransfer({ db, log, … })
 * transfer.addRoutes(app)
 * const worker = await transfer.startWorker()
 * ```
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Connect, Reach } from '#connect'
import type { Settings } from '#config'
import type { Database } from '#database'
import type { FileFormat, Job } from '#engine'
import type { Server } from '#http'
import type { Log } from '#log'
import { createExplain } from './explain.ts'
import { explainApart } from './explain-process.ts'
import { addQueueRoutes } from './queue.routes.ts'
import { addRunRoutes } from './run.routes.ts'
import { addScheduleRoutes } from './schedule.routes.ts'
import { addTransferRoutes } from './transfer.routes.ts'
import { startWorker, type Worker } from './worker.ts'

export { RUN_TABLES } from './open-tables.ts'
export { deleteImportedTransfers, importTransfers, type TransferToImport } from './import.ts'
export { importQueues, type QueueToImport } from './import-queue.ts'
export { importRuns, type RunToImport } from './import-run.ts'
export { countTransfersOf } from './transfer.store.ts'
export type { TransferTables } from './tables.ts'

type UsedSettings = Pick<
  Settings,
  | 'data_dir'
  | 'duckdb_extensions'
  | 'limit_preview_rows'
  | 'limit_run_log_lines'
  | 'limit_run_memory'
  | 'queues'
  | 'runs'
>

export interface TransferOptions {
  db: Database
  log: Log
  settings: UsedSettings
  connect: Pick<Connect, 'openConnection' | 'noteUse'>
  reach: Reach
  /** The hub's public address, once it is known. */
  url: () => string
}

export interface TransferRoom {
  addRoutes: (app: Server) => void
  startWorker: () => Promise<Worker>
}

export function createTransfer({ db, log, settings, connect, reach, url }: TransferOptions): TransferRoom {
  const temporaryFolder = path.join(settings.data_dir, 'tmp')
  const engine = {
    connect,
    reach,
    memoryBytes: settings.limit_run_memory.count,
    extensionDirectories: extensionDirectories(settings),
  }
  // 0 switches the operator's limit off; the engine has one of its own.
  const previewRows = settings.limit_preview_rows.count || MOST_PREVIEW_ROWS
  return {
    addRoutes: (app) => {
      addQueueRoutes(app, db)
      addTransferRoutes(app, { db, previewRows, explain: createExplain(db, engine, temporaryFolder) })
      addRunRoutes(app, db)
      addScheduleRoutes(app)
    },
    startWorker: () =>
      startWorker({
        ...engine,
        db,
        log,
        temporaryFolder,
        linesLimit: settings.limit_run_log_lines.count,
        queues: settings.queues,
        runs: settings.runs,
        urlOf: (runId) => `${url()}/runs/${runId}`,
      }),
  }
}

const MOST_PREVIEW_ROWS = 100

function extensionDirectories(settings: Pick<Settings, 'data_dir' | 'duckdb_extensions'>): string[] {
  const given = settings.duckdb_extensions === null ? [] : [settings.duckdb_extensions]
  return [...given, path.join(settings.data_dir, 'duckdb')]
}

/** The columns of a file, told by the engine; the other side of the job is never opened. */
export async function describeFile(
  file: { path: string; root: string },
  format: string,
): Promise<{ name: string; type: string }[]> {
  const temporaryDirectory = await mkdtemp(path.join(tmpdir(), 'crosstie-describe-'))
  try {
    const told = await explainApart(describeJob(file, format, temporaryDirectory), 0)
    return told.columns.map(({ name, sourceType }) => ({ name, type: sourceType }))
  } finally {
    await rm(temporaryDirectory, { recursive: true, force: true })
  }
}

function describeJob(file: { path: string; root: string }, format: string, temporaryDirectory: string): Job {
  return {
    id: 'describe',
    source: { type: 'file', paths: [file.path], root: file.root, format: plainFormat(format, file.path) },
    target: {
      type: 'stdout',
      format: { type: 'jsonline', encoding: 'utf-8', line_sep: '\n', compression: 'none' },
    },
    transformations: [],
    strategy: { type: 'full' },
    limits: { memoryBytes: 256 * 2 ** 20, threads: 1, temporaryDirectory },
    extensionDirectories: [],
  }
}

function plainFormat(format: string, name: string): FileFormat {
  const compression = /\.gz$/i.test(name)
    ? 'gzip'
    : /\.zst$/i.test(name)
      ? 'zstd'
      : /\.bz2$/i.test(name)
        ? 'bzip2'
        : 'none'
  const encoding = 'utf-8'
  const line = { encoding, line_sep: '\n', compression } as const
  if (format === 'parquet') return { type: 'parquet', compression: 'snappy' }
  if (format === 'json' || format === 'jsonline') return { type: format, ...line }
  const delimiter = /\.tsv(\.\w+)?$/i.test(name) ? '\t' : ','
  return { type: 'csv', delimiter, quote: '"', escape: '"', include_header: true, ...line }
}
