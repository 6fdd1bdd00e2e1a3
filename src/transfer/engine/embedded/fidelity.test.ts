import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { jobOf, leftovers, rowsOf, tableSource, tableTarget } from '../testing.ts'
import { runEmbedded } from './index.ts'
import { duckRows, fileSource, fileTarget, JSON_LINES, PARQUET, testFolder } from './testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client
const folder = testFolder()
const quiet = () => {}
const never = new AbortController().signal

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('embedded')
  client = await server.connect('embedded')
  await client.query(`set timezone to 'UTC'; create type mood as enum ('sad', 'ok, fine', 'ha"ppy');
    create type point3 as (x int, "y y" text); create domain even as int check (value % 2 = 0)`)
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

const nasty = String.raw`E'tab\t nl\n cr\r quote\' dq" back\\\\slash \\N , ; 😀 \u00e9 \x01'`

/** Ordinary, extreme and awkward values of each type; every one has to come back from Parquet as it was. */
const TYPES: Record<string, string[]> = {
  boolean: ['true', 'false'],
  smallint: ['-32768', '32767', '0'],
  integer: ['-2147483648', '2147483647'],
  bigint: ["'-9223372036854775808'", '9223372036854775807'],
  'numeric(15,2)': ['-9999999999999.99', '0.01', '0', '123456.70'],
  'numeric(18,0)': ['-999999999999999999', '999999999999999999', '9007199254740993'],
  'numeric(18,18)': ['0.123456789012345678', '-0.000000000000000001'],
  'numeric(38,10)': ['-1234567890123456789012345678.0123456789', '0.5'],
  'numeric(4,1)': ['-999.9', '0.1'],
  'numeric(9,4)': ['12345.6789', '-0.0001'],
  'numeric(12,3)': ["'NaN'", '1.250'],
  'numeric(60,2)': ['1234567890123456789012345678901234567890123456789012345678.99', "'NaN'"],
  numeric: ["'NaN'", "'Infinity'", '123456789012345678901234567890.123456789012345678901234567890', '1.500'],
  real: ["'NaN'", "'-Infinity'", '1.1754944e-38', '0.1', "'-0'"],
  'double precision': ["'NaN'", "'Infinity'", '0.1::float8 + 0.2', '5e-324', '1.7976931348623157e308'],
  money: ['-92233720368547758.08', '0.01'],
  text: [nasty, "''", "'NULL'", "'  '", "'\\N'", "repeat('é😀', 40000)"],
  'character varying(7)': ["'😀é ab'", "''", "'abc    '"],
  'character(5)': ["'ab'", "''", "'abcde'"],
  bytea: [String.raw`'\x00ff0a0d5c27'`, "''", "decode(repeat('00ff', 70000), 'hex')"],
  date: ["'2024-02-29'", "'1999-12-31'", "'0001-01-01'", "'9999-12-31'"],
  'date ': ["'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'"],
  timestamp: ["'2024-02-29 23:59:59.123456'", "'1969-12-31 23:59:59.999999'"],
  'timestamp ': ["'infinity'", "'4713-01-01 00:00:00 BC'", "'294276-12-31 23:59:59.999999'"],
  timestamptz: ["'2024-02-29 23:59:59.123456+05:30'", "'1900-01-01 00:00:00+00'"],
  'timestamptz ': ["'-infinity'", "'0044-03-15 12:00:00+00 BC'"],
  'timestamp(0)': ["'2024-02-29 23:59:59'"],
  time: ["'24:00:00'", "'00:00:00.000001'"],
  timetz: ["'24:00:00+15:59'", "'10:00:00.5-03:30'"],
  interval: ["'1 year 2 mons -3 days 04:05:06.000007'", "'-178000000 years'"],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
  json: [String.raw`'{"a" : 1.10, "a":2, "b":"\u00e9 \\n"}'`, "'null'"],
  jsonb: [String.raw`'{"a": 12345678901234567890.12345678901234567890, "k": [1, null, "x"]}'`, '\'"text"\''],
  'integer[]': ["'{1,NULL,-3}'", "'{}'"],
  'integer[] ': ["'{{1,2},{3,4}}'", "'[0:1]={7,8}'"],
  'text[]': [String.raw`array['NULL', null, 'a"b', 'c\d', '{}', '', 'e,f', '😀']`],
  'numeric[]': ["'{1.50,NaN,NULL}'"],
  mood: ["'ok, fine'", `'ha"ppy'`],
  point3: [`row(1, 'a "b", c')`],
  even: ['2', '-4'],
  inet: ["'192.168.0.1/24'", "'::1'"],
  int4range: ["'[1,10)'", "'empty'"],
  'bit(3)': ["B'101'"],
  'bit varying': ["B''", "B'1011'"],
  xml: ['\'<a b="c">d</a>\''],
  tsvector: ["'''it''''s'':1A cat:2'"],
  oid: ['4294967295'],
  point: ["'(1.5,-2)'"],
}

async function makeTable(name: string): Promise<string[]> {
  const types = Object.entries(TYPES)
  await client.query(
    `drop table if exists ${name}; create table ${name} (k int, ${types.map(([type], index) => `c${index} ${type}`).join(', ')})`,
  )
  const most = Math.max(...types.map(([, values]) => values.length))
  for (let row = 0; row <= most; row++) {
    // The row past the last value is NULL in every column.
    const values = types.map(([type, all]) => (all[row] === undefined ? 'null' : `(${all[row]})::${type}`))
    await client.query(`insert into ${name} values (${row}, ${values.join(', ')})`)
  }
  return rowsOf(client, name)
}

test('every type comes back from Parquet exactly, without the extension', async () => {
  const rows = await makeTable('every')
  const file = folder.path('every.parquet')
  await runEmbedded(jobOf(tableSource(url, 'every'), fileTarget(file, PARQUET)), quiet, never)
  await client.query('create table back (like every)')
  await runEmbedded(jobOf(fileSource(file, PARQUET), tableTarget(url, 'back')), quiet, never)
  expect(await rowsOf(client, 'back')).toEqual(rows)
  expect(await leftovers(client)).toEqual([])
})

test('binary rows and CSV rows are the same', async () => {
  const types = [
    'boolean',
    'smallint',
    'integer',
    'bigint',
    'numeric(15,2)',
    'numeric(38,10)',
    'numeric(18,18)',
    'real',
    'double precision',
    'text',
    'character(5)',
    'bytea',
    'date',
    'timestamp',
    'timestamptz',
    'time',
    'uuid',
    'jsonb',
  ]
  const list = types.map((type) => `c${Object.keys(TYPES).indexOf(type)}`).join(', ')
  const file = folder.path('same.parquet')
  await client.query(
    `create table binary_part as select ${list} from every; create table by_binary (like binary_part); create table by_csv (like binary_part); alter table by_csv add mood mood`,
  )
  await runEmbedded(jobOf(tableSource(url, 'binary_part'), fileTarget(file, PARQUET)), quiet, never)
  await runEmbedded(jobOf(fileSource(file, PARQUET), tableTarget(url, 'by_binary')), quiet, never)
  // One column without a binary form sends all as CSV.
  const withMood = folder.path('with-mood.parquet')
  await duckRows(`copy (select *, 'sad' as mood from '${file}') to '${withMood}'`)
  await runEmbedded(jobOf(fileSource(withMood, PARQUET), tableTarget(url, 'by_csv')), quiet, never)
  await client.query('alter table by_csv drop mood')
  expect(await rowsOf(client, 'by_binary')).toEqual(await rowsOf(client, 'binary_part'))
  expect(await rowsOf(client, 'by_csv')).toEqual(await rowsOf(client, 'binary_part'))
})

test('values that JSON has no form for are refused by the name of their column', async () => {
  await client.query(
    `create table floats as select 'NaN'::float8 as ratio; create table digits as select '{"x": 0.12345678901234567890}'::jsonb as doc`,
  )
  const file = folder.path('refused.jsonl')
  await expect(
    runEmbedded(jobOf(tableSource(url, 'floats'), fileTarget(file, JSON_LINES)), quiet, never),
  ).rejects.toThrow(/column "ratio" cannot be written as JSON/)
  await expect(
    runEmbedded(jobOf(tableSource(url, 'digits'), fileTarget(file, JSON_LINES)), quiet, never),
  ).rejects.toThrow(/column "doc" cannot be written as JSON/)
  expect(() => folder.read('refused.jsonl')).toThrow(/ENOENT/)
})

test('a new table gets types that hold the values of Parquet', async () => {
  const file = folder.path('types.parquet')
  await duckRows(`copy (select 18446744073709551615::ubigint as u, 1::utinyint as tiny, [1, null, 3] as list, ['a"b', 'NULL', null] as texts,
    {'a': 1, 'b': 'x', 'd': 1234567890123456.78::decimal(18,2)} as struct, map {'k': 1.50::decimal(5,2)} as map, '\\xAA\\x00'::blob as bytes, uuid '45b25bd4-9ccb-49ef-8170-350818f12a37' as id,
    12345678901234567890123456789012345.678::decimal(38,3) as wide, [[1], [2, 3]] as nested, 'x'::enum('x', 'y') as word, 1.5::float as f) to '${file}'`)
  await runEmbedded(jobOf(fileSource(file, PARQUET), tableTarget(url, 'typed')), quiet, never)
  const { rows } = await client.query<{ column_name: string; type: string }>(
    `select attname as column_name, format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = 'typed'::regclass and attnum > 0 order by attnum`,
  )
  expect(Object.fromEntries(rows.map((row) => [row.column_name, row.type]))).toEqual({
    u: 'numeric(20,0)',
    tiny: 'smallint',
    list: 'integer[]',
    texts: 'text[]',
    struct: 'jsonb',
    map: 'jsonb',
    bytes: 'bytea',
    id: 'uuid',
    wide: 'numeric(38,3)',
    nested: 'jsonb',
    word: 'text',
    f: 'real',
  })
  expect(await rowsOf(client, 'typed')).toEqual([
    String.raw`(18446744073709551615,1,"{1,NULL,3}","{""a\\""b"",""NULL"",NULL}","{""a"": 1, ""b"": ""x"", ""d"": 1234567890123456.78}","{""k"": 1.5}","\\xaa00",45b25bd4-9ccb-49ef-8170-350818f12a37,12345678901234567890123456789012345.678,"[[1], [2, 3]]",x,1.5)`,
  ])
})

test('a value that the target would round is refused with its column, and the table is as it was', async () => {
  await client.query(
    `create table narrow (price numeric(10,2), at timestamp(0), small smallint, ratio real); insert into narrow values (1, now(), 1, 1)`,
  )
  const before = await rowsOf(client, 'narrow')
  const tries: [string, RegExp][] = [
    [
      "1.005::decimal(10,3) as price, timestamp '2020-01-01' as at, 1 as small, 1::float as ratio",
      /column "price" cannot hold 1\.005 exactly: it is numeric\(10,2\)/,
    ],
    [
      "1::decimal(10,3) as price, timestamp '2020-01-01 00:00:00.5' as at, 1 as small, 1::float as ratio",
      /column "at" cannot hold/,
    ],
    ['1::decimal(10,3) as price, null::timestamp as at, 70000 as small, 1::float as ratio', /70000/],
    [
      '1::decimal(10,3) as price, null::timestamp as at, 1 as small, 0.1::double as ratio',
      /column "ratio" cannot hold 0\.1/,
    ],
  ]
  for (const [index, [columns, sentence]] of tries.entries()) {
    const file = folder.path(`narrow${index}.parquet`)
    await duckRows(`copy (select ${columns}) to '${file}'`)
    await expect(
      runEmbedded(jobOf(fileSource(file, PARQUET), tableTarget(url, 'narrow')), quiet, never),
    ).rejects.toThrow(sentence)
  }
  expect(await rowsOf(client, 'narrow')).toEqual(before)
  expect(await leftovers(client)).toEqual([])
})
