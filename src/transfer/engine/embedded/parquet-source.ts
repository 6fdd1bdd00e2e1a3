import { postgresTypeOf } from '../../format/postgres-type.ts'
import { readParquet } from '../../format/read.ts'
import { cut, quotePaths } from '../../format/sql.ts'
import type { Duck } from './duck.ts'
import type { Found } from './file-source.ts'
import type { Column } from './relation.ts'

/** Parquet files with the types that they say; how many rows there are stands in them too. */
export async function openParquet(paths: readonly string[], duck: Duck): Promise<Found> {
  const from = readParquet(paths)
  const found = await duck.describe(`select * from ${from}`)
  const [[rows] = []] = await duck.rows(
    `select sum(num_rows) from parquet_file_metadata(${quotePaths(paths)})`,
  )
  const refusals = await alteredColumns(duck, paths)
  const columns = found.map(({ name, type }): Column => {
    const refusal = refusals.get(name)
    return {
      name,
      type,
      postgresType: postgresTypeOf(type),
      sourceType: cut(type),
      ...(refusal === undefined ? {} : { refusal }),
    }
  })
  return { from, columns, totalRows: rows === null || rows === undefined ? null : Number(rows) }
}

type Refusal = NonNullable<Column['refusal']>

/**
 * Columns of which DuckDB reads something else than what the file holds, and says nothing (seen with 1.5.5):
 * INT96 and zoned nanoseconds lose their last three digits, decimals past 38 digits become nonsense.
 */
async function alteredColumns(duck: Duck, paths: readonly string[]): Promise<Map<string, Refusal>> {
  const nodes = await duck.rows(
    `select file_name, name, coalesce(num_children, 0), type, coalesce(logical_type, ''), coalesce(precision, 0)
     from parquet_schema(${quotePaths(paths)})`,
  )
  const altered = new Map<string, Refusal>()
  let file: string | null | undefined
  let column = ''
  let below = 0
  for (const [name, node, children, type, logical, precision] of nodes) {
    if (name !== file) {
      // The first node of each file is its root.
      file = name
      below = 0
      continue
    }
    if (below === 0) {
      column = node ?? ''
      below = 1
    }
    below += Number(children) - 1
    const refusal = refusalOf(type ?? '', logical ?? '', Number(precision))
    if (refusal !== null) altered.set(column, refusal)
  }
  return altered
}

function refusalOf(type: string, logical: string, precision: number): Refusal | null {
  if (precision > 38) {
    return { why: `decimals of ${precision} digits, and at most 38 can be read`, castable: false }
  }
  const nanoseconds = logical.includes('NANOS=Nano')
  const zoned = logical.includes('isAdjustedToUTC=1')
  if (
    type === 'INT96' ||
    (nanoseconds && (zoned || logical.startsWith('Time')) && !isPlainTimestamp(logical))
  ) {
    return {
      why: `nanoseconds (${type === 'INT96' ? 'INT96' : 'in UTC'}), of which the last three digits would be lost`,
      castable: true,
    }
  }
  return null
}

/** Nanoseconds without a zone are the ones that DuckDB has a type for. */
function isPlainTimestamp(logical: string): boolean {
  return logical.startsWith('TimestampType(isAdjustedToUTC=0')
}
