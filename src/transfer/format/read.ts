import { Fault } from '#fault'

import type { Compression, FileFormat } from '../engine/job.ts'
import { quoteIdentifier, quoteLiteral, quotePaths } from './sql.ts'

/** The longest line of a CSV file and the longest object of a JSON file that are read. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024
const LONGEST_OBJECT_BYTES = 64 * 1024 * 1024

/** What DuckDB unpacks by itself while it reads; the rest is unpacked by Node before, or refused. */
export const READ_BY_DUCKDB: ReadonlySet<Compression> = new Set(['none', 'gzip', 'zstd'])

type Csv = Extract<FileFormat, { type: 'csv' }>

/** The dialect in DuckDB's words. Nothing is guessed: a file is read as the format says, or not at all. */
function csvDialect(format: Csv): string[] {
  for (const [name, value, most] of [
    ['delimiter', format.delimiter, 4],
    ['quote', format.quote, 1],
    ['escape', format.escape, 1],
  ] as const) {
    if (Buffer.byteLength(value) > most || (name === 'delimiter' && value === '')) {
      throw unreadable(
        `a CSV ${name} of "${value}"`,
        name === 'delimiter' ? 'one to four bytes' : 'one ASCII character',
      )
    }
  }
  if (!['\n', '\r\n', '\r'].includes(format.line_sep)) {
    throw unreadable(`a CSV line separator of ${JSON.stringify(format.line_sep)}`, '\\n, \\r\\n or \\r')
  }
  return [
    `delim = ${quoteLiteral(format.delimiter)}`,
    `quote = ${quoteLiteral(format.quote)}`,
    `escape = ${quoteLiteral(format.escape)}`,
    `header = ${format.include_header}`,
    "comment = ''",
    "nullstr = ''",
    // `""` is an empty text and an unquoted nothing is NULL, as PostgreSQL's COPY has it.
    'allow_quoted_nulls = false',
    `max_line_size = ${LONGEST_LINE_BYTES}`,
    // DuckDB would take sixteen lines for each buffer, and has several.
    `buffer_size = ${2 * LONGEST_LINE_BYTES}`,
    `compression = ${quoteLiteral(format.compression)}`,
  ]
}

/** CSV files as a table function; every column is text, exactly as it stands in the file. */
export function readCsv(paths: readonly string[], format: Csv, columns: readonly string[]): string {
  const struct = columns.map((name) => `${quoteIdentifier(name)}: 'VARCHAR'`).join(', ')
  return `read_csv(${quotePaths(paths)}, ${[...csvDialect(format), 'auto_detect = false', `columns = {${struct}}`].join(', ')})`
}

/** JSON files as a table function; without columns their names and types are found by reading all of it. */
export function readJson(
  paths: readonly string[],
  format: Extract<FileFormat, { type: 'json' | 'jsonline' }>,
  columns?: readonly { name: string; type: string }[],
): string {
  const struct = columns?.map((column) => `${quoteIdentifier(column.name)}: ${quoteLiteral(column.type)}`)
  const options = [
    `format = '${format.type === 'json' ? 'array' : 'newline_delimited'}'`,
    'records = true',
    `maximum_object_size = ${LONGEST_OBJECT_BYTES}`,
    `compression = ${quoteLiteral(format.compression === 'none' ? 'uncompressed' : format.compression)}`,
    struct === undefined
      ? 'sample_size = -1, maximum_depth = 2, map_inference_threshold = -1, union_by_name = true'
      : `columns = {${struct.join(', ')}}`,
  ]
  return `read_json(${quotePaths(paths)}, ${options.join(', ')})`
}

export function readParquet(paths: readonly string[]): string {
  return `read_parquet(${quotePaths(paths)})`
}

function unreadable(what: string, instead: string): Fault {
  return new Fault(
    'invalid',
    'transfer.format_unsupported',
    `Files with ${what} cannot be read; ${instead} can.`,
  )
}
