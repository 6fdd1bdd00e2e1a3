/**
 * How DuckDB's types and PostgreSQL's stand to each other, so that a value keeps what it is.
 *
 * Where PostgreSQL has no equal, the next wider exact type is taken: unsigned 64 bits become numeric(20,0),
 * structs become jsonb, sets of named values become text.
 */

/** The type of a new PostgreSQL column that holds a DuckDB value exactly. */
export function postgresTypeOf(duckType: string): string {
  const known = SCALARS[duckType]
  if (known !== undefined) return known
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckType)
  if (decimal !== null) return `numeric(${decimal[1]},${decimal[2]})`
  const element = elementOf(duckType)
  if (element !== null && LIST_ELEMENTS.has(element.replace(/\(.*/, '')))
    return `${postgresTypeOf(element)}[]`
  if (isNested(duckType)) return 'jsonb'
  return 'text'
}

const SCALARS: Record<string, string | undefined> = {
  BOOLEAN: 'boolean',
  TINYINT: 'smallint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  UTINYINT: 'smallint',
  USMALLINT: 'integer',
  UINTEGER: 'bigint',
  UBIGINT: 'numeric(20,0)',
  HUGEINT: 'numeric(39,0)',
  UHUGEINT: 'numeric(39,0)',
  BIGNUM: 'numeric',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  VARCHAR: 'text',
  JSON: 'jsonb',
  BLOB: 'bytea',
  BIT: 'bit varying',
  UUID: 'uuid',
  DATE: 'date',
  TIME: 'time',
  'TIME WITH TIME ZONE': 'timetz',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
  INTERVAL: 'interval',
}

/** Elements whose text an array of PostgreSQL reads back as the same value. */
const LIST_ELEMENTS = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
  'VARCHAR',
  'UUID',
  'DATE',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
  'BLOB',
])

/** What a list or a fixed array holds: `INTEGER` of `INTEGER[]` and `INTEGER[3]`; null for other types. */
function elementOf(duckType: string): string | null {
  return /^(.*)\[\d*\]$/s.exec(duckType)?.[1] ?? null
}

/** Whether the type holds other values: lists, structs, maps, unions. */
export function isNested(duckType: string): boolean {
  return /\]$|^(STRUCT|MAP|UNION|VARIANT)\b/.test(duckType)
}

/**
 * The text of a value as PostgreSQL reads it back, as a DuckDB expression. Differs from a plain cast where
 * the two write the same value differently: bytes, years before Christ, lists, nested values.
 */
export function textOf(expression: string, duckType: string): string {
  const plain = `CAST(${expression} AS VARCHAR)`
  switch (duckType) {
    case 'VARCHAR':
    case 'JSON':
      return duckType === 'JSON' ? plain : expression
    case 'BLOB':
      return `'\\x' || lower(hex(${expression}))`
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
    case 'TIMESTAMP_NS':
    case 'TIMESTAMP WITH TIME ZONE':
      return `CASE WHEN contains(${plain}, ' (BC)') THEN replace(${plain}, ' (BC)', '') || ' BC' ELSE ${plain} END`
    default:
      return nestedTextOf(expression, duckType) ?? plain
  }
}

function nestedTextOf(expression: string, duckType: string): string | null {
  const element = elementOf(duckType)
  if (element !== null && postgresTypeOf(duckType) !== 'jsonb') {
    const inner = `replace(replace(${textOf('e', element)}, '\\', '\\\\'), '"', '\\"')`
    const items = `list_transform(${expression}, lambda e: coalesce('"' || ${inner} || '"', 'NULL'))`
    return `CASE WHEN ${expression} IS NOT NULL THEN '{' || array_to_string(${items}, ',') || '}' END`
  }
  return isNested(duckType) ? `CAST(to_json(${expression}) AS VARCHAR)` : null
}
