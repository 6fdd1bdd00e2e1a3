import type {
  ColumnFilter,
  EndParams,
  FileFilter,
  FileFormat,
  Resources,
  RowFilter,
  Transfer,
  TransferBody,
  Transformation,
} from '../api/transfers.ts'
import { defaultFormat } from './file-format.ts'

/** One end as the form holds it: all fields, whatever the connection's type asks for. */
export interface EndValues extends Record<string, unknown> {
  table_name: string
  directory_path: string
  file_name: string
  file_format: FileFormat
  file_name_template: string
  overwrite: boolean
  write: 'stage' | 'direct'
  /** Of a file store: what its driver is told besides. */
  options: Record<string, unknown>
}

/** The transfer's form. Names are the body's wherever they can be, so that the hub's 422 finds its field. */
export interface TransferValues extends Record<string, unknown> {
  name: string
  description: string
  queue_id: string | null
  source_connection_id: string | null
  target_connection_id: string | null
  source_params: EndValues
  target_params: EndValues
  file_filters: { type: FileFilter['type']; value: string }[]
  row_filters: RowFilter[]
  column_filters: ColumnFilter[]
  sql: string
  strategy_params: { type: 'full' | 'incremental'; increment_by: string }
  resources: Resources
  is_scheduled: boolean
  schedule: string
  timezone: string
  missed_runs: 'one' | 'skip'
  overlap: 'skip' | 'queue'
}

/** What a connection's type is for a transfer. */
export type EndKind = 'database' | 'file'

const TEMPLATE = '{run_created_at}-{index}.{extension}'

const FRESH_END: EndValues = {
  table_name: '',
  directory_path: '/',
  file_name: '',
  file_format: defaultFormat('csv'),
  file_name_template: TEMPLATE,
  overwrite: false,
  write: 'stage',
  options: {},
}

const FRESH_RESOURCES: Resources = {
  max_parallel_tasks: 1,
  cpu_cores_per_task: 1,
  ram_bytes_per_task: 2 ** 30,
}

export function freshValues(timezone: string): TransferValues {
  return {
    name: '',
    description: '',
    queue_id: null,
    source_connection_id: null,
    target_connection_id: null,
    source_params: { ...FRESH_END },
    target_params: { ...FRESH_END },
    file_filters: [],
    row_filters: [],
    column_filters: [],
    sql: '',
    strategy_params: { type: 'full', increment_by: '' },
    resources: { ...FRESH_RESOURCES },
    is_scheduled: false,
    schedule: '',
    timezone,
    missed_runs: 'one',
    overlap: 'skip',
  }
}

export function valuesOf(transfer: Transfer): TransferValues {
  const { strategy_params: strategy } = transfer
  return {
    name: transfer.name,
    description: transfer.description,
    queue_id: String(transfer.queue_id),
    source_connection_id: String(transfer.source_connection_id),
    target_connection_id: String(transfer.target_connection_id),
    source_params: endValues(transfer.source_params),
    target_params: endValues(transfer.target_params),
    file_filters: transfer.transformations.flatMap((one) =>
      one.type === 'file_metadata_filter'
        ? one.filters.map(({ type, value }) => ({ type, value: String(value) }))
        : [],
    ),
    row_filters: transfer.transformations.flatMap((one) =>
      one.type === 'dataframe_rows_filter' ? one.filters : [],
    ),
    column_filters: transfer.transformations.flatMap((one) =>
      one.type === 'dataframe_columns_filter' ? one.filters : [],
    ),
    sql: transfer.transformations.find((one) => one.type === 'sql')?.query ?? '',
    strategy_params: {
      type: strategy.type,
      increment_by: strategy.type === 'incremental' ? strategy.increment_by : '',
    },
    resources: { ...FRESH_RESOURCES, ...transfer.resources },
    is_scheduled: transfer.is_scheduled,
    schedule: transfer.schedule ?? '',
    timezone: transfer.timezone ?? 'UTC',
    missed_runs: transfer.missed_runs ?? 'one',
    overlap: transfer.overlap ?? 'skip',
  }
}

function endValues(params: EndParams): EndValues {
  return {
    ...FRESH_END,
    table_name: params.table_name ?? '',
    directory_path: params.directory_path ?? '/',
    file_name: params.file_name ?? '',
    file_format: params.file_format ?? FRESH_END.file_format,
    file_name_template: params.file_name_template ?? TEMPLATE,
    overwrite: params.overwrite ?? false,
    write: params.write ?? 'stage',
    options: params.options ?? {},
  }
}

/** Which of an end's fields are sent, by its connection's type and side. */
function endParams(type: string, kind: EndKind, side: 'source' | 'target', values: EndValues): EndParams {
  if (kind === 'database') {
    const table = { type, table_name: values.table_name.trim() }
    return side === 'target' && type === 'postgres' && values.write === 'direct'
      ? { ...table, write: 'direct' }
      : table
  }
  const place = {
    type,
    directory_path: values.directory_path.trim() || '/',
    file_format: values.file_format,
    ...(Object.keys(values.options).length > 0 && { options: values.options }),
  }
  // Other stores than the hub's own folder are read by folder; a filter on files narrows it.
  if (side === 'source' && type !== 'local') return place
  if (side === 'source')
    return values.file_name.trim() === '' ? place : { ...place, file_name: values.file_name.trim() }
  return {
    ...place,
    file_name_template: values.file_name_template.trim(),
    ...(type === 'local' && values.overwrite && { overwrite: true }),
  }
}

/** What a chosen connection is. */
export interface End {
  type: string
  kind: EndKind
}

export interface Ends {
  source: End
  target: End
}

/** What the form asks the hub for. `kept` holds what this form does not show and must not lose. */
export function bodyOf(values: TransferValues, groupId: number, ends: Ends, kept?: Transfer): TransferBody {
  const strategy = values.strategy_params
  return {
    group_id: groupId,
    queue_id: Number(values.queue_id),
    source_connection_id: Number(values.source_connection_id),
    target_connection_id: Number(values.target_connection_id),
    name: values.name.trim(),
    description: values.description,
    source_params: endParams(ends.source.type, ends.source.kind, 'source', values.source_params),
    target_params: endParams(ends.target.type, ends.target.kind, 'target', values.target_params),
    strategy_params:
      strategy.type === 'full'
        ? { type: 'full' }
        : { type: 'incremental', increment_by: strategy.increment_by.trim() },
    transformations: transformationsOf(values, ends.source.kind, kept),
    resources: values.resources,
    is_scheduled: values.is_scheduled,
    schedule: values.schedule.trim(),
    timezone: values.timezone,
    missed_runs: values.missed_runs,
    overlap: values.overlap,
  }
}

function transformationsOf(
  values: TransferValues,
  source: EndKind,
  kept: Transfer | undefined,
): Transformation[] {
  const rows = values.row_filters.filter(({ field }) => field.trim() !== '')
  const columns = values.column_filters.filter(({ field }) => field.trim() !== '')
  const files = source === 'file' ? values.file_filters.filter(({ value }) => value.trim() !== '') : []
  const sql = kept?.transformations.find((one) => one.type === 'sql')
  return [
    ...(files.length > 0
      ? [{ type: 'file_metadata_filter' as const, filters: files.map(sentFileFilter) }]
      : []),
    ...(rows.length > 0 ? [{ type: 'dataframe_rows_filter' as const, filters: rows }] : []),
    ...(columns.length > 0 ? [{ type: 'dataframe_columns_filter' as const, filters: columns }] : []),
    ...(values.sql.trim() === ''
      ? []
      : [
          {
            type: 'sql' as const,
            query: values.sql.trim(),
            ...(sql?.dialect !== undefined && { dialect: sql.dialect }),
          },
        ]),
  ]
}

/** A size that is only digits is a number of bytes. */
function sentFileFilter({ type, value }: TransferValues['file_filters'][number]): FileFilter {
  const text = value.trim()
  return { type, value: type.startsWith('file_size') && /^\d+$/.test(text) ? Number(text) : text }
}
