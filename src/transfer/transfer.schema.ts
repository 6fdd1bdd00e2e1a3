/** The body of a transfer: SyncMaster's shapes and sentences, and a few fields of our own. */
import { type Static, Type } from 'typebox'
import type { RowFilter } from '#engine'
import type { Misfit } from '#http'
import { Id } from '#http'
import { FILE_TYPES, SourceParamsSchema, TargetParamsSchema } from './params.schema.ts'
import { cronProblem, timezoneProblem } from './schedule.ts'
import { MISSED_RUNS, OVERLAPS } from './tables.ts'

export type { FileFormatParams, SourceParams, TargetParams } from './params.schema.ts'

const byType = { discriminator: { propertyName: 'type' } }

const StrategySchema = Type.Union(
  [
    Type.Object({ type: Type.Literal('full') }),
    Type.Object({
      type: Type.Literal('incremental'),
      increment_by: Type.String({ minLength: 1, maxLength: 256 }),
    }),
  ],
  { ...byType, default: { type: 'full' } },
)
export type StrategyParams = Static<typeof StrategySchema>

const Field = Type.String()
const NULLNESS = ['is_null', 'is_not_null'] as const
const COMPARISONS = [
  'equal',
  'not_equal',
  'greater_than',
  'greater_or_equal',
  'less_than',
  'less_or_equal',
  'like',
  'ilike',
  'not_like',
  'not_ilike',
  'regexp',
] as const

// Unsafe: a union of mapped members has no static type of its own.
const RowFilters = Type.Unsafe<RowFilter>(
  Type.Union(
    [
      ...NULLNESS.map((type) => Type.Object({ type: Type.Literal(type), field: Field })),
      ...COMPARISONS.map((type) =>
        Type.Object({ type: Type.Literal(type), field: Field, value: Type.String() }),
      ),
    ],
    byType,
  ),
)
const ColumnFilters = Type.Union(
  [
    Type.Object({ type: Type.Literal('include'), field: Field }),
    Type.Object({ type: Type.Literal('rename'), field: Field, to: Type.String() }),
    Type.Object({ type: Type.Literal('cast'), field: Field, as_type: Type.String() }),
  ],
  byType,
)

/** A number of bytes, or a text that says one: `1GiB`; read as the number. */
const byteSize = (least: number, most: number, more: { default?: number } = {}) =>
  Type.Union(
    [
      Type.Integer({ minimum: least, maximum: most }),
      Type.String({ pattern: String.raw`^\s*(\d*\.?\d+)\s*(\w+)?` }),
    ],
    { convert: readBytes, ...more },
  )

/** In Pydantic's words, as its `ByteSize` has them. */
function readBytes(value: unknown) {
  if (typeof value !== 'string') return { value }
  const [, count, unit = ''] = /^\s*(\d*\.?\d+)\s*(\w+)?/.exec(value) ?? []
  if (count === undefined) {
    const message = 'could not parse value and unit from byte string'
    return { code: 'byte_size', message, context: {} }
  }
  const bytes = bytesOf(`${count}${unit}`)
  const message = `could not interpret byte unit: ${unit}`
  return bytes === null ? { code: 'byte_size_unit', message, context: { unit } } : { value: bytes }
}

const FileFilters = Type.Union(
  [
    Type.Object({
      type: Type.Literal('name_glob'),
      value: Type.String({
        maxLength: 1024,
        check: (text: string) => (/[*?[]/.test(text) ? null : `Invalid glob: '${text}'`),
      }),
    }),
    Type.Object({
      type: Type.Literal('name_regexp'),
      value: Type.String({
        maxLength: 1024,
        check: (text: string) => (isRegexp(text) ? null : `Invalid regexp: '${text}'`),
      }),
    }),
    Type.Object({ type: Type.Literal('file_size_min'), value: byteSize(0, Number.MAX_SAFE_INTEGER) }),
    Type.Object({ type: Type.Literal('file_size_max'), value: byteSize(0, Number.MAX_SAFE_INTEGER) }),
  ],
  byType,
)

const filters = { maxItems: 1000, default: [] }
const TransformationsSchema = Type.Array(
  Type.Union(
    [
      Type.Object({ type: Type.Literal('dataframe_rows_filter'), filters: Type.Array(RowFilters, filters) }),
      Type.Object({
        type: Type.Literal('dataframe_columns_filter'),
        filters: Type.Array(ColumnFilters, filters),
      }),
      Type.Object({ type: Type.Literal('file_metadata_filter'), filters: Type.Array(FileFilters, filters) }),
      Type.Object({
        type: Type.Literal('sql'),
        query: Type.String({
          maxLength: 100_000,
          check: (query: string) =>
            /^\s*(select|with)\b/i.test(query)
              ? null
              : `Query must be a SELECT statement, got '${query.slice(0, 80)}'`,
        }),
        dialect: Type.Enum(['spark', 'duckdb'], { default: 'spark' }),
      }),
    ],
    byType,
  ),
  { maxItems: 100, default: [] },
)
export type Transformations = Static<typeof TransformationsSchema>

const GIB = 2 ** 30
const ResourcesSchema = Type.Object(
  {
    max_parallel_tasks: Type.Integer({ minimum: 1, maximum: 100, default: 1 }),
    cpu_cores_per_task: Type.Integer({ minimum: 1, maximum: 32, default: 1 }),
    ram_bytes_per_task: byteSize(GIB / 2, 64 * GIB, { default: GIB }),
  },
  { default: { max_parallel_tasks: 1, cpu_cores_per_task: 1, ram_bytes_per_task: GIB } },
)
export interface Resources {
  max_parallel_tasks: number
  cpu_cores_per_task: number
  ram_bytes_per_task: number
}

const Schedule = Type.Union([Type.String({ maxLength: 32 }), Type.Null()], {
  default: null,
  description: 'A cron line of five fields, or a nickname as @daily. Read only when is_scheduled.',
})

export const Timezone = (description: string) =>
  Type.String({ maxLength: 64, description, check: timezoneProblem })

/** Ours beside SyncMaster's. A client that does not know them leaves them out, and they stay as they are. */
const Policies = {
  timezone: Type.Optional(Timezone('IANA name, of the schedule. UTC at first.')),
  missed_runs: Type.Optional(
    Type.Enum([...MISSED_RUNS], {
      description:
        'After a time without a worker: `one` run for all that was missed (at first), or `skip` them.',
    }),
  ),
  overlap: Type.Optional(
    Type.Enum([...OVERLAPS], {
      description:
        'When it is due and its last run is not over: `skip` this time (at first), or `queue` a run.',
    }),
  ),
}

const fields = {
  group_id: Id,
  queue_id: Id,
  source_connection_id: Id,
  target_connection_id: Id,
  name: Type.String({ minLength: 3, maxLength: 128 }),
  description: Type.String({ maxLength: 512, default: '' }),
  source_params: SourceParamsSchema,
  target_params: TargetParamsSchema,
  strategy_params: StrategySchema,
  transformations: TransformationsSchema,
  resources: ResourcesSchema,
  is_scheduled: Type.Boolean({ default: false }),
  schedule: Schedule,
  ...Policies,
}

export const TransferBody = Type.Object(fields, { check: bodyProblem })
/** Rows are bounded by the route, which knows the operator's limit. */
export const ExplainBody = Type.Object(
  { ...fields, rows: Type.Integer({ minimum: 0, maximum: 1000, default: 0 }) },
  { check: bodyProblem },
)
export type TransferBody = Static<typeof TransferBody>

/** The rules between fields, one sentence at a time. */
function bodyProblem(body: TransferBody): string | Misfit | null {
  const { source_params: source, strategy_params: strategy, is_scheduled: isScheduled, schedule } = body
  if (isScheduled && (schedule === null || schedule === '')) {
    return 'If transfer must be scheduled then set schedule'
  }
  const sentence = isScheduled && schedule !== null ? cronProblem(schedule) : null
  if (sentence !== null) return { field: 'schedule', sentence }
  if (strategy.type === 'full' || !FILE_TYPES.includes(source.type)) return null
  if (source.type === 's3' || source.type === 'hdfs') {
    return 'S3 and HDFS sources do not support incremental strategy for now'
  }
  return ['file_modified_since', 'file_name'].includes(strategy.increment_by)
    ? null
    : "Field 'increment_by' must be equal to 'file_modified_since' or 'file_name' for file source types"
}

const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: GIB,
  tib: 2 ** 40,
}

/** `1GiB` in bytes; null when the text says no size. */
export function bytesOf(size: string | number): number | null {
  if (typeof size === 'number') return size
  const [, count, unit = ''] = /^\s*(\d*\.?\d+)\s*(\w*)\s*$/.exec(size) ?? []
  const factor = UNITS[unit.toLowerCase()]
  return count === undefined || factor === undefined ? null : Math.round(Number(count) * factor)
}

function isRegexp(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
