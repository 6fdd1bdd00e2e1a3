/**
 * How one column of DuckDB becomes one column of PostgreSQL: as which expression, and in which form.
 *
 * A value is carried exactly or the statement ends with the column's name. PostgreSQL would round a number
 * to its column's scale and a time to its precision and say nothing, so such columns are guarded by an
 * expression that DuckDB checks row by row; columns that cannot be altered have none.
 */
import { textOf } from '../../format/postgres-type.ts'
import { quoteIdentifier, quoteLiteral } from '../../format/sql.ts'
import type { Encoder } from './binary.ts'
import type { Column } from './relation.ts'

export interface Lane {
  /** For binary rows; null when the server knows this type by its text only. */
  binary: { expression: string; encoder: Encoder } | null
  /** For rows as CSV. */
  text: string
}

const WHOLE: Record<string, number | undefined> = {
  TINYINT: 3,
  UTINYINT: 3,
  SMALLINT: 5,
  USMALLINT: 5,
  INTEGER: 10,
  UINTEGER: 10,
  BIGINT: 19,
  UBIGINT: 20,
}

/** The lane from a column to a PostgreSQL type as DDL writes it: `numeric(15,2)`, `character(1)`. */
export function laneOf(column: Column, target: string): Lane {
  const type = parseType(target)
  const source = quoteIdentifier(column.name)
  const guarded = guard(source, column, type)
  return { binary: binaryLane(guarded, column.type, type), text: textOf(guarded, column.type) }
}

interface TargetType {
  /** Without modifiers: `numeric`, `timestamp without time zone`. */
  base: string
  modifiers: number[]
}

const ALIASES: Record<string, string | undefined> = {
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  varchar: 'character varying',
}

function parseType(target: string): TargetType {
  const found = /^(.*?)\((\d+)(?:,(-?\d+))?\)(.*)$/.exec(target)
  const base = found === null ? target : `${found[1]}${found[4]}`
  const modifiers = found === null ? [] : [found[2], found[3]].filter((one) => one !== undefined).map(Number)
  return { base: ALIASES[base] ?? base, modifiers }
}

function binaryLane(x: string, duckType: string, { base }: TargetType): Lane['binary'] {
  const lane = (expression: string, encoder: Encoder) => ({ expression, encoder })
  const decimal = decimalOf(duckType)
  const whole = WHOLE[duckType] !== undefined || decimal?.scale === 0
  switch (base) {
    case 'boolean':
      return duckType === 'BOOLEAN' ? lane(x, { kind: 'bool' }) : null
    case 'smallint':
      return whole ? lane(`CAST(${x} AS SMALLINT)`, { kind: 'int2' }) : null
    case 'integer':
      return whole ? lane(`CAST(${x} AS INTEGER)`, { kind: 'int4' }) : null
    case 'bigint':
      return whole ? lane(`CAST(${x} AS BIGINT)`, { kind: 'int8' }) : null
    case 'real':
      return duckType === 'FLOAT' || duckType === 'DOUBLE'
        ? lane(`CAST(${x} AS FLOAT)`, { kind: 'float4' })
        : null
    case 'double precision':
      return duckType === 'FLOAT' || duckType === 'DOUBLE' || (WHOLE[duckType] ?? 99) <= 10
        ? lane(`CAST(${x} AS DOUBLE)`, { kind: 'float8' })
        : null
    case 'numeric':
      return numericLane(x, duckType)
    case 'date':
      return duckType === 'DATE' ? lane(x, { kind: 'date' }) : null
    case 'time without time zone':
      return duckType === 'TIME' ? lane(x, { kind: 'time' }) : null
    case 'timestamp without time zone':
      return /^TIMESTAMP(_S|_MS)?$/.test(duckType)
        ? lane(`CAST(${x} AS TIMESTAMP)`, { kind: 'timestamp' })
        : null
    case 'timestamp with time zone':
      return duckType === 'TIMESTAMP WITH TIME ZONE' ? lane(x, { kind: 'timestamp' }) : null
    case 'uuid':
      return duckType === 'UUID' ? lane(x, { kind: 'uuid' }) : null
    case 'bytea':
      return duckType === 'BLOB' ? lane(x, { kind: 'bytes', version: null }) : null
    case 'jsonb':
      return lane(textOf(x, duckType), { kind: 'bytes', version: 1 })
    case 'text':
    case 'character varying':
    case 'character':
    case 'json':
      return lane(textOf(x, duckType), { kind: 'bytes', version: null })
    default:
      return null
  }
}

function numericLane(x: string, duckType: string): Lane['binary'] {
  const digits = WHOLE[duckType]
  const decimal = decimalOf(duckType) ?? (digits === undefined ? null : { precision: digits, scale: 0 })
  if (decimal === null) return null
  const width = decimal.precision <= 9 ? 4 : decimal.precision <= 18 ? 8 : 16
  return {
    expression: digits === undefined ? x : `CAST(${x} AS DECIMAL(${digits}, 0))`,
    encoder: { kind: 'numeric', width, ...decimal },
  }
}

function decimalOf(duckType: string): { precision: number; scale: number } | null {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckType) ?? []
  return precision === undefined ? null : { precision: Number(precision), scale: Number(scale) }
}

/** The value, or where the target would silently round it, an error that names column and value. */
function guard(source: string, column: Column, { base, modifiers }: TargetType): string {
  const exact = exactWhen(source, column, base, modifiers)
  if (exact === null) return source
  const shown = modifiers.length === 0 ? base : `${base}(${modifiers.join(',')})`
  const sentence = `column ${JSON.stringify(column.name)} cannot hold `
  const message = `${quoteLiteral(sentence)} || left(CAST(${source} AS VARCHAR), 80) || ${quoteLiteral(` exactly: it is ${shown}`)}`
  return `CASE WHEN ${source} IS NULL OR (${exact}) THEN ${source} ELSE error(${message}) END`
}

function exactWhen(
  source: string,
  column: Column,
  base: string,
  modifiers: readonly number[],
): string | null {
  const { type } = column
  const [first, second = 0] = modifiers
  const text = type === 'VARCHAR'
  switch (base) {
    case 'numeric': {
      if (first === undefined) return null
      const decimal = decimalOf(type)
      if (decimal !== null) return decimal.scale <= second ? null : `${source} = round(${source}, ${second})`
      if (type === 'FLOAT' || type === 'DOUBLE') return fractionFits(`CAST(${source} AS VARCHAR)`, second)
      return text ? fractionFits(source, second) : null
    }
    case 'real':
      return type === 'DOUBLE'
        ? `isnan(${source}) OR CAST(CAST(${source} AS FLOAT) AS DOUBLE) = ${source}`
        : null
    case 'double precision':
      if (type === 'BIGINT' || type === 'UBIGINT' || type === 'HUGEINT' || type === 'UHUGEINT') {
        return `CAST(CAST(${source} AS DOUBLE) AS HUGEINT) = ${source}`
      }
      return null
    case 'smallint':
    case 'integer':
    case 'bigint':
      return decimalOf(type) !== null ? `${source} = round(${source}, 0)` : null
    case 'timestamp without time zone':
    case 'timestamp with time zone':
    case 'time without time zone':
    case 'time with time zone': {
      const digits = first ?? 6
      if (type === 'TIMESTAMP_NS') return `epoch_ns(${source}) % ${10 ** (9 - digits)} = 0`
      if (first === undefined) return text ? fractionFits(source, 6) : null
      return fractionFits(`CAST(${source} AS VARCHAR)`, digits)
    }
    case 'date':
      // A moment in a column of days would lose its time.
      return type.startsWith('TIMESTAMP')
        ? `CAST(CAST(${source} AS DATE) AS TIMESTAMP) = CAST(${source} AS TIMESTAMP)`
        : null
    default:
      return null
  }
}

/** At most so many digits behind the point, zeros at the end not counted. */
function fractionFits(text: string, digits: number): string {
  return `length(rtrim(regexp_extract(${text}, '\\.([0-9]*)', 1), '0')) <= ${digits} AND NOT regexp_matches(${text}, '[0-9][eE]-')`
}
