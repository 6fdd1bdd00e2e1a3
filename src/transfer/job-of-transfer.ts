/** Makes the engine's job of a transfer: pure, so that what a run does can be told from what it was given. */
import path from 'node:path'
import {
  type FileFormat,
  type Job,
  parseTableName,
  type PostgresLogin,
  type Source,
  type Target,
} from '#engine'
import { Fault } from '#fault'
import type {
  FileFormatParams,
  Resources,
  SourceParams,
  StrategyParams,
  TargetParams,
  Transformations,
} from './transfer.schema.ts'

/** A side of a transfer, opened: where to sign in, or which folder and what lies in it. */
export type SourceEnd =
  | { type: 'postgres'; login: PostgresLogin }
  | { type: 'local'; root: string; paths: string[] }
export type TargetEnd =
  | { type: 'postgres'; login: PostgresLogin }
  | { type: 'local'; root: string; folder: string }

export interface Plan {
  source_params: SourceParams
  target_params: TargetParams
  strategy_params: StrategyParams
  transformations: Transformations
  resources: Resources
}

export interface JobParts {
  runId: number
  runCreatedAt: Date
  plan: Plan
  source: SourceEnd
  target: TargetEnd
  /** How far the last run came; undefined on the first one, and always for a full one. */
  mark: string | undefined
  /** The operator's bounds. */
  most: { memoryBytes: number; threads: number }
  temporaryDirectory: string
  extensionDirectories: string[]
}

export function jobOfTransfer(parts: JobParts): Job {
  const { plan, most, temporaryDirectory, extensionDirectories } = parts
  return {
    id: `run_${parts.runId}`,
    source: sourceOf(parts),
    target: targetOf(parts),
    transformations: transformationsOf(plan.transformations),
    strategy: strategyOf(parts),
    limits: { ...limitsOf(plan.resources, most), temporaryDirectory },
    extensionDirectories,
  }
}

function sourceOf({ plan: { source_params: params }, source }: JobParts): Source {
  if (source.type === 'postgres' && 'table_name' in params) {
    return { type: 'postgres', login: source.login, table: parseTableName(params.table_name) }
  }
  if (source.type === 'local' && 'file_format' in params) {
    const { paths, root } = source
    return { type: 'file', paths, format: formatOf(params.file_format), root }
  }
  throw new Error(`the params are of ${params.type}, the connection is of ${source.type}`)
}

function targetOf({ plan, target, mark, runId, runCreatedAt }: JobParts): Target {
  const { target_params: params } = plan
  if (target.type === 'postgres' && params.type === 'postgres') {
    // The first incremental run replaces what is there, as SyncMaster's does; those after it append.
    const mode = plan.strategy_params.type === 'incremental' && mark !== undefined ? 'append' : 'replace'
    const table = parseTableName(params.table_name)
    return { type: 'postgres', login: target.login, table, write: params.write ?? 'stage', mode }
  }
  if (target.type === 'local' && params.type === 'local') {
    const name = fileNameOf(params.file_name_template, params.file_format, { runId, runCreatedAt })
    return {
      type: 'file',
      path: path.join(target.folder, name),
      format: formatOf(params.file_format),
      overwrite: params.overwrite ?? false,
      root: target.root,
    }
  }
  throw new Error(`the params are of ${params.type}, the connection is of ${target.type}`)
}

/** File sources are incremental by the files that are read, not by a column in them. */
function strategyOf({ plan: { strategy_params: strategy }, source, mark }: JobParts): Job['strategy'] {
  if (strategy.type === 'full' || source.type === 'local') return { type: 'full' }
  return { type: 'incremental', column: strategy.increment_by, after: mark }
}

function transformationsOf(steps: Transformations): Job['transformations'] {
  return steps.flatMap((step): Job['transformations'] => {
    switch (step.type) {
      case 'sql':
        return [{ type: 'sql', query: step.query }]
      // It chose the files already.
      case 'file_metadata_filter':
        return []
      case 'dataframe_rows_filter':
        return [step]
      case 'dataframe_columns_filter':
        return [step]
    }
  })
}

function limitsOf(resources: Resources, most: JobParts['most']): { memoryBytes: number; threads: number } {
  const { max_parallel_tasks: tasks, cpu_cores_per_task: cores, ram_bytes_per_task: ram } = resources
  return {
    memoryBytes: Math.min(tasks * ram, most.memoryBytes),
    threads: Math.max(1, Math.min(tasks * cores, most.threads)),
  }
}

export function formatOf(format: FileFormatParams): FileFormat {
  switch (format.type) {
    case 'csv':
    case 'json':
    case 'jsonline':
    case 'parquet':
      return format
    default:
      throw new Fault(
        'bad_request',
        'transfer.format_not_carried',
        `Files of the format ${format.type} are kept in transfers, but this release's engine does not carry them yet. Use csv, json, jsonline or parquet.`,
      )
  }
}

const PACKED: Record<string, string> = {
  gzip: 'gz',
  bzip2: 'bz2',
  lz4: 'lz4',
  snappy: 'snappy',
  deflate: 'deflate',
  zlib: 'zlib',
  zstd: 'zst',
}

/** As onETL names them: `csv.gz`, but `gz.parquet`. */
export function extensionOf(format: FileFormatParams): string {
  const packed = 'compression' in format ? PACKED[format.compression] : undefined
  switch (format.type) {
    case 'parquet': {
      const inner = packed === 'lz4' ? 'lz4hadoop' : packed
      return inner === undefined ? 'parquet' : `${inner}.parquet`
    }
    case 'orc':
      return packed === undefined ? 'orc' : `${packed}.orc`
    case 'excel':
      return 'xlsx'
    default: {
      const plain = format.type === 'jsonline' ? 'jsonl' : format.type
      return packed === undefined ? plain : `${plain}.${packed}`
    }
  }
}

export function fileNameOf(
  template: string,
  format: FileFormatParams,
  { runId, runCreatedAt }: { runId: number; runCreatedAt: Date },
): string {
  const time = runCreatedAt.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_')
  return template
    .replaceAll('{index}', '0')
    .replaceAll('{extension}', extensionOf(format))
    .replaceAll('{run_id}', String(runId))
    .replaceAll('{run_created_at}', time)
}
