/** Undoes an import: exactly what it made, unless that has been changed or used since. */
import type { Kysely } from 'kysely'
import { deleteImportedConnections } from '#connect'
import type { Database } from '#database'
import { Fault } from '#fault'
import {
  audit,
  type Caller,
  countImported,
  deleteImported,
  forgetImports,
  type ImportedKind,
  type Use,
  usesSince,
} from '#identity'
import { deleteImportedTransfers, type TransferTables } from '#transfer'
import { beginImport, OWNER } from './take-over.ts'

export interface RollBackReport {
  source: string
  dry_run: boolean
  removed: Record<ImportedKind, number>
}

const TOLD = 10

export async function rollBack(
  db: Database,
  caller: Caller,
  { name, dryRun }: { name: string; dryRun: boolean },
): Promise<RollBackReport> {
  return db.withCaller(OWNER, async (tx: Kysely<TransferTables>) => {
    await beginImport(tx, name)
    const act = { tx, source: name }
    const made = await countImported(act)
    if (made === null) {
      throw new Fault('not_found', 'import.unknown', `Nothing has been taken over as "${name}".`)
    }
    const uses = await usesSince(act)
    if (uses.length > 0) throw used(name, uses)
    if (dryRun) return { source: name, dry_run: true, removed: made }
    const { runs: run, transfers: transfer, queues: queue } = await deleteImportedTransfers(act)
    const connection = await deleteImportedConnections(act)
    const member = await deleteImported(act, 'member')
    const group = await deleteImported(act, 'group')
    const user = await deleteImported(act, 'user')
    await forgetImports(act)
    const removed = { user, group, member, connection, queue, transfer, run }
    await audit(tx, caller, { action: 'import.roll_back', groupId: null, objectName: name, details: removed })
    return { source: name, dry_run: false, removed }
  })
}

function used(name: string, uses: Use[]): Fault {
  const first = uses.slice(0, TOLD).map(({ what }) => what)
  const more = uses.length > TOLD ? `, and ${uses.length - TOLD} things more` : ''
  return new Fault(
    'conflict',
    'import.used_since',
    `What was taken over as "${name}" has been changed or used since, and nothing was undone: ${first.join(', ')}${more}. Take that back first, or restore the backup from before the import.`,
    { details: uses },
  )
}
