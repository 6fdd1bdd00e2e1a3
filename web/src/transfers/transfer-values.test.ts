import { expect, test } from 'vitest'
import type { Transfer } from '../api/transfers.ts'
import { bodyOf, type Ends, freshValues, valuesOf } from './transfer-values.ts'

const ends: Ends = { source: { type: 'postgres', kind: 'database' }, target: { type: 'local', kind: 'file' } }

const transfer: Transfer = {
  id: 9,
  group_id: 1,
  queue_id: 2,
  source_connection_id: 3,
  target_connection_id: 4,
  name: 'Orders out',
  description: 'nightly',
  source_params: { type: 'postgres', table_name: 'public.orders' },
  target_params: {
    type: 'local',
    directory_path: '/out',
    file_format: { type: 'parquet', compression: 'snappy' },
    file_name_template: '{run_id}-{index}.{extension}',
    overwrite: true,
    options: { kept: true },
  },
  strategy_params: { type: 'incremental', increment_by: 'updated_at' },
  transformations: [
    { type: 'file_metadata_filter', filters: [{ type: 'name_glob', value: '*.x' }] },
    { type: 'dataframe_rows_filter', filters: [{ type: 'is_null', field: 'a' }] },
    { type: 'dataframe_columns_filter', filters: [{ type: 'rename', field: 'a', to: 'b' }] },
    { type: 'sql', query: 'select 1' },
  ],
  resources: { max_parallel_tasks: 2 },
  is_scheduled: true,
  schedule: '0 3 * * *',
  timezone: 'Asia/Shanghai',
}

test('a transfer that is opened and saved as it is stays as it was', () => {
  const { id: _id, ...body } = transfer
  expect(bodyOf(valuesOf(transfer), 1, ends, transfer)).toEqual(body)
})

test('each side sends only what its kind of connection knows', () => {
  const values = freshValues('UTC')
  values.source_params.table_name = ' public.a '
  values.target_params.directory_path = ''
  const body = bodyOf(values, 1, ends)
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
