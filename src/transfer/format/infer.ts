/**
 * Which types the columns of a CSV file have, found by reading all of it.
 *
 * A type is taken only when every value of the column comes back from it letter for letter (a timestamp may
 * be written with `T` and `Z`): a zip code 00501 stays text, and so does 1.5 beside `n/a`.
 */
import { createReadStream } from 'node:fs'
import { tmpdir } from 'node:os'

import { Fault } from '#fault'

import { readHeader, readRecords } from '../engine/copy/header.ts'
import { openDuck, type Duck } from '../engine/embedded/duck.ts'
import type { FileFormat } from '../engine/job.ts'
import { pathFault } from '../store/file/path-guard.ts'
import { unpacker } from '../store/file/spool.ts'
import { readCsv } from './read.ts'
import { quoteIdentifier } from './sql.ts'

type Csv = Extract<FileFormat, { type: 'csv' }>

export interface InferredColumn {
  name: string
  /** PostgreSQL's name of the type. */
  type: string
  /** DuckDB's name of the type, for formats that have types of their own. */
  duckType: string
}

const SAMPLE_ROWS = 20_000
const MOST_FILES_COMPARED = 1_000

/** In the order of preference; `test` holds for a text that the type gives back unaltered. */
const CANDIDATES = [
  { type: 'boolean', duckType: 'BOOLEAN', test: (x: string) => `${x} IN ('true', 'false')` },
  {
    type: 'bigint',
    duckType: 'BIGINT',
    test: (x: string) => `CAST(TRY_CAST(${x} AS BIGINT) AS VARCHAR) = ${x}`,
  },
  {
    type: 'numeric',
    duckType: 'DECIMAL',
    test: (x: string) =>
      `regexp_full_match(${x}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?') AND NOT regexp_full_match(${x}, '-0(\\.0+)?')`,
  },
  {
    type: 'double precision',
    duckType: 'DOUBLE',
    test: (x: string) =>
      `regexp_matches(${x}, '^-?[0-9]') AND CAST(TRY_CAST(${x} AS DOUBLE) AS VARCHAR) = ${x}`,
  },
  {
    type: 'date',
    duckType: 'DATE',
    test: (x: string) => `length(${x}) = 10 AND CAST(TRY_CAST(${x} AS DATE) AS VARCHAR) = ${x}`,
  },
  { type: 'timestamp', duckType: 'TIMESTAMP', test: (x: string) => timestampTest(x, '') },
  {
    type: 'timestamptz',
    duckType: 'TIMESTAMP WITH TIME ZONE',
    // Another zone than UTC would be lost, for PostgreSQL keeps the moment only.
    test: (x: string) => timestampTest(x, '(Z|\\+00(:?00)?)'),
  },
] as const

type Candidate = (typeof CANDIDATES)[number]

function timestampTest(x: string, zone: string): string {
  const type = zone === '' ? 'TIMESTAMP' : 'TIMESTAMPTZ'
  const form = `\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?${zone}`
  return `regexp_full_match(${x}, '${form}') AND TRY_CAST(${x} AS ${type}) IS NOT NULL`
}

/** Names and PostgreSQL types for a table that is to hold these files. */
export async function inferCsvColumns(
  paths: readonly string[],
  format: Csv,
): Promise<{ name: string; type: string }[]> {
  const duck = await openDuck({ memoryBytes: 512 * 1024 * 1024, threads: 2, temporaryDirectory: tmpdir() })
  try {
    const names = await csvColumnNames(paths, format)
    const columns = await inferCsvTypes(duck, readCsv(paths, format, names), names)
    return columns.map(({ name, type }) => ({ name, type }))
  } finally {
    duck.close()
  }
}

/** The names that the files' first lines give; files that are read as one table must agree on them. */
export async function csvColumnNames(
  paths: readonly string[],
  format: Csv,
  named?: string,
): Promise<string[]> {
  let first: string[] | undefined
  for (const path of paths.slice(0, MOST_FILES_COMPARED)) {
    const names = await namesOf(path, format, paths.length > 1 ? path : (named ?? path))
    first ??= names
    if (names.join('\0') !== first.join('\0')) {
      throw new Fault(
        'invalid',
        'transfer.columns_differ',
        `${path} has the columns ${names.join(', ')}, but ${paths[0]} has ${first.join(', ')}; files read as one table must have the same.`,
      )
    }
  }
  return first ?? []
}

/** Without a header line the columns are numbered, from `column0`. */
async function namesOf(path: string, format: Csv, named: string): Promise<string[]> {
  const chunks = readBytes(path, format)
  if (!format.include_header) {
    const [record = []] = await readRecords(chunks, format, 1)
    return record.map((_, index) => `column${index}`)
  }
  try {
    const { names } = await readHeader(chunks, format, named)
    return names.map((name, index) => (index === 0 ? name.replace(/^\ufeff/, '') : name))
  } finally {
    await chunks.return()
  }
}

async function* readBytes(path: string, format: Csv): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(path)
  const unpack = unpacker(format.compression)
  try {
    // Both streams give bytes, for no encoding was set.
    yield* (
      unpack === null ? file : file.on('error', (error) => unpack.destroy(error)).pipe(unpack)
    ) as AsyncIterable<Buffer>
  } catch (error) {
    throw pathFault(error, path)
  } finally {
    file.destroy()
  }
}

/** The types of text columns, by as few readings of all rows as it takes (two, when the first rows tell). */
export async function inferCsvTypes(
  duck: Duck,
  from: string,
  names: readonly string[],
): Promise<InferredColumn[]> {
  const left = names.map((name) => ({ name, candidates: [...CANDIDATES] as Candidate[] }))
  let seen = await sieve(duck, `(select * from ${from} limit ${SAMPLE_ROWS})`, left, () => true)
  if (seen.rows >= SAMPLE_ROWS) {
    const empty = new Set(names.filter((_, index) => seen.values[index] === 0))
    let again = true
    while (again) {
      const before = left.map((column) => column.candidates.length)
      const favourites = left.map((column) => column.candidates[0])
      // A column without a value so far is tried on every type at once, for its favourite means nothing.
      seen = await sieve(
        duck,
        from,
        left,
        (name, candidate, index) => empty.has(name) || candidate === favourites[index],
      )
      again = left.some(
        (column, index) =>
          column.candidates.length < (before[index] ?? 0) &&
          column.candidates[0] !== undefined &&
          !empty.has(column.name),
      )
    }
  }
  return withDecimals(
    duck,
    from,
    left.map(({ name, candidates }, index) => {
      const best = (seen.values[index] ?? 0) > 0 ? candidates[0] : undefined
      return { name, type: best?.type ?? 'text', duckType: best?.duckType ?? 'VARCHAR' }
    }),
  )
}

/** Strikes the candidates that some value contradicts, of those that `tried` names. */
async function sieve(
  duck: Duck,
  from: string,
  left: { name: string; candidates: Candidate[] }[],
  tried: (name: string, candidate: Candidate, index: number) => boolean,
): Promise<{ rows: number; values: number[] }> {
  const tests = left.flatMap((column, index) =>
    column.candidates
      .filter((candidate) => tried(column.name, candidate, index))
      .map((candidate) => ({ column, candidate })),
  )
  const asked = [
    'count(*)',
    ...left.map(({ name }) => `count(${quoteIdentifier(name)})`),
    ...tests.map(({ column, candidate }) => {
      const x = quoteIdentifier(column.name)
      return `coalesce(bool_and(coalesce(${candidate.test(x)}, false)) FILTER (${x} IS NOT NULL), true)`
    }),
  ]
  const [answer = []] = await duck.rows(`select ${asked.join(', ')} from ${from}`)
  tests.forEach(({ column, candidate }, index) => {
    if (answer[1 + left.length + index] === 'true') return
    column.candidates = column.candidates.filter((kept) => kept !== candidate)
  })
  return { rows: Number(answer[0]), values: answer.slice(1, 1 + left.length).map(Number) }
}

/** DuckDB's decimals have a width: the least that holds all values, or text past its 38 digits. */
async function withDecimals(duck: Duck, from: string, columns: InferredColumn[]): Promise<InferredColumn[]> {
  const decimals = columns.filter((column) => column.duckType === 'DECIMAL')
  if (decimals.length === 0) return columns
  const asked = decimals.flatMap(({ name }) => {
    const x = `ltrim(${quoteIdentifier(name)}, '-')`
    return [`max(length(split_part(${x}, '.', 1)))`, `max(length(split_part(${x}, '.', 2)))`]
  })
  const [answer = []] = await duck.rows(`select ${asked.join(', ')} from ${from}`)
  const widths = new Map(
    decimals.map((column, index) => {
      const before = Number(answer[2 * index])
      const after = Number(answer[2 * index + 1])
      return [column.name, before + after <= 38 ? `DECIMAL(${before + after},${after})` : 'VARCHAR'] as const
    }),
  )
  return columns.map((column) => ({ ...column, duckType: widths.get(column.name) ?? column.duckType }))
}
