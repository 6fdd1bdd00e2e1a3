import { expect, test } from 'vitest'

import { CSV, jobOf } from '../testing.ts'
import type { Job } from '../job.ts'
import { runEmbedded } from './index.ts'
import { fileSource, fileTarget, JSON_LINES, testFolder } from './testing.ts'

const folder = testFolder()
const source = folder.write('people.csv', 'name,age\nAda,36\nGrace,85\nAlan,41\n')
const secret = folder.write('secret.csv', 'password\nhunter2\n')
const never = new AbortController().signal

function query(sql: string, target: string): Job {
  return jobOf(fileSource(source, CSV), fileTarget(folder.path(target), JSON_LINES, true), {
    transformations: [{ type: 'sql', query: sql }],
  })
}

test('SQL over the source answers the rows that are written', async () => {
  await runEmbedded(
    query('select name, age + 1 as next from source where age > 40 order by name -- done', 'ok.jsonl'),
    () => {},
    never,
  )
  expect(folder.read('ok.jsonl')).toBe('{"name":"Alan","next":42}\n{"name":"Grace","next":86}\n')
})

test('filters come before SQL, and a sum of whole numbers stays exact', async () => {
  const job = query('select sum(years) as total from source;', 'sum.jsonl')
  job.transformations = [
    { type: 'dataframe_columns_filter', filters: [{ type: 'rename', field: 'age', to: 'years' }] },
    ...job.transformations,
    { type: 'dataframe_rows_filter', filters: [{ type: 'less_than', field: 'age', value: '50' }] },
  ]
  await runEmbedded(job, () => {}, never)
  expect(folder.read('sum.jsonl')).toBe('{"total":77}\n')
})

const ESCAPES = [
  `select * from read_csv('${secret}')`,
  `select * from '${secret}'`,
  `select * from read_text('${secret}')`,
  `select * from read_blob('/etc/passwd')`,
  `select * from glob('/etc/*')`,
  `select * from parquet_metadata('${secret}')`,
  `select * from read_json('http://127.0.0.1:1/x.json')`,
  `select * from 'https://example.com/x.parquet'`,
  `select * from query('select * from read_csv(''${secret}'')')`,
  `select * from query_table(['${secret}'])`,
  `copy source to '${folder.path('stolen.csv')}'`,
  `select 1; copy source to '${folder.path('stolen.csv')}'`,
  `select 1) ; attach '${folder.path('stolen.duckdb')}' as x; select * from (select 2`,
  `attach '${folder.path('stolen.duckdb')}' as x`,
  'install httpfs',
  'load httpfs',
  'set enable_external_access = true',
  'pragma enable_external_access',
  "pragma add_parquet_key('a', 'b')",
  'reset lock_configuration',
  "select getenv('PATH')",
  'drop table source',
  "insert into source values ('Eve', 1)",
  'create table x as select 1',
  'call pragma_version()',
  'explain select 1',
  "export database '/tmp/x'",
  "select * from postgres_scan('', 'public', 'x')",
  'begin',
  '',
  'select',
  `select ${'1 + '.repeat(40_000)}1`,
]

test.each(ESCAPES)('SQL cannot get out of its rows: %s', async (sql) => {
  await expect(runEmbedded(query(sql, 'escape.jsonl'), () => {}, never)).rejects.toMatchObject({
    name: 'Fault',
    code: 'transfer.query_refused',
  })
  expect(() => folder.read('escape.jsonl')).toThrow(/ENOENT/)
  expect(() => folder.read('stolen.csv')).toThrow(/ENOENT/)
  expect(() => folder.read('stolen.duckdb')).toThrow(/ENOENT/)
})

test('SQL that never ends is stopped within two seconds', async () => {
  const stop = new AbortController()
  const run = runEmbedded(
    query('select count(*) as n from range(100000000) a, range(100000) b', 'long.jsonl'),
    () => {},
    stop.signal,
  )
  setTimeout(() => stop.abort(), 300)
  const began = Date.now()
  await expect(run).rejects.toThrow()
  expect(Date.now() - began).toBeLessThan(2_000)
})
