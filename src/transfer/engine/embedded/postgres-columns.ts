import { quoteName } from '../../store/postgres/quote.ts'
import type { ColumnInfo } from '../../store/postgres/catalog.ts'
import type { Column } from './relation.ts'

/** How one column of a PostgreSQL table comes over. */
export interface CarriedColumn {
  column: Column
  /** What the server is asked for. `null`: the column itself, which DuckDB's own scan reads exactly. */
  ask: string | null
  /** The same for COPY, where it would write the value in another way than the extension reads it. */
  askCopy?: string | undefined
  /** From the text that COPY writes to DuckDB's value, where a plain cast does not do. */
  fromText?: ((text: string) => string) | undefined
  /** True on the server for a value that DuckDB would alter; such a column is carried as text instead. */
  extreme?: string | undefined
}

/** Types that the scan and the text form both carry exactly, in DuckDB's words. */
const DIRECT: Record<string, string | undefined> = {
  boolean: 'BOOLEAN',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  'double precision': 'DOUBLE',
  text: 'VARCHAR',
  uuid: 'UUID',
  bytea: 'BLOB',
  date: 'DATE',
  'timestamp without time zone': 'TIMESTAMP',
  'timestamp with time zone': 'TIMESTAMP WITH TIME ZONE',
  'time without time zone': 'TIME',
}

const LISTS: Record<string, string | undefined> = {
  'smallint[]': 'SMALLINT[]',
  'integer[]': 'INTEGER[]',
  'bigint[]': 'BIGINT[]',
  'boolean[]': 'BOOLEAN[]',
  'text[]': 'VARCHAR[]',
}

/**
 * The way for each type. What DuckDB has no exact equal for is asked for as text, and the note says so:
 * better a text than another value.
 */
export function carry(info: ColumnInfo): CarriedColumn {
  const name = quoteName(info.name)
  const base = { name: info.name, postgresType: info.type, sourceType: info.type }
  const type = info.baseType.replace(/^(timestamp|time)\(\d\)/, '$1')
  // The scan knows nothing of domains; their base type comes over the same way.
  const ask = info.typtype === 'd' ? `${name}::${info.baseType}` : null
  const direct = type.startsWith('character') ? 'VARCHAR' : DIRECT[type]
  if (/^character(\(|$)/.test(type)) {
    // The blanks that fill a char(n) are no part of its value; the extension leaves them out too.
    return { column: { ...base, type: 'VARCHAR' }, ask, askCopy: `${name}::text` }
  }
  if (direct !== undefined) {
    return {
      column: { ...base, type: direct },
      ask,
      fromText: reader(direct),
      extreme: extremeOf(name, direct),
    }
  }
  const decimal = decimalOf(type)
  if (decimal !== null) {
    return { column: { ...base, type: decimal }, ask, extreme: `${name} = 'NaN'` }
  }
  const list = LISTS[type]
  if (list !== undefined) {
    return {
      column: { ...base, type: list },
      ask: `array_to_json(${name})::text`,
      fromText: (text) => `CAST(CAST(${text} AS JSON) AS ${list})`,
      extreme: `array_ndims(${name}) > 1 or array_lower(${name}, 1) <> 1`,
    }
  }
  if (type === 'json' || type === 'jsonb') {
    return {
      column: { ...base, type: 'JSON' },
      ask: `${name}::text`,
      fromText: (text) => `CAST(${text} AS JSON)`,
    }
  }
  if (type === 'oid') return { column: { ...base, type: 'BIGINT' }, ask: `${name}::bigint` }
  return asText(info, `as text: ${info.type} has no equal`)
}

/** The column as the server writes it. */
export function asText(info: ColumnInfo, note: string): CarriedColumn {
  return {
    column: { name: info.name, type: 'VARCHAR', postgresType: info.type, sourceType: info.type, note },
    ask: `${quoteName(info.name)}::text`,
  }
}

function decimalOf(type: string): string | null {
  const [, precision, scale] = /^numeric\((\d+),(-?\d+)\)$/.exec(type) ?? []
  const fits = Number(precision) <= 38 && Number(scale) >= 0 && Number(scale) <= Number(precision)
  return precision !== undefined && fits ? `DECIMAL(${precision},${scale})` : null
}

/** Infinity and years that files and their readers have no common form for. */
function extremeOf(name: string, type: string): string | undefined {
  if (type !== 'DATE' && !type.startsWith('TIMESTAMP')) return undefined
  return `${name} < '0001-01-01' or ${name} >= '10000-01-01'`
}

function reader(type: string): ((text: string) => string) | undefined {
  return type === 'BLOB' ? (text) => `unhex(substr(${text}, 3))` : undefined
}
