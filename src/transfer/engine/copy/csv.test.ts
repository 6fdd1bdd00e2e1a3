import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { explain } from '../explain.ts'
import type { EngineEvent, Job, JobResult, Source, Target } from '../job.ts'
import { recoverJob, runJob, type Prepared } from '../run.ts'
import { CSV, jobOf, leftovers, rowsOf, runHere, tableSource, tableTarget } from '../testing.ts'
import type { CsvFormat } from './dialect.ts'

let server: TestPostgres
let url: string
let client: pg.Client
let folder: string

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('csv')
  client = await server.connect('csv')
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-csv-'))
})
afterEach(async () => {
  expect(await leftovers(client)).toEqual([])
})
afterAll(async () => {
  await client.end()
  await server.stop()
  await rm(folder, { recursive: true })
})

const csvFile = (name: string, format: Partial<CsvFormat> = {}): Extract<Source, { type: 'file' }> => ({
  type: 'file',
  paths: [path.join(folder, name)],
  format: { ...CSV, ...format },
})
const csvTarget = (name: string, format: Partial<CsvFormat> = {}): Extract<Target, { type: 'file' }> => ({
  type: 'file',
  path: path.join(folder, name),
  format: { ...CSV, ...format },
  overwrite: false,
})

async function load(
  name: string,
  bytes: string | Buffer,
  table: string,
  format: Partial<CsvFormat> = {},
): Promise<JobResult> {
  await writeFile(path.join(folder, name), bytes)
  return await runHere(jobOf(csvFile(name, format), tableTarget(url, table)))
}

test('quotes, line ends inside values, NULL and the empty string arrive as written', async () => {
  await client.query('create table plain (id int, v text, "Odd ""name""" text)')
  const text = '"Odd ""name""",id,v\r\n"a ""b"", c",1,\r\n"two\nlines",2,""\r\n😀\\N,3,"  "'
  expect(await load('plain.csv', text, 'plain')).toMatchObject({ route: 'copy', rows: 3 })
  const { rows } = await client.query('select * from plain order by id')
  expect(rows).toEqual([
    { id: 1, v: null, 'Odd "name"': 'a "b", c' },
    { id: 2, v: '', 'Odd "name"': 'two\nlines' },
    { id: 3, v: '  ', 'Odd "name"': '😀\\N' },
  ])
})

test('another dialect, a byte order mark, packed, and without a header', async () => {
  await client.query('create table dialect (a text, b text)')
  const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from("'it\\'s';2\nx;\n")])
  const format = {
    delimiter: ';',
    quote: "'",
    escape: '\\',
    include_header: false,
    compression: 'gzip',
  } as const
  await load('dialect.csv.gz', gzipSync(bytes), 'dialect', format)
  expect(await rowsOf(client, 'dialect')).toEqual(["(it's,2)", '(x,)'])
})

test('several files with their own order of columns are one run', async () => {
  await client.query('create table several (a int, b text)')
  await writeFile(path.join(folder, 'one.csv'), 'a,b\n1,x\n')
  await writeFile(path.join(folder, 'two.csv'), 'b,a\ny,2\n')
  const source = {
    ...csvFile('one.csv'),
    paths: ['one.csv', 'two.csv'].map((name) => path.join(folder, name)),
  }
  expect(await runHere(jobOf(source, tableTarget(url, 'several')))).toMatchObject({ rows: 2 })
  expect(await rowsOf(client, 'several')).toEqual(['(1,x)', '(2,y)'])
})

test('a table that is not there is made with types that give every value back', async () => {
  await load('new.csv', 'zip,price,day\n00501,1.50,2024-02-29\n10001,2.25,2024-03-01\n', 'made_of_csv')
  expect(await rowsOf(client, 'made_of_csv')).toEqual(['(00501,1.50,2024-02-29)', '(10001,2.25,2024-03-01)'])
})

test('a table comes back from CSV exactly, packed or not', async () => {
  await client.query(`create table round (id int, t text, b boolean, n numeric, f float8, ts timestamptz, j jsonb, by bytea, a text[]);
    insert into round values (1, E'q" c, n\\n r\\r \\\\. 😀', true, 'NaN', 0.1, 'infinity', '{"a": "b"}', '\\x00ff', '{"NULL",NULL,""}'),
      (2, '', false, 1.50, '-0', '2024-01-01 00:00+00', 'null', '', '{}'), (3, null, null, null, null, null, null, null, null),
      (4, '\\.', true, 1e30, 'NaN', now(), '1', null, null)`)
  for (const compression of ['none', 'gzip'] as const) {
    const name = `round.${compression}.csv`
    const result = await runHere(jobOf(tableSource(url, 'round'), csvTarget(name, { compression })))
    expect(result).toMatchObject({ route: 'copy', rows: 4, written: path.join(folder, name) })
    await client.query('drop table if exists round_back; create table round_back (like round)')
    await runHere(jobOf(csvFile(name, { compression }), tableTarget(url, 'round_back')))
    expect(await rowsOf(client, 'round_back')).toEqual(await rowsOf(client, 'round'))
  }
  const packed = await readFile(path.join(folder, 'round.gzip.csv'))
  expect(gunzipSync(packed)).toEqual(await readFile(path.join(folder, 'round.none.csv')))
  expect(String(gunzipSync(packed))).toContain(',true,NaN,')
})

test('rows are filtered and columns chosen, renamed and cast on their way to CSV', async () => {
  await client.query(
    "create table chosen (id int, t text, n numeric); insert into chosen values (1, 'a', 1.50), (2, 'b''s', 2.25), (3, null, 3)",
  )
  const transformations: Job['transformations'] = [
    {
      type: 'dataframe_rows_filter',
      filters: [
        { type: 'is_not_null', field: 't' },
        { type: 'greater_or_equal', field: 'id', value: '2' },
        { type: 'ilike', field: 't', value: "B'_" },
      ],
    },
    {
      type: 'dataframe_columns_filter',
      filters: [
        { type: 'rename', field: 't', to: 'name' },
        { type: 'cast', field: 'n', as_type: 'decimal(10, 1)' },
      ],
    },
  ]
  const result = runHere(jobOf(tableSource(url, 'chosen'), csvTarget('chosen.csv'), { transformations }))
  expect(await result).toMatchObject({ rows: 1 })
  expect(await readFile(path.join(folder, 'chosen.csv'), 'utf8')).toBe("name,n\nb's,2.3\n")
})

test('a cast to what is no type is refused before it reaches SQL', async () => {
  await client.query('create table if not exists chosen (n numeric)')
  for (const as_type of [
    'int); drop table chosen; --',
    'int) from pg_user --',
    "text collate 'x'",
    '(select 1)',
  ]) {
    const transformations: Job['transformations'] = [
      { type: 'dataframe_columns_filter', filters: [{ type: 'cast', field: 'n', as_type }] },
    ]
    const job = jobOf(tableSource(url, 'chosen'), csvTarget('never.csv'), { transformations })
    await expect(runHere(job)).rejects.toMatchObject({ kind: 'bad_request', code: 'transfer.type_unknown' })
  }
})

test.each([
  ['a value of another type', 'id,v\n1,a\nx,b\n', /line 3 of .*bad\.csv, column "id": .*integer.*"x"/],
  ['too many values', 'id,v\n1,a\n2,b,c\n', /line 3 of .*bad\.csv.*extra data/],
  ['too few values', 'id,v\n1\n', /line 2 of .*bad\.csv.*missing data for column "v"/],
  ['a quote that is never closed', 'id,v\n1,"a\n', /bad\.csv.*unterminated CSV quoted field/],
  ['bytes that are not UTF-8', Buffer.from('id,v\n1,a\n2,\xff\n', 'latin1'), /line 3 of .*bad\.csv.*UTF8/],
  ['a column that the table lacks', 'id,other\n1,a\n', /column "other".*public\.bad/],
  ['a column that is there twice', 'id,id\n1,1\n', /header line of .*bad\.csv has the column "id" twice/],
  ['an empty file', '', /bad\.csv has no header line/],
])('%s is told with file and line, and the table stays as it was', async (_name, bytes, message) => {
  await client.query(
    "drop table if exists bad; create table bad (id int, v text); insert into bad values (9, 'kept')",
  )
  await expect(load('bad.csv', bytes, 'bad')).rejects.toMatchObject({
    kind: 'invalid',
    message: expect.stringMatching(message),
  })
  expect(await rowsOf(client, 'bad')).toEqual(['(9,kept)'])
})

test.each([
  ['numeric(5,2)', '1.239', /"v" cannot become numeric\(5,2\) without loss: 1\.239/],
  ['timestamp(0)', '2024-01-01 10:00:00.5', /"v".*10:00:00\.5/],
  ['timestamp', '2024-01-01 10:00:00+02', /"v".*10:00:00\+02/],
  ['date', '2024-01-01 10:00:00', /"v".*10:00:00/],
  ['varchar(2)', 'ab  ', /"v".*ab/],
])('a value that %s would alter in silence is refused', async (type, value, message) => {
  await client.query(
    `drop table if exists altering; create table altering (v ${type}); insert into altering values (null)`,
  )
  await expect(load('altering.csv', `v\n${value}\n`, 'altering')).rejects.toMatchObject({
    code: 'transfer.value_refused',
    message: expect.stringMatching(message),
  })
  expect(await rowsOf(client, 'altering')).toEqual(['()'])
})

test('a malformed line far into a large file is found by its number', async () => {
  await client.query('drop table if exists far_in; create table far_in (id int, v text)')
  const lines = Array.from({ length: 200_000 }, (_, index) =>
    index === 123_456 ? 'not a number,x' : `${index},some text`,
  )
  await expect(load('far.csv', `id,v\n${lines.join('\n')}\n`, 'far_in')).rejects.toMatchObject({
    message: expect.stringMatching(/line 123458 of .*far\.csv, column "id"/),
  })
})

test('packed data that is damaged is told as such', async () => {
  await client.query('create table damaged (a text)')
  const whole = gzipSync('a\n'.repeat(100_000))
  await expect(
    load('cut.csv.gz', whole.subarray(0, 100), 'damaged', { compression: 'gzip' }),
  ).rejects.toMatchObject({
    code: 'transfer.file_damaged',
    message: expect.stringContaining('cut.csv.gz'),
  })
  await expect(load('not.csv.gz', 'a\n1\n', 'damaged', { compression: 'gzip' })).rejects.toMatchObject({
    code: 'transfer.file_damaged',
  })
})

test('a file that is there already is refused, and replaced when that is allowed', async () => {
  await client.query('drop table if exists over; create table over (a int); insert into over values (1)')
  await writeFile(path.join(folder, 'over.csv'), 'precious')
  await expect(runHere(jobOf(tableSource(url, 'over'), csvTarget('over.csv')))).rejects.toMatchObject({
    kind: 'conflict',
  })
  expect(await readFile(path.join(folder, 'over.csv'), 'utf8')).toBe('precious')
  await runHere(jobOf(tableSource(url, 'over'), { ...csvTarget('over.csv'), overwrite: true }))
  expect(await readFile(path.join(folder, 'over.csv'), 'utf8')).toBe('a\n1\n')
})

test('a run that fails or is stopped leaves no file behind', async () => {
  await client.query(
    'create view failing as select i, 1 / (200000 - i) as x from generate_series(1, 300000) i',
  )
  await expect(runHere(jobOf(tableSource(url, 'failing'), csvTarget('failing.csv')))).rejects.toMatchObject({
    message: expect.stringContaining('division by zero'),
  })
  await client.query('create view endless as select i from generate_series(1, 1000000000) i')
  const stop = new AbortController()
  const run = runHere(jobOf(tableSource(url, 'endless'), csvTarget('endless.csv')), [], stop.signal)
  setTimeout(() => stop.abort(), 200)
  await expect(run).rejects.toMatchObject({ code: 'transfer.stopped' })
  expect((await readdir(folder)).filter((name) => /failing|endless/.test(name))).toEqual([])
})

test('a file that was moved before the crash is known to be there, and one that was not is cleared up', async () => {
  await client.query('create table moved (a int); insert into moved values (1)')
  const kept: Prepared[] = []
  const job = jobOf(tableSource(url, 'moved'), csvTarget('moved.csv'))
  await runJob(
    job,
    (event) => void (event.type === 'prepared' && kept.push(event)),
    new AbortController().signal,
  )
  expect(await recoverJob(job, kept[0] ?? null, () => {})).toBe('committed')

  const dying = jobOf(tableSource(url, 'moved'), csvTarget('unmoved.csv'))
  // Like a hub that is gone before it answers, and so never hears that it was taken back.
  const run = runJob(
    dying,
    (event) => (event.type === 'progress' ? undefined : die(event)),
    new AbortController().signal,
  )
  await expect(run).rejects.toThrow('gone')
  expect((await readdir(folder)).filter((name) => name.includes('unmoved'))).toHaveLength(1)
  expect(await recoverJob(dying, kept[0] ?? null, () => {})).toBe('unchanged')
  expect((await readdir(folder)).filter((name) => name.includes('unmoved'))).toEqual([])

  async function die(event: EngineEvent): Promise<void> {
    if (event.type === 'prepared' || event.type === 'withdrawn') throw new Error('gone')
  }
})

test('a link that leads out of the folder is refused', async () => {
  await client.query('create table linked (a text)')
  await symlink('/etc/hostname', path.join(folder, 'link.csv'))
  const job = jobOf({ ...csvFile('link.csv'), root: folder }, tableTarget(url, 'linked'))
  await expect(runHere(job)).rejects.toMatchObject({ kind: 'forbidden', code: 'transfer.path_outside' })
})

test('explaining shows the columns, the steps and the first rows, and changes nothing', async () => {
  await client.query('drop table if exists shown; create table shown (a int, b text)')
  await writeFile(path.join(folder, 'shown.csv'), 'b,a\n"x ""y""",1\n,2\nz,3\n')
  const told = await explain(jobOf(csvFile('shown.csv'), tableTarget(url, 'shown')), { rows: 2 })
  expect(told).toMatchObject({
    route: 'copy',
    preview: {
      columns: ['b', 'a'],
      rows: [
        ['x "y"', '1'],
        [null, '2'],
      ],
    },
  })
  expect(told.steps.join(' ')).toContain('staging table')
  expect(await rowsOf(client, 'shown')).toEqual([])
  const out = await explain(jobOf(tableSource(url, 'chosen'), csvTarget('shown-out.csv')), { rows: 1 })
  expect(out.preview).toMatchObject({ rows: [['1', 'a', '1.50']] })
  expect(await readdir(folder)).not.toContain('shown-out.csv')
})
