import { Fault } from '#fault'

import type { PostgresLogin, TableName } from '../../engine/job.ts'
import type { ColumnInfo, TableInfo } from './catalog.ts'
import { placeOf } from './login.ts'
import { tableText } from './quote.ts'

export interface WantedColumn {
  name: string
  type: string
}

/** What stands around the target beside its columns, asked in one query by `readSurroundings`. */
export interface Surroundings {
  /** Tables whose foreign keys point here: deleting rows here fails there, or worse, cascades. */
  referencedBy: {
    table: string
    onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'
  }[]
  hasDeleteTrigger: boolean
  mayTruncate: boolean
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

/**
 * How the old rows go. TRUNCATE is the fast way, but it would pass by triggers on delete, and it is not
 * possible while another table refers to this one. A foreign key that reacts to deletes is refused: it
 * would take other tables' rows along.
 */
export function emptyBy(info: TableInfo, around: Surroundings, where: string): 'truncate' | 'delete' {
  const reacting = around.referencedBy.find(({ onDelete }) => !['no action', 'restrict'].includes(onDelete))
  if (reacting !== undefined) {
    throw new Fault(
      'conflict',
      'transfer.replace_would_cascade',
      `Replacing the rows of ${where} would change ${reacting.table} too (its foreign key says ON DELETE ${reacting.onDelete.toUpperCase()}). ` +
        'Append to it, or change the key.',
    )
  }
  const plain = info.kind === 'r' || info.kind === 'p'
  return plain && around.mayTruncate && !around.hasDeleteTrigger && around.referencedBy.length === 0
    ? 'truncate'
    : 'delete'
}
