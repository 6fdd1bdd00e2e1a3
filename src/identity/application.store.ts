import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import { sortTerms } from '#database'
import { offsetOf, type PageRequest } from '#http'
import type { ApplicationTable, Tx } from './tables.ts'

/** Without the secret's hash: nobody but sign-in reads it. */
export type Application = Omit<Selectable<ApplicationTable>, 'secret_hash'>

const COLUMNS = [
  'id',
  'user_id',
  'group_id',
  'name',
  'appid',
  'type',
  'status',
  'description',
  'scopes',
  'expires_at',
  'used_at',
  'created_at',
  'updated_at',
] as const

/** Whose: a user's or a group's, never both. */
export type ApplicationOwner = { user_id: number } | { group_id: number }

/** What a list of applications may be sorted by. */
export const APPLICATION_SORT = {
  id: sql.ref('id'),
  name: sql.ref('name'),
  type: sql.ref('type'),
  status: sql.ref('status'),
  description: sql.ref('description'),
  expires_at: sql.ref('expires_at'),
  used_at: sql.ref('used_at'),
  created_at: sql.ref('created_at'),
}

export async function listApplications(
  tx: Tx,
  owner: ApplicationOwner,
  page: PageRequest,
): Promise<{ total: number; applications: Application[] }> {
  const all = tx.selectFrom('identity.application')
  const query =
    'user_id' in owner ? all.where('user_id', '=', owner.user_id) : all.where('group_id', '=', owner.group_id)
  const [{ total }, applications] = await Promise.all([
    query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    query
      .select(COLUMNS)
      .$call((found) =>
        sortTerms(page.sort, APPLICATION_SORT).reduce((sorted, term) => sorted.orderBy(term), found),
      )
      .orderBy('name')
      .orderBy('id')
      .limit(page.page_size)
      .offset(offsetOf(page))
      .execute(),
  ])
  return { total, applications }
}

export function findApplication(tx: Tx, id: number): Promise<Application | undefined> {
  return tx.selectFrom('identity.application').select(COLUMNS).where('id', '=', id).executeTakeFirst()
}

/** What its owner may set. */
export type ApplicationFields = Pick<
  Application,
  'name' | 'type' | 'status' | 'description' | 'scopes' | 'expires_at'
>

export function insertApplication(
  tx: Tx,
  row: ApplicationOwner & ApplicationFields & { secret_hash: Buffer },
): Promise<Application> {
  return tx.insertInto('identity.application').values(row).returning(COLUMNS).executeTakeFirstOrThrow()
}

export function updateApplication(
  tx: Tx,
  id: number,
  change: Partial<ApplicationFields> & { secret_hash?: Buffer },
): Promise<Application> {
  return tx
    .updateTable('identity.application')
    .set({ ...change, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

export async function deleteApplication(tx: Tx, id: number): Promise<void> {
  await tx.deleteFrom('identity.application').where('id', '=', id).execute()
}
