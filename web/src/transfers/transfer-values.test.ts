import { expect, test } from 'vitest'
import type { Transfer } from '../api/transfers.ts'
import { bodyOf, type Ends, freshValues, valuesOf } from './transfer-values.ts'

const ends: Ends = { source: { type: 's3', kind: 'file' }, target: { type: 'local', kind: 'file' } }

const transfer: Transfer = {
  id: 9,
  group_id: 1,
  queue_id: 2,
  source_connection_id: 3,
  target_connection_id: 4,
  name: 'Orders out',
  description: 'nightly',
  source_params: {
    type: 's3',
    directory_path: '/in',
    file_format: { type: 'xml', root_tag: 'rows', row_tag: 'row', compression: 'none' },
    options: { kept: 'yes' },
  },
  target_params: {
    type: 'local',
    directory_path: '/out',
    file_format: { type: 'parquet', compression: 'snappy' },
    file_name_template: '{run_id}-{index}.{extension}',
    overwrite: true,
  },
  strategy_params: { type: 'incremental', increment_by: 'updated_at' },
  transformations: [
    {
      type: 'file_metadata_filter',
      filters: [
        { type: 'name_glob', value: '*.x' },
        { type: 'file_size_min', value: 1024 },
        { type: 'file_size_max', value: '1GiB' },
      ],
    },
    { type: 'dataframe_rows_filter', filters: [{ type: 'is_null', field: 'a' }] },
    { type: 'dataframe_columns_filter', filters: [{ type: 'rename', field: 'a', to: 'b' }] },
    { type: 'sql', query: 'select 1', dialect: 'duckdb' },
  ],
  resources: { max_parallel_tasks: 2, cpu_cores_per_task: 1, ram_bytes_per_task: '2GiB' },
  is_scheduled: true,
  schedule: '0 3 * * *',
  timezone: 'Asia/Shanghai',
  missed_runs: 'skip',
  overlap: 'queue',
}

test('a transfer that is opened and saved as it is stays as it was', () => {
  const { id: _id, ...body } = transfer
  expect(bodyOf(valuesOf(transfer), 1, ends, transfer)).toEqual(body)
})

test('each side sends only what its kind of connection knows', () => {
  const values = freshValues('UTC')
  values.source_params.table_name = ' public.a '
  values.target_params.directory_path = ''
  const body = bodyOf(values, 1, { ...ends, source: { type: 'postgres', kind: 'database' } })
  expect(body.source_params).toEqual({ type: 'postgres', table_name: 'public.a' })
  expect(Object.keys(body.target_params).toSorted()).toEqual([
    'directory_path',
    'file_format',
    'file_name_template',
    'type',
  ])
  expect(body.target_params.directory_path).toBe('/')
})

test('half-written conditions are not sent', () => {
  const values = freshValues('UTC')
  values.row_filters = [{ type: 'equal', field: ' ', value: '1' }]
  expect(bodyOf(values, 1, ends).transformations).toEqual([])
})
