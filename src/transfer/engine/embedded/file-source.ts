import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

import { Fault } from '#fault'

import { csvColumnNames, inferCsvTypes } from '../../format/infer.ts'
import { checkJsonNumbers } from '../../format/json-numbers.ts'
import { isNested, postgresTypeOf } from '../../format/postgres-type.ts'
import { readCsv, readJson } from '../../format/read.ts'
import { quoteIdentifier } from '../../format/sql.ts'
import { guardPath, pathFault } from '../../store/file/path-guard.ts'
import { needsSpool, spool, spooledFormat, spoolFiles } from '../../store/file/spool.ts'
import type { FileFormat, Job, Source as JobSource } from '../job.ts'
import type { Duck } from './duck.ts'
import { openParquet } from './parquet-source.ts'
import type { Column, Source } from './relation.ts'

type Files = Extract<JobSource, { type: 'file' | 'stdin' }>

export interface FileSourceOptions {
  duck: Duck
  limits: Job['limits']
  stdin: Readable
  signal: AbortSignal
  /** Whether the types of a CSV file matter; finding them reads all of it. */
  types: boolean
}

/** Opens files (or standard input, spooled first) as one table. */
export async function openFiles(source: Files, options: FileSourceOptions): Promise<Source> {
  const named = nameOf(source)
  const { paths, format, bytes } = await gather(source, options, named)
  const { from, columns, totalRows } = await read(paths, format, options, named)
  return {
    relation: {
      query: `select ${columns.map(({ name }) => quoteIdentifier(name)).join(', ')} from ${from}`,
      columns,
      named,
      totalRows,
      totalBytes: bytes,
    },
    paths,
    close: async () => {},
  }
}

async function gather(
  source: Files,
  { limits, stdin, signal }: FileSourceOptions,
  named: string,
): Promise<{ paths: string[]; format: FileFormat; bytes: number }> {
  if (source.type === 'stdin') {
    const path = join(limits.temporaryDirectory, 'stdin')
    await spool(stdin, path, source.format, named, signal)
    return { paths: [path], format: spooledFormat(source.format), bytes: (await stat(path)).size }
  }
  if (source.paths.length === 0) {
    throw new Fault('not_found', 'transfer.no_files', 'There is no file to read.')
  }
  const paths: string[] = []
  let bytes = 0
  for (const path of source.paths) {
    const real = await guardPath(path, source.root)
    const found = await stat(real).catch((error: unknown) => {
      throw pathFault(error, path)
    })
    if (!found.isFile()) {
      throw new Fault(
        'invalid',
        'transfer.not_a_file',
        `${path} is not a plain file. Read from - and pipe it in.`,
      )
    }
    paths.push(real)
    bytes += found.size
  }
  if (!needsSpool(source.format)) return { paths, format: source.format, bytes }
  const spooled = await spoolFiles(paths, source.format, limits.temporaryDirectory, signal)
  return { paths: spooled, format: spooledFormat(source.format), bytes }
}

function nameOf(source: Files): string {
  if (source.type === 'stdin') return 'standard input'
  const [first = 'no file'] = source.paths
  return source.paths.length > 1 ? `${first} and ${source.paths.length - 1} more` : first
}

/** What a format's reader found; the query is made of it. */
export interface Found {
  from: string
  columns: Column[]
  totalRows: number | null
}

async function read(
  paths: string[],
  format: FileFormat,
  options: FileSourceOptions,
  named: string,
): Promise<Found> {
  switch (format.type) {
    case 'csv':
      return openCsv(paths, format, options, named)
    case 'json':
    case 'jsonline':
      return openJson(paths, format, options, named)
    case 'parquet':
      return openParquet(paths, options.duck)
  }
}

async function openCsv(
  paths: string[],
  format: Extract<FileFormat, { type: 'csv' }>,
  { duck, types }: FileSourceOptions,
  named: string,
): Promise<Found> {
  const names = await csvColumnNames(paths, format, named)
  if (names.length === 0) {
    throw new Fault(
      'invalid',
      'transfer.no_columns',
      `${named} is empty: there is not even a line with column names.`,
    )
  }
  const from = readCsv(paths, format, names)
  const found = types ? await inferCsvTypes(duck, from, names) : []
  const columns = names.map((name, index): Column => {
    const inferred = found[index]
    const text = { name, type: 'VARCHAR', postgresType: inferred?.type ?? 'text', sourceType: 'text' }
    return inferred === undefined || inferred.duckType === 'VARCHAR'
      ? text
      : { ...text, meaning: inferred.duckType }
  })
  return { from, columns, totalRows: null }
}

/**
 * DuckDB reads all objects once to find the fields. Fields are then read as what JSON itself knows: numbers,
 * booleans, texts (dates stay the text that they are), and as JSON where they hold objects or lists. A field
 * that mixes numbers with texts becomes text.
 */
async function openJson(
  paths: string[],
  format: Extract<FileFormat, { type: 'json' | 'jsonline' }>,
  { duck, signal }: FileSourceOptions,
  named: string,
): Promise<Found> {
  await checkJsonNumbers(paths, format, named, signal)
  const found = await duck.describe(`select * from ${readJson(paths, format)}`)
  if (found.length === 0 || (found.length === 1 && found[0]?.name === 'json')) {
    throw new Fault(
      'invalid',
      'transfer.no_columns',
      `${named} holds no objects with fields, so there is no table in it.`,
    )
  }
  const columns: Column[] = []
  for (const { name, type } of found) columns.push(await jsonColumn(name, type, paths, format, duck))
  return { from: readJson(paths, format, columns), columns, totalRows: null }
}

async function jsonColumn(
  name: string,
  found: string,
  paths: string[],
  format: Extract<FileFormat, { type: 'json' | 'jsonline' }>,
  duck: Duck,
): Promise<Column> {
  const column = (type: string, postgresType = postgresTypeOf(type), note?: string): Column => ({
    name,
    type,
    postgresType,
    sourceType: 'json',
    ...(note === undefined ? {} : { note }),
  })
  if (['BOOLEAN', 'BIGINT', 'UBIGINT', 'HUGEINT'].includes(found)) return column(found)
  if (isNested(found)) return column('JSON')
  const values = (type: string) => `${readJson(paths, format, [{ name, type }])}`
  const x = quoteIdentifier(name)
  if (found === 'DOUBLE') {
    // A double holds integers up to 2^53 only; bigger ones keep their digits as text on the way to numeric.
    const [[big] = []] = await duck.rows(
      `select bool_or(abs(TRY_CAST(${x} AS DOUBLE)) >= 9007199254740992 AND NOT regexp_matches(${x}, '[.eE]')) from ${values('VARCHAR')}`,
    )
    return big === 'true'
      ? column('VARCHAR', 'numeric', 'as text: numbers too large for a double')
      : column('DOUBLE')
  }
  if (found === 'JSON') {
    const [[mixed] = []] = await duck.rows(
      `select bool_or(json_type(${x}) NOT IN ('OBJECT', 'ARRAY', 'NULL')) from ${values('JSON')}`,
    )
    if (mixed !== 'true') return column('JSON')
    return column('VARCHAR', 'text', 'as text: the field holds values of several kinds')
  }
  return column('VARCHAR')
}
