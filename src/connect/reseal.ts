import type { Kysely } from 'kysely'
import type { Claimant, Database } from '#database'
import { kidOf, type Vault } from '#vault'
import type { ConnectTables } from './tables.ts'

/** Whose secrets they are does not matter to whoever changes the keys: the owner of the tables does it. */
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }
const BATCH = 200

export interface Resealed {
  resealed: number
  /** Connections whose key is not among ours: they stay as they are. */
  lost: { id: number; name: string; kid: string }[]
}

/** Seals all credentials under the vault's first key; those under it already stay. */
export async function resealAll(db: Database, vault: Vault): Promise<Resealed> {
  const { lost } = await lostConnections(db, vault)
  let resealed = 0
  for (let after = 0; ;) {
    const batch = await db.withCaller(OWNER, async (tx: Kysely<ConnectTables>) => {
      const rows = await tx
        .selectFrom('connect.auth_data')
        .select(['connection_id as id', 'value'])
        .where('connection_id', '>', after)
        .orderBy('connection_id')
        .limit(BATCH)
        .forUpdate()
        .execute()
      for (const { id, value } of rows) {
        if (!vault.kids.includes(kidOf(value))) continue
        const sealed = await vault.reseal(value)
        if (sealed === value) continue
        await tx
          .updateTable('connect.auth_data')
          .set({ value: sealed })
          .where('connection_id', '=', id)
          .execute()
        resealed += 1
      }
      return rows
    })
    const last = batch.at(-1)
    if (last === undefined) return { resealed, lost }
    after = last.id
  }
}

/** Which connections were sealed with keys that the hub does not have, for the start and for `doctor`. */
export async function lostConnections(db: Database, vault: Vault): Promise<Pick<Resealed, 'lost'>> {
  return db.withCaller(OWNER, async (tx: Kysely<ConnectTables>) => {
    const rows = await tx
      .selectFrom('connect.auth_data as a')
      .innerJoin('connect.connection as c', 'c.id', 'a.connection_id')
      .select(['c.id', 'c.name', 'a.value'])
      .orderBy('c.id')
      .execute()
    const named = rows.map(({ id, name, value }) => ({ id, name, kid: kidOrNone(value) }))
    return { lost: named.filter(({ kid }) => !vault.kids.includes(kid)) }
  })
}

function kidOrNone(value: string): string {
  try {
    return kidOf(value)
  } catch {
    return 'unreadable'
  }
}
