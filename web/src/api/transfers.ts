import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Page } from './page.ts'
import type { RunStatus } from './runs.ts'

export interface FileFormat {
  type: string
  compression?: string
  delimiter?: string
  encoding?: string
  quote?: string
  escape?: string
  include_header?: boolean
  line_sep?: string
  /** Of Excel: where the table begins. */
  start_cell?: string | null
  /** Of XML. */
  root_tag?: string
  row_tag?: string
}

/** Source or target beside its connection; which fields count is the type's matter. */
export interface EndParams {
  type: string
  table_name?: string
  directory_path?: string
  file_name?: string
  file_format?: FileFormat
  file_name_template?: string
  overwrite?: boolean
  write?: 'stage' | 'direct'
  options?: Record<string, unknown>
}

export interface RowFilter {
  type: string
  field: string
  value?: string
}

export interface ColumnFilter {
  type: 'include' | 'rename' | 'cast'
  field: string
  to?: string
  as_type?: string
}

export const FILE_FILTERS = ['name_glob', 'name_regexp', 'file_size_min', 'file_size_max'] as const

export interface FileFilter {
  type: (typeof FILE_FILTERS)[number]
  /** A pattern; of the sizes a number of bytes, or a text such as `1GiB`. */
  value: string | number
}

export interface Resources {
  max_parallel_tasks: number
  cpu_cores_per_task: number
  ram_bytes_per_task: number | string
}

export type Transformation =
  | { type: 'dataframe_rows_filter'; filters: RowFilter[] }
  | { type: 'dataframe_columns_filter'; filters: ColumnFilter[] }
  | { type: 'file_metadata_filter'; filters: FileFilter[] }
  | { type: 'sql'; query: string; dialect?: string }

export type Strategy = { type: 'full' } | { type: 'incremental'; increment_by: string }

export interface TransferBody {
  group_id: number
  queue_id: number
  source_connection_id: number
  target_connection_id: number
  name: string
  description: string
  source_params: EndParams
  target_params: EndParams
  strategy_params: Strategy
  transformations: Transformation[]
  resources?: Resources
  is_scheduled: boolean
  schedule: string
  timezone?: string
  missed_runs?: 'one' | 'skip'
  overlap?: 'skip' | 'queue'
}

export interface Transfer extends TransferBody {
  id: number
  created_at?: string
  updated_at?: string
  last_run?: { id: number; status: RunStatus; started_at: string | null; ended_at: string | null } | null
  next_runs?: string[]
  schedule_problem?: string | null
  last_skipped?: SkippedTime | null
}

/** A due time that had no run of its own. */
export interface SkippedTime {
  scheduled_for: string
  reason: 'missed' | 'overlap' | 'queue_full' | 'connection_inactive' | 'refused'
  times: number
  message: string
}

export interface Explanation {
  route: string
  why: string[]
  columns: { name: string; sourceType: string; targetType: string; note?: string }[]
  steps: string[]
  preview?: { columns: string[]; rows: (string | null)[][] }
  estimatedRows?: number
}

export interface TransferFilter {
  group_id: number
  page: number
  search_query?: string
  queue_id?: number | undefined
  is_scheduled?: boolean | undefined
  source_connection_id?: number | undefined
  target_connection_id?: number | undefined
  source_connection_type?: readonly string[]
  target_connection_type?: readonly string[]
  sort?: string
  page_size?: number
}

export const transferPageQuery = (query: TransferFilter) =>
  queryOptions({
    queryKey: ['transfers', 'page', query],
    queryFn: ({ signal }) =>
      request<Page<Transfer>>('GET', '/v1/transfers', { query: { ...query, view: 'full' }, signal }),
    placeholderData: (previous) => previous,
  })

export const transferQuery = (id: number) =>
  queryOptions({
    queryKey: ['transfers', 'one', id],
    queryFn: ({ signal }) =>
      request<Transfer>('GET', `/v1/transfers/${id}`, { query: { view: 'full' }, signal }),
  })

export const explainQuery = (id: number, rows: number) =>
  queryOptions({
    queryKey: ['transfers', 'explain', id, rows],
    queryFn: ({ signal }) =>
      request<Explanation>('GET', `/v1/transfers/${id}/explain`, { query: { rows }, signal }),
    retry: false,
    staleTime: 0,
  })

export const explainUnsaved = (body: TransferBody & { rows?: number }) =>
  request<Explanation>('POST', '/v1/transfers/explain', { body })

export const createTransfer = (body: TransferBody) =>
  request<Transfer>('POST', '/v1/transfers', { query: { view: 'full' }, body })

export const changeTransfer = (id: number, body: TransferBody) =>
  request<Transfer>('PUT', `/v1/transfers/${id}`, { query: { view: 'full' }, body })

export const deleteTransfer = (id: number) => request<void>('DELETE', `/v1/transfers/${id}`)

export interface TransferCopy {
  new_group_id: number
  new_queue_id: number
  new_name?: string
  new_source_connection_name?: string
  new_target_connection_name?: string
  remove_source: boolean
}

export const copyTransfer = (id: number, body: TransferCopy) =>
  request<Transfer>('POST', `/v1/transfers/${id}/copy_transfer`, { body })
