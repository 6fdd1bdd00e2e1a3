import { Fault } from '#fault'

import type { Compression, FileFormat } from '../engine/job.ts'
import { isNested, textOf } from './postgres-type.ts'
import { quoteIdentifier, quoteLiteral } from './sql.ts'

/** Compression of Parquet's pages, in DuckDB's words. */
const PARQUET: Record<Compression, string | null> = {
  none: 'uncompressed',
  snappy: 'snappy',
  gzip: 'gzip',
  zstd: 'zstd',
  lz4: 'lz4_raw',
  bzip2: null,
  deflate: null,
  zlib: null,
}

/** The options of DuckDB's `COPY … TO` for a format, its bytes as UTF-8 and, with `plain`, not packed. */
export function copyOptions(format: FileFormat, plain: boolean): string {
  const packed =
    plain || format.type === 'parquet' || format.compression === 'none'
      ? ''
      : `, compression ${format.compression}`
  switch (format.type) {
    case 'parquet': {
      const codec = PARQUET[format.compression]
      if (codec === null) {
        throw new Fault(
          'invalid',
          'transfer.compression_unsupported',
          `Parquet knows no ${format.compression}; none, snappy, gzip, zstd and lz4 can be written.`,
        )
      }
      return `format parquet, compression ${codec}`
    }
    case 'csv':
      return `format csv, header ${format.include_header}, delimiter ${quoteLiteral(format.delimiter)}, quote ${quoteLiteral(format.quote)}, escape ${quoteLiteral(format.escape)}, nullstr ''${packed}`
    case 'json':
      return `format json, array true${packed}`
    case 'jsonline':
      return `format json, array false${packed}`
  }
}

/** A value on its way to a file, and what type the file has for it. */
export interface FileColumn {
  expression: string
  type: string
  note?: string | undefined
}

/**
 * How a column of DuckDB is written so that the file holds its very value: what a format has no form for is
 * written as text, or refused by the column's name at the first such value.
 */
export function fileColumn(
  name: string,
  expression: string,
  duckType: string,
  format: FileFormat,
): FileColumn {
  switch (format.type) {
    case 'csv':
      return { expression: textOf(expression, duckType), type: 'text' }
    case 'parquet':
      return parquetColumn(expression, duckType)
    case 'json':
    case 'jsonline':
      return jsonColumn(name, expression, duckType)
  }
}

/** Types that DuckDB would write to Parquet as another value: a huge number as a double, an interval in ms. */
function parquetColumn(expression: string, duckType: string): FileColumn {
  switch (duckType) {
    case 'HUGEINT':
    case 'UHUGEINT':
      return { expression: `CAST(${expression} AS DECIMAL(38, 0))`, type: 'DECIMAL(38,0)' }
    case 'INTERVAL':
    case 'TIME WITH TIME ZONE':
    case 'BIT':
    case 'BIGNUM':
      return {
        expression: textOf(expression, duckType),
        type: 'VARCHAR',
        note: `as text: Parquet has no equal of ${duckType}`,
      }
    default:
      return { expression, type: duckType }
  }
}

function jsonColumn(name: string, expression: string, duckType: string): FileColumn {
  const refuse = (when: string, why: string): string => {
    const message = quoteLiteral(
      `column ${JSON.stringify(name)} cannot be written as JSON: ${why}. Cast it to VARCHAR by a column filter`,
    )
    return `CASE WHEN ${when} THEN error(${message}) ELSE ${expression} END`
  }
  if (duckType === 'FLOAT' || duckType === 'DOUBLE') {
    return {
      expression: refuse(`NOT isfinite(${expression})`, 'JSON has no NaN and no infinity'),
      type: duckType,
    }
  }
  if (duckType === 'JSON') {
    // DuckDB parses JSON once more to write it, and rounds long fractions to doubles.
    const long = `regexp_matches(${expression}, '[0-9]\\.[0-9]{16,}|[0-9]{16,}\\.[0-9]|[0-9.]{17,}[eE]')`
    return { expression: refuse(long, 'a number in it has more digits than a double holds'), type: 'JSON' }
  }
  if (duckType === 'BLOB' || duckType === 'BIT')
    return { expression: textOf(expression, duckType), type: 'text' }
  return { expression, type: isNested(duckType) ? 'JSON' : duckType }
}

/** `select` list and statement for a file. */
export function copyStatement(
  query: string,
  columns: readonly { name: string; expression: string }[],
  path: string,
  options: string,
): string {
  const list = columns.map(({ name, expression }) => `${expression} as ${quoteIdentifier(name)}`)
  return `copy (select ${list.join(', ')} from (${query})) to ${quoteLiteral(path)} (${options})`
}
