import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { EngineEvent } from '../job.ts'
import { explain } from '../explain.ts'
import { jobOf, rowsOf, runHere, tableSource, tableTarget } from '../testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client
/** A second database of the same server, which lacks the first one's own types. */
let farUrl: string
let far: pg.Client

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('near')
  farUrl = await server.createDatabase('far')
  client = await server.connect('near')
  far = await server.connect('far')
  await client.query(`create type mood as enum ('sad', 'ok, fine', 'ha"ppy');
    create type point3 as (x int, "y y" text, z numeric[]);
    create domain even as int check (value % 2 = 0);
    create type span as range (subtype = text)`)
})
afterAll(async () => {
  await client.end()
  await far.end()
  await server.stop()
})

const nasty = String.raw`E'tab\t nl\n cr\r quote\' dq" back\\\\slash \\N \\. , ; 😀 \u00e9 \x01'`

/** Every built-in type with its ordinary, extreme and awkward values. All of these travel in binary form. */
const BUILT_IN: Record<string, string[]> = {
  smallint: ['-32768', '32767', '0'],
  integer: ['-2147483648', '2147483647'],
  bigint: ["'-9223372036854775808'", '9223372036854775807'],
  numeric: [
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    '123456789012345678901234567890.123456789012345678901234567890',
    "'1e-40'",
    '1.500',
  ],
  'numeric(60,2)': ['1234567890123456789012345678901234567890123456789012345678.99', "'NaN'"],
  real: ["'NaN'", "'-Infinity'", '1.1754944e-38', '0.1', "'-0'"],
  'double precision': [
    "'NaN'",
    "'Infinity'",
    '0.1::float8 + 0.2',
    '5e-324',
    "'-0'",
    '1.7976931348623157e308',
  ],
  money: ['-92233720368547758.08', '0.01'],
  text: [nasty, "''", "'NULL'", "'  '", "'\\N'", "repeat('é😀', 40000)"],
  'character varying(7)': ["'😀é ab'", "''", "'abc    '"],
  'character(5)': ["'ab'", "''", "'abcde'"],
  '"char"': ["'a'", "''"],
  name: ["'a name'"],
  bytea: [String.raw`'\x00ff0a0d5c27'`, "''", "decode(repeat('00ff', 70000), 'hex')"],
  timestamp: [
    "'infinity'",
    "'-infinity'",
    "'4713-01-01 00:00:00 BC'",
    "'294276-12-31 23:59:59.999999'",
    "'2024-02-29 23:59:59.123456'",
  ],
  'timestamp(0)': ["'2024-02-29 23:59:59'"],
  timestamptz: [
    "'infinity'",
    "'-infinity'",
    "'0044-03-15 12:00:00+00 BC'",
    "'2024-10-27 02:30:00.000001+02'",
  ],
  date: ["'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'"],
  time: ["'24:00:00'", "'00:00:00.000001'"],
  timetz: ["'24:00:00+00'", "'23:59:59.999999-15:59:59'", "'12:00:00+05:45'"],
  interval: ["'178000000 years'", "'-1 mons +1 day -00:00:00.000001'", "'0'"],
  'interval day to second(3)': ["'1 day 00:00:01.234'"],
  boolean: ['true', 'false'],
  point: ["'(1.5,-2)'"],
  line: ["'{1,2,3}'"],
  lseg: ["'[(0,0),(1,1)]'"],
  box: ["'(1,1),(0,0)'"],
  path: ["'((0,0),(1,1),(2,0))'", "'[(0,0),(1,1)]'"],
  polygon: ["'((0,0),(1,1),(2,0))'"],
  circle: ["'<(0,0),1.5>'"],
  cidr: ["'10.0.0.0/8'", "'2001:db8::/32'"],
  inet: ["'10.1.2.3/8'", "'::1'"],
  macaddr: ["'08:00:2b:01:02:03'"],
  macaddr8: ["'08:00:2b:01:02:03:04:05'"],
  'bit(3)': ["B'101'"],
  'bit varying': ["B''", "B'10101010101'"],
  'bit varying(5)': ["B'101'"],
  tsvector: [`$$'a':1A 'fat cat':2B,4C$$`],
  tsquery: ["'fat & (rat | !cat:ab)'"],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
  xml: ['\'<a b="1">é&amp;😀</a>\'', "'text only'"],
  json: [`'{"a": 1,  "a": 2, "b": [1.10, null, "\\u00e9😀"]}'`, "'null'"],
  jsonb: [`'{"b": 1e3, "a": [1.10, null, "\\u00e9😀", ""]}'`, "'null'"],
  jsonpath: [`'$.a[*] ? (@ > 1)'`],
  'integer[]': ["'{}'", "'{1,NULL,3}'", "'[-2:0]={1,2,3}'", "'{{1,2},{3,4}}'", "'[0:1][5:6]={{1,2},{3,4}}'"],
  'text[]': [`'{"NULL",NULL,"","a,b","{}","back\\\\slash","q\\"uote"}'`, `array[${nasty}]`],
  'numeric(10,2)[]': ["'{1.50,NaN,NULL}'"],
  'timestamptz[]': ['\'{infinity,"2024-01-01 00:00:00+00"}\''],
  'bytea[]': [String.raw`array['\x00ff'::bytea, null]`],
  int4range: ["'empty'", "'[1,5)'", "'(,)'"],
  numrange: ["'(1.10,2.20]'"],
  tstzrange: ["'[2024-01-01 00:00:00+00,infinity]'", "'[2024-01-01 00:00:00+00,)'"],
  daterange: ["'[2024-01-01,2024-02-01)'"],
  int8multirange: ["'{[1,2),[5,8)}'", "'{}'"],
  oid: ['4294967295'],
  xid: ["'4294967295'"],
  tid: ["'(42,7)'"],
  pg_lsn: ["'16/B374D848'"],
  pg_snapshot: ["'10:20:10,14,15'"],
}

/** These have no binary form that means the same elsewhere, so the whole table travels as text. */
const OWN: Record<string, string[]> = {
  mood: ["'sad'", "'ok, fine'", `'ha"ppy'`],
  'mood[]': [`array['ok, fine', null, 'ha"ppy']::mood[]`],
  even: ['2', '-4'],
  'even[]': ["'{2,NULL}'"],
  point3: [`row(1, ${nasty}, array[1.50, 'NaN'])`, "row(null, '', '{}')"],
  'point3[]': [`array[row(1, 'a"b,\\', null)::point3, null]`],
  span: ['\'["a,b",z)\''],
  regclass: ["'pg_class'"],
  aclitem: ["'=r/postgres'"],
}

/** One table with a column for each type; row n holds the nth value of each, and the last row only NULLs. */
async function makeTable(table: string, types: Record<string, string[]>): Promise<void> {
  const columns = Object.keys(types)
  await client.query(
    `create table ${table} (${columns.map((type, index) => `"Col ${index} ""${type.replaceAll('"', '')}""" ${type}`).join(', ')})`,
  )
  const most = Math.max(...Object.values(types).map((values) => values.length))
  for (let row = 0; row <= most; row += 1) {
    const values = columns.map((type) => {
      const value = types[type]?.[row]
      return value === undefined ? 'null' : `(${value})::${type}`
    })
    await client.query(`insert into ${table} values (${values.join(', ')})`)
  }
}

async function columnTypes(of: pg.Client, table: string): Promise<string[]> {
  const { rows } = await of.query<{ column: string }>(
    `select attname || ' ' || format_type(atttypid, atttypmod) as column from pg_attribute
     where attrelid = $1::regclass and attnum > 0 order by attnum`,
    [table],
  )
  return rows.map(({ column }) => column)
}

const ways = [
  { into: 'a new table', write: 'stage', exists: false },
  { into: 'a table by staging', write: 'stage', exists: true },
  { into: 'a table directly', write: 'direct', exists: true },
] as const

for (const { into, write, exists } of ways) {
  test(`every built-in type arrives exactly and in binary form, into ${into}`, async () => {
    const [from, to] = [`all_${write}_${exists}`, `all_to_${write}_${exists}`]
    await makeTable(from, BUILT_IN)
    if (exists) await client.query(`create table ${to} (like ${from})`)
    const job = jobOf(tableSource(url, from), tableTarget(url, to, { write }))
    expect((await explain(job)).why).toContainEqual(expect.stringContaining('in binary form'))
    await runHere(job)
    expect(await rowsOf(client, to)).toEqual(await rowsOf(client, from))
    expect(await columnTypes(client, to)).toEqual(await columnTypes(client, from))
  })

  test(`every built-in and every user's type arrives exactly as text, into ${into}`, async () => {
    const [from, to] = [`own_${write}_${exists}`, `own_to_${write}_${exists}`]
    await makeTable(from, { ...BUILT_IN, ...OWN })
    if (exists) await client.query(`create table ${to} (like ${from})`)
    const job = jobOf(tableSource(url, from), tableTarget(url, to, { write }))
    expect((await explain(job)).why).toContainEqual(expect.stringContaining('travel as text'))
    await runHere(job)
    expect(await rowsOf(client, to)).toEqual(await rowsOf(client, from))
    expect(await columnTypes(client, to)).toEqual(await columnTypes(client, from))
  })
}

test('settings of the two databases do not change what arrives', async () => {
  await makeTable('settings_from', { ...BUILT_IN, ...OWN })
  await client.query(`create table settings_to (like settings_from);
    alter database near set datestyle to 'SQL, DMY'; alter database near set intervalstyle to 'sql_standard';
    alter database near set timezone to 'Asia/Kathmandu'; alter database near set extra_float_digits to 0;
    alter database near set bytea_output to 'escape'; alter database near set search_path to pg_temp, public;
    alter database near set xmloption to 'document'; alter database near set client_encoding to 'LATIN1'`)
  try {
    await runHere(jobOf(tableSource(url, 'settings_from'), tableTarget(url, 'settings_to')))
  } finally {
    await client.query(`alter database near reset all`)
  }
  expect(await rowsOf(client, 'settings_to')).toEqual(await rowsOf(client, 'settings_from'))
})

test('an enum or domain that the target lacks becomes what it stands on, and is told', async () => {
  await client.query(
    "create table far_from (m mood, e even); insert into far_from values ('ok, fine', 4), (null, null)",
  )
  const events: EngineEvent[] = []
  await runHere(jobOf(tableSource(url, 'far_from'), tableTarget(farUrl, 'far_to')), events)
  expect(await columnTypes(far, 'far_to')).toEqual(['m text', 'e integer'])
  expect(await rowsOf(far, 'far_to')).toEqual(['("ok, fine",4)', '(,)'].sort())
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'log', message: expect.stringContaining('"m" becomes text') }),
  )
})

test('a composite type that the target lacks is refused by name', async () => {
  await client.query('create table far_composite (id int, p point3)')
  await expect(
    runHere(jobOf(tableSource(url, 'far_composite'), tableTarget(farUrl, 'never'))),
  ).rejects.toMatchObject({
    code: 'transfer.type_missing',
    message: expect.stringContaining('Column "p" is of type public.point3'),
  })
})
