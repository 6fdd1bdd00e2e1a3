import type { Database } from '#database'
import { SIGN_IN } from '../caller.store.ts'

/** Rows of windows that have ended, taken away with each try: more than one try adds, so none pile up. */
const SWEPT_PER_TRY = 50

/** When the last of those windows ends that have no try left; null when there is one in each. */
export function fullUntil(db: Database, keys: Buffer[], limit: number, now: Date): Promise<Date | null> {
  return db.withConnection(SIGN_IN, async (client) => {
    const { rows } = await client.query<{ until: Date | null }>({
      name: 'sign_in_full_until',
      text: `select max(ends_at) as until from identity.sign_in_try
             where key = any ($1::bytea[]) and count >= $2 and ends_at > $3`,
      values: [keys, limit, now],
    })
    return rows[0]?.until ?? null
  })
}

/** One more try in each window, a new window where the old one has ended; `keys` are sorted. */
export function countTry(
  db: Database,
  keys: Buffer[],
  now: Date,
  endsAt: Date,
): Promise<{ count: number; endsAt: Date }[]> {
  return db.withConnection(SIGN_IN, async (client) => {
    const { rows } = await client.query<{ count: number; endsAt: Date }>({
      name: 'sign_in_count_try',
      text: `insert into identity.sign_in_try as t (key, count, ends_at)
             select key, 1, $3 from unnest($1::bytea[]) as k (key)
             on conflict (key) do update set
               count = case when t.ends_at <= $2 then 1 else t.count + 1 end,
               ends_at = case when t.ends_at <= $2 then excluded.ends_at else t.ends_at end
             returning count, ends_at as "endsAt"`,
      values: [keys, now, endsAt],
    })
    await client.query({
      name: 'sign_in_sweep',
      text: `delete from identity.sign_in_try where key = any (array(
               select key from identity.sign_in_try where ends_at <= $1
               limit ${SWEPT_PER_TRY} for update skip locked))`,
      values: [now],
    })
    return rows
  })
}

export function giveBackTry(db: Database, keys: Buffer[]): Promise<void> {
  return db.withConnection(SIGN_IN, async (client) => {
    await client.query(
      `update identity.sign_in_try set count = greatest(0, count - 1)
       where key = any (array(
         select key from identity.sign_in_try where key = any ($1::bytea[]) order by key for update))`,
      [keys],
    )
  })
}
