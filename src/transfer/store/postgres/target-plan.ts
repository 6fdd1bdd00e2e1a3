import { Fault } from '#fault'

import type { PostgresLogin, TableName } from '../../engine/job.ts'
import type { ColumnInfo, TableInfo } from './catalog.ts'
import { placeOf } from './login.ts'
import { tableText } from './quote.ts'

export interface WantedColumn {
  name: string
  type: string
}

/** The columns that will be written, in the order of `wanted`, and what is left out with the reason. */
export interface TargetColumns {
  columns: ColumnInfo[]
  leftOut: { name: string; why: string }[]
}

/**
 * Which of the wanted columns the existing table takes. A generated column is left out, for the table
 * computes it itself; any other that is missing on either side is a fault that names it.
 */
export function matchColumns(
  info: TableInfo,
  wanted: readonly WantedColumn[],
  target: { login: PostgresLogin; table: TableName },
): TargetColumns {
  const where = `${tableText(target.table)} at ${placeOf(target.login)}`
  if (!['r', 'p', 'v', 'f'].includes(info.kind)) {
    throw new Fault(
      'invalid',
      'transfer.target_not_writable',
      `${where} is a materialised view; rows cannot be written to it.`,
    )
  }
  const byName = new Map(info.columns.map((column) => [column.name, column]))
  const columns: ColumnInfo[] = []
  const leftOut: TargetColumns['leftOut'] = []
  for (const { name } of wanted) {
    const column = byName.get(name)
    if (column === undefined) {
      throw new Fault(
        'invalid',
        'transfer.column_extra',
        `The source has a column "${name}" that ${where} lacks. Leave it out or rename it by a column filter, or add it to the table.`,
        { details: { column: name } },
      )
    }
    if (column.generated)
      leftOut.push({ name, why: `"${name}" is left out: ${tableText(target.table)} computes it itself.` })
    else columns.push(column)
  }
  const given = new Set(wanted.map((column) => column.name))
  const missing = info.columns.find(
    (column) =>
      !given.has(column.name) &&
      column.notNull &&
      !column.hasDefault &&
      column.identity === null &&
      !column.generated,
  )
  if (missing !== undefined) {
    throw new Fault(
      'invalid',
      'transfer.column_missing',
      `${where} demands a value for its column "${missing.name}", which the source does not have.`,
      { details: { column: missing.name } },
    )
  }
  if (columns.length === 0) {
    throw new Fault('invalid', 'transfer.no_columns', `There is no column to write to ${where}.`)
  }
  return { columns, leftOut }
}
