import type { Kysely, Selectable } from 'kysely'
import type { IdentityTables, UserTable } from './tables.ts'

type Tx = Kysely<IdentityTables>
export type User = Selectable<UserTable>

/** Whoever can sign in; recipients and system users of groups are looked up by their rooms. */
export function findUser(tx: Tx, id: number): Promise<User | undefined> {
  return tx
    .selectFrom('identity.user')
    .selectAll()
    .where('id', '=', id)
    .where('username', 'is not', null)
    .executeTakeFirst()
}
