import { Fault } from '#fault'
import type pg from 'pg'

import type { PostgresLogin, TableName } from '../../engine/job.ts'
import type { TableInfo } from './catalog.ts'
import { placeOf } from './login.ts'
import { quoteTable, tableText } from './quote.ts'

interface EmptiedTable {
  login: PostgresLogin
  table: TableName
}

/** What stands around the target beside its columns. */
interface Surroundings {
  /** Tables whose foreign keys point here: deleting rows here fails there, or worse, cascades. */
  referencedBy: {
    table: string
    onDelete: 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default'
  }[]
  hasDeleteTrigger: boolean
  mayTruncate: boolean
}

/** Takes all rows out, in the transaction that the client is in. */
export async function emptyTable(client: pg.Client, target: EmptiedTable, info: TableInfo): Promise<void> {
  const how = await planEmptying(client, target, info)
  const table = quoteTable(target.table)
  await client.query(how === 'truncate' ? `truncate ${table}` : `delete from ${table}`)
}

/** How that will be done; a fault if it must not be. */
export async function planEmptying(
  client: pg.Client,
  { login, table }: EmptiedTable,
  info: TableInfo,
): Promise<'truncate' | 'delete'> {
  return emptyBy(info, await readSurroundings(client, info.oid), `${tableText(table)} at ${placeOf(login)}`)
}

/**
 * How the old rows go. TRUNCATE is the fast way, but it would pass by triggers on delete, and it is not
 * possible while another table refers to this one. A foreign key that reacts to deletes is refused: it
 * would take other tables' rows along.
 */
function emptyBy(info: TableInfo, around: Surroundings, where: string): 'truncate' | 'delete' {
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

const ON_DELETE = { a: 'no action', r: 'restrict', c: 'cascade', n: 'set null', d: 'set default' } as const

/** What decides how the table may be emptied; a partitioned table's children count through their root. */
async function readSurroundings(client: pg.Client, oid: number): Promise<Surroundings> {
  const found = await client.query<{
    referenced_by: { table: string; on_delete: keyof typeof ON_DELETE }[]
    delete_trigger: boolean
    may_truncate: boolean
  }>(
    `select coalesce((select jsonb_agg(jsonb_build_object('table', k.conrelid::regclass::text, 'on_delete', k.confdeltype) order by k.oid)
                      from pg_constraint k where k.contype = 'f' and k.confrelid = $1 and k.conrelid <> $1
                      and k.conparentid = 0), '[]') as referenced_by,
            exists (select from pg_trigger t where t.tgrelid = $1 and not t.tgisinternal and t.tgenabled <> 'D'
                    and t.tgtype & 8 <> 0) as delete_trigger,
            has_table_privilege($1::oid, 'truncate') as may_truncate`,
    [oid],
  )
  const row = found.rows[0]
  return {
    referencedBy: (row?.referenced_by ?? []).map((key) => ({
      table: key.table,
      onDelete: ON_DELETE[key.on_delete],
    })),
    hasDeleteTrigger: row?.delete_trigger ?? false,
    mayTruncate: row?.may_truncate ?? false,
  }
}
