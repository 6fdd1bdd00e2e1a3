import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { ConnectTables } from '#connect'
import type {
  Resources,
  SourceParams,
  StrategyParams,
  TargetParams,
  Transformations,
} from './transfer.schema.ts'

type Times = { created_at: Generated<Date>; updated_at: Generated<Date> }
/** jsonb is written as text and read as what it is. */
type Json<T> = ColumnType<T, string | undefined, string>
type MaybeTime = ColumnType<Date | null, Date | null | undefined, Date | null>

export const STATUSES = ['CREATED', 'STARTED', 'FAILED', 'SEND_STOP_SIGNAL', 'STOPPED', 'FINISHED'] as const
export type RunStatus = (typeof STATUSES)[number]
export type RunType = 'MANUAL' | 'SCHEDULED'

/** After a time without a worker: one run for all that was missed, or none. */
export const MISSED_RUNS = ['one', 'skip'] as const
export type MissedRuns = (typeof MISSED_RUNS)[number]
/** When a transfer is due and its last run is not over: no run this time, or one that waits. */
export const OVERLAPS = ['skip', 'queue'] as const
export type Overlap = (typeof OVERLAPS)[number]

/** Why a due time had no run of its own. */
export const SKIP_REASONS = ['missed', 'overlap', 'queue_full', 'connection_inactive', 'refused'] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

export interface QueueTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  name: string
  slug: string
  description: Generated<string>
  search_vector: GeneratedAlways<string>
}

export interface TransferTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  name: string
  description: string
  source_connection_id: number
  target_connection_id: number
  queue_id: number
  source_params: Json<SourceParams>
  target_params: Json<TargetParams>
  strategy_params: Json<StrategyParams>
  transformations: Json<Transformations>
  resources: Json<Resources>
  is_scheduled: boolean
  schedule: string
  timezone: string
  missed_runs: Generated<MissedRuns>
  overlap: Generated<Overlap>
  search_vector: GeneratedAlways<string>
}

/** How far a run has come, as `?view=full` shows it. */
export interface RunProgress {
  rows: number
  bytes: number
  total_rows: number | null
  total_bytes: number | null
  phase: string
  rows_per_second: number | null
  eta_seconds: number | null
}

/** What a job said just before it committed. */
export interface PreparedRun {
  rows: number
  mark?: string | undefined
  witness: boolean
}

export interface RunTable extends Times {
  id: GeneratedAlways<number>
  transfer_id: number
  group_id: number
  started_at: MaybeTime
  ended_at: MaybeTime
  status: Generated<RunStatus>
  type: Generated<RunType>
  log_url: string | null
  transfer_dump: ColumnType<Record<string, unknown>, string, string>
  queue_slug: string | null
  queued_at: MaybeTime
  lease_owner: string | null
  lease_until: MaybeTime
  attempts: Generated<number>
  engine: 'copy' | 'embedded' | 'spark' | null
  progress: ColumnType<RunProgress | null, string | null | undefined, string | null>
  prepared: ColumnType<PreparedRun | null, string | null | undefined, string | null>
  scheduled_for: MaybeTime
  error: string | null
  correlation_id: string | null
  created_by: number | null
}

export type LogLevel = 'info' | 'warning' | 'error'

export interface RunLogTable extends Times {
  run_id: number
  seq: number
  group_id: number
  at: Generated<Date>
  level: LogLevel
  message: string
}

export interface SkippedTable extends Times {
  transfer_id: number
  group_id: number
  scheduled_for: Date
  reason: SkipReason
  times: Generated<number>
  message: string
}

export interface MarkTable extends Times {
  transfer_id: number
  group_id: number
  name: string
  value: string
  run_id: number | null
}

export interface TransferTables extends ConnectTables {
  'transfer.queue': QueueTable
  'transfer.transfer': TransferTable
  'transfer.run': RunTable
  'transfer.run_log': RunLogTable
  'transfer.mark': MarkTable
  'transfer.skipped': SkippedTable
}
