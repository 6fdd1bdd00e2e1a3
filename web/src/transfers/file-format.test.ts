import { expect, test } from 'vitest'
import { defaultFormat, formatOf, splitPath } from './file-format.ts'

test('a file’s name tells its format and how it is packed', () => {
  expect(formatOf('orders.csv')).toMatchObject({ type: 'csv', delimiter: ',', compression: 'none' })
  expect(formatOf('orders.csv.gz')).toMatchObject({ type: 'csv', compression: 'gzip' })
  expect(formatOf('orders.TSV')).toMatchObject({ type: 'csv', delimiter: '\t' })
  expect(formatOf('events.ndjson')).toMatchObject({ type: 'jsonline' })
  expect(formatOf('flights-3m.parquet')).toEqual({ type: 'parquet', compression: 'snappy' })
  expect(formatOf('movies.json')).toMatchObject({ type: 'json' })
  expect(formatOf('csv')).toBeNull()
  expect(formatOf('readme.txt')).toBeNull()
})

test('every option is always sent, since the API’s own defaults are not people’s files', () => {
  expect(defaultFormat('csv')).toMatchObject({ include_header: true, compression: 'none' })
})

test('a path is parted into the folder and the file', () => {
  expect(splitPath('orders.csv')).toEqual({ directory_path: '/', file_name: 'orders.csv' })
  expect(splitPath('/in/2024/orders.csv')).toEqual({ directory_path: '/in/2024', file_name: 'orders.csv' })
})
