import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { PassThrough, Readable, Writable } from 'node:stream'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

import { expect, test } from 'vitest'

import { CSV, jobOf } from '../testing.ts'
import type { FileFormat } from '../job.ts'
import { explainEmbedded, runEmbedded } from './index.ts'
import { duckRows, fileSource, fileTarget, JSON_ARRAY, JSON_LINES, PARQUET, testFolder } from './testing.ts'

const folder = testFolder()
const never = new AbortController().signal
const data = fileURLToPath(new URL('../../../../node_modules/vega-datasets/data', import.meta.url))

async function convert(
  from: string,
  fromFormat: FileFormat,
  to: string,
  toFormat: FileFormat,
): Promise<string> {
  await runEmbedded(
    jobOf(fileSource(from, fromFormat), fileTarget(folder.path(to), toFormat)),
    () => {},
    never,
  )
  return folder.path(to)
}

test('an empty text and NULL stay apart through CSV, JSON and Parquet', async () => {
  const csv = folder.write('nulls.csv', 'a,b,c\n00501,"",\n1,x,"q""z\ny"\n')
  const parquet = await convert(csv, CSV, 'nulls.parquet', PARQUET)
  const json = await convert(parquet, PARQUET, 'nulls.jsonl', JSON_LINES)
  expect(folder.read('nulls.jsonl')).toBe(
    '{"a":"00501","b":"","c":null}\n{"a":"1","b":"x","c":"q\\"z\\ny"}\n',
  )
  await convert(json, JSON_LINES, 'nulls-back.csv', CSV)
  expect(folder.read('nulls-back.csv')).toBe(folder.read('nulls.csv'))
})

test('zip codes keep their zeros and movies their mixed titles', async () => {
  const zip = await convert(path.join(data, 'zipcodes.csv'), CSV, 'zip.parquet', PARQUET)
  expect(
    await duckRows(
      `select zip_code, typeof(zip_code), typeof(latitude), count(*) over () from '${zip}' order by 1 limit 1`,
    ),
  ).toEqual([['00501', 'VARCHAR', 'DECIMAL(8,6)', '42049']])
  const movies = await convert(path.join(data, 'movies.json'), JSON_ARRAY, 'movies.parquet', PARQUET)
  const [[count, titles, votes] = []] = await duckRows(
    `select count(*), typeof(any_value("Title")), typeof(any_value("IMDB Votes")) from '${movies}'`,
  )
  expect([count, titles, votes]).toEqual(['3201', 'VARCHAR', 'BIGINT'])
})

test.each([
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
  ['zlib', deflateSync],
] as const)('%s files are read and written', async (compression, pack) => {
  const packed = folder.write(`in.csv.${compression}`, pack(Buffer.from('n\n1\n2\n')))
  const again = await convert(packed, { ...CSV, compression }, `out.csv.${compression}`, {
    ...CSV,
    compression,
  })
  await convert(again, { ...CSV, compression }, `${compression}.csv`, CSV)
  expect(folder.read(`${compression}.csv`)).toBe('n\n1\n2\n')
})

test('other encodings and line ends are read and written, and wrong bytes are told', async () => {
  const latin = folder.write('latin.csv', Buffer.from('word\r\ncaf\u00e9\r\n"a\r\nb"\r\n', 'latin1'))
  const format: FileFormat = { ...CSV, encoding: 'latin1', line_sep: '\r\n' }
  const utf = await convert(latin, format, 'utf.jsonl', JSON_LINES)
  expect(folder.read('utf.jsonl')).toBe('{"word":"café"}\n{"word":"a\\r\\nb"}\n')
  await convert(utf, JSON_LINES, 'latin-back.csv', format)
  expect(Buffer.from(folder.read('latin-back.csv'), 'utf8')).toHaveLength(
    Buffer.from('word\r\ncaf\ufffd\r\n"a\r\nb"\r\n').length,
  )
  const wrong = folder.write('wrong.csv', Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]))
  await expect(convert(wrong, CSV, 'wrong.parquet', PARQUET)).rejects.toThrow(
    /wrong\.csv, line 2: these bytes are not UTF-8/,
  )
  await expect(convert(wrong, { ...CSV, encoding: 'big5' }, 'wrong.parquet', PARQUET)).rejects.toThrow(
    /wrong\.csv is not big5/,
  )
})

test('standard input and output take every format', async () => {
  const csv = 'id,name\n1,"a,b"\n2,\n'
  for (const format of [CSV, JSON_LINES, JSON_ARRAY, PARQUET]) {
    const chunks: Buffer[] = []
    const stdout = new Writable({ write: (chunk: Buffer, _encoding, done) => (chunks.push(chunk), done()) })
    await runEmbedded(jobOf({ type: 'stdin', format: CSV }, { type: 'stdout', format }), () => {}, never, {
      stdin: Readable.from([csv]),
      stdout,
    })
    const back = new Writable({
      write: (chunk: Buffer, _encoding, done) => (text.push(chunk.toString()), done()),
    })
    const text: string[] = []
    await runEmbedded(jobOf({ type: 'stdin', format }, { type: 'stdout', format: CSV }), () => {}, never, {
      stdin: Readable.from(chunks),
      stdout: back,
    })
    expect(text.join('')).toBe(csv)
  }
})

test('malformed input is told by file, line and text, and nothing is written', async () => {
  const lines = Array.from({ length: 200_000 }, (_, index) => `${index},x`)
  lines[123_456] = `boom,${'y'.repeat(200)},z`
  const wide = folder.write('wide.csv', `a,b\n${lines.join('\n')}\n`)
  await expect(convert(wide, CSV, 'bad.parquet', PARQUET)).rejects.toThrow(
    /wide\.csv, line 123458, column 3: 2 columns are expected, and there are 3. The text there: "boom,y{70,75}…"/,
  )
  const open = folder.write('open.csv', 'a,b\n1,"x\n2,y\n')
  await expect(convert(open, CSV, 'bad.parquet', PARQUET)).rejects.toThrow(
    /open\.csv, line 2: a quote is opened and never closed/,
  )
  const json = folder.write('broken.jsonl', '{"a":1}\n{"a":\n')
  await expect(convert(json, JSON_LINES, 'bad.parquet', PARQUET)).rejects.toThrow(/broken\.jsonl is not JSON/)
  const digits = folder.write('digits.jsonl', '{"a":1}\n{"a":0.12345678901234567890}\n')
  await expect(convert(digits, JSON_LINES, 'bad.parquet', PARQUET)).rejects.toThrow(
    /digits\.jsonl, line 2: the number 0\.12345678901234567890 has more digits/,
  )
  const parquet = folder.write('cut.parquet', Buffer.from('PAR1 and then nothing'))
  await expect(convert(parquet, PARQUET, 'bad.csv', CSV)).rejects.toThrow(
    /cut\.parquet is not a whole Parquet file/,
  )
  await expect(convert(folder.path('nowhere.csv'), CSV, 'bad.csv', CSV)).rejects.toThrow(
    /There is no file or folder .*nowhere\.csv/,
  )
  expect(readdirSync(path.dirname(wide)).filter((name) => /bad|crosstie/.test(name))).toEqual([])
})

test('an existing file is kept unless overwriting is asked for, and paths stay inside their root', async () => {
  const csv = folder.write('one.csv', 'n\n1\n')
  const there = folder.write('there.csv', 'precious\n')
  const job = jobOf(fileSource(csv, CSV), fileTarget(there, CSV))
  await expect(runEmbedded(job, () => {}, never)).rejects.toMatchObject({ code: 'transfer.file_exists' })
  expect(folder.read('there.csv')).toBe('precious\n')
  await runEmbedded(jobOf(fileSource(csv, CSV), fileTarget(there, CSV, true)), () => {}, never)
  expect(folder.read('there.csv')).toBe('n\n1\n')

  const outside = testFolder()
  writeFileSync(outside.path('secret.csv'), 's\n1\n')
  symlinkSync(outside.path('secret.csv'), folder.path('link.csv'))
  symlinkSync(outside.path('.'), folder.path('door'))
  const root = path.dirname(csv)
  for (const inside of [
    folder.path('link.csv'),
    `${root}/../${path.basename(path.dirname(outside.path('x')))}/secret.csv`,
  ]) {
    const escape = jobOf(
      { type: 'file', paths: [inside], format: CSV, root },
      fileTarget(folder.path('x.csv'), CSV),
    )
    await expect(runEmbedded(escape, () => {}, never)).rejects.toMatchObject({
      code: 'transfer.path_outside',
    })
  }
  const write = jobOf(fileSource(csv, CSV), {
    type: 'file',
    path: folder.path('door/x.csv'),
    format: CSV,
    overwrite: false,
    root,
  })
  await expect(runEmbedded(write, () => {}, never)).rejects.toMatchObject({ code: 'transfer.path_outside' })
})

test('filters choose rows and columns, and an incremental run takes what is newer', async () => {
  const csv = folder.write('orders.csv', 'id,"na""me",price\n1,a,1.50\n2,b,10.25\n10,a,7.00\n')
  const job = jobOf(fileSource(csv, CSV), fileTarget(folder.path('filtered.jsonl'), JSON_LINES), {
    transformations: [
      {
        type: 'dataframe_columns_filter',
        filters: [
          { type: 'rename', field: 'na"me', to: "it's" },
          { type: 'cast', field: 'price', as_type: 'decimal(10, 1)' },
        ],
      },
      {
        type: 'dataframe_rows_filter',
        filters: [
          { type: 'greater_than', field: 'price', value: '5' },
          { type: 'like', field: 'na"me', value: 'a%' },
        ],
      },
    ],
    strategy: { type: 'incremental', column: 'id', after: '2' },
  })
  const result = await runEmbedded(job, () => {}, never)
  expect(folder.read('filtered.jsonl')).toBe('{"it\'s":"a","price":7.0}\n')
  expect(result).toMatchObject({ rows: 1, mark: '10' })
  const explained = await explainEmbedded(job, { rows: 5 })
  expect(explained.preview?.rows).toEqual([['a', '7.0']])
  await expect(
    runEmbedded(
      {
        ...job,
        transformations: [
          {
            type: 'dataframe_columns_filter',
            filters: [{ type: 'cast', field: 'id', as_type: 'int) from x --' }],
          },
        ],
      },
      () => {},
      never,
    ),
  ).rejects.toMatchObject({ code: 'transfer.type_unknown' })
  await expect(
    runEmbedded(
      {
        ...job,
        transformations: [{ type: 'dataframe_rows_filter', filters: [{ type: 'is_null', field: 'gone' }] }],
      },
      () => {},
      never,
    ),
  ).rejects.toThrow(/has no column "gone"; it has id/)
})

test('a reader that goes away ends the run with a sentence', async () => {
  const stdout = new PassThrough()
  stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })))
  const job = jobOf(fileSource(path.join(data, 'flights-3m.parquet'), PARQUET), {
    type: 'stdout',
    format: CSV,
  })
  await expect(runEmbedded(job, () => {}, never, { stdin: Readable.from([]), stdout })).rejects.toThrow(
    /stopped reading/,
  )
})
