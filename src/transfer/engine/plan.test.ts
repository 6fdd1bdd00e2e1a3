import { expect, test } from 'vitest'

import type { FileFormat, Job } from './job.ts'
import { chooseRoute } from './plan.ts'
import { CSV, jobOf, tableSource, tableTarget } from './testing.ts'

const url = 'postgres://ada@127.0.0.1/shop'
const table = tableSource(url, 'orders')
const target = tableTarget(url, 'orders')
const parquet: FileFormat = { type: 'parquet', compression: 'snappy' }
const file = (format: FileFormat) => ({ type: 'file' as const, paths: ['/in'], format })
const out = (format: FileFormat) => ({ type: 'file' as const, path: '/out', format, overwrite: false })
const filter: Job['transformations'] = [
  { type: 'dataframe_rows_filter', filters: [{ type: 'is_null', field: 'a' }] },
]
const sql: Job['transformations'] = [{ type: 'sql', query: 'select 1' }]

test.each([
  ['table to table', jobOf(table, target), 'copy', /server to server/],
  [
    'table to table with filters',
    jobOf(table, target, { transformations: filter }),
    'copy',
    /server to server/,
  ],
  [
    'table to table with SQL',
    jobOf(table, target, { transformations: sql }),
    'embedded',
    /SQL transformation/,
  ],
  [
    'an increment of a table',
    jobOf(table, target, { strategy: { type: 'incremental', column: 'a' } }),
    'copy',
    /server/,
  ],
  ['CSV to table', jobOf(file(CSV), target), 'copy', /COPY … FROM/],
  ['packed CSV to table', jobOf(file({ ...CSV, compression: 'gzip' }), target), 'copy', /COPY … FROM/],
  ['CSV packed by zstd', jobOf(file({ ...CSV, compression: 'zstd' }), target), 'embedded', /packed by zstd/],
  [
    'CSV in another encoding',
    jobOf(file({ ...CSV, encoding: 'cp1251' }), target),
    'embedded',
    /is in cp1251/,
  ],
  ['CSV with a long delimiter', jobOf(file({ ...CSV, delimiter: '||' }), target), 'embedded', /delimiter/],
  ['CSV with filters', jobOf(file(CSV), target, { transformations: filter }), 'embedded', /filtered/],
  ['table to CSV', jobOf(table, out(CSV)), 'copy', /COPY … TO/],
  [
    'table to CSV with other line ends',
    jobOf(table, out({ ...CSV, line_sep: '\r\n' })),
    'embedded',
    /lines end/,
  ],
  ['Parquet to table', jobOf(file(parquet), target), 'embedded', /parquet/],
  ['table to Parquet', jobOf(table, out(parquet)), 'embedded', /parquet/],
  ['file to file', jobOf(file(CSV), out(parquet)), 'embedded', /neither side/],
] as const)('%s goes its way and says why', (_name, job, route, why) => {
  const choice = chooseRoute(job)
  expect(choice.route).toBe(route)
  expect(choice.why.join(' ')).toMatch(why)
})
