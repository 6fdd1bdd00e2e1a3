import type pg from 'pg'

/** What one turn asks of the database. */
export interface Asked {
  /** Rows whose work is over: how long they rest, and whether the attempt is taken back. */
  ended: { id: number; restMs: number; uncount: boolean }[]
  renewals: number[]
  /** How many rows may be claimed. */
  free: number
  /** What this server holds; never claimed again while it does. */
  held: number[]
}

/** What it answered. */
export interface Turn<Row> {
  released: number[]
  renewed: number[]
  /** Leases that are no longer ours, or whose rows are gone. */
  lost: number[]
  /** How many rows could be neither released nor renewed because a transaction has them locked. */
  locked: number
  claimed: Row[]
  /** In how many milliseconds the next row will be free or due; Infinity when none is known. */
  nextMs: number
}

interface Source {
  table: string
  columns?: string
  ready: string
  values?: readonly unknown[]
  due?: { column: string; clock: () => Date }
  order: string
  owner: string
  leaseMs: number
}

/**
 * The SQL of a turn over one table. Nothing in it waits for a lock: `no key update`, for a foreign key to the
 * row is no reason to leave it out, and `skip locked`, so that one long transaction on one row does not cost
 * the leases of all others. The choice of rows is materialized, or the planner may run it once per row.
 */
export function leaseStatements(source: Source): {
  turn: <Row extends { id: number }>(client: pg.ClientBase, asked: Asked) => Promise<Turn<Row>>
} {
  const { table, owner, leaseMs } = source

  const release = async (client: pg.ClientBase, ended: Asked['ended']): Promise<number[]> => {
    const { rows } = await client.query<{ id: number }>(
      `with mine as materialized (
         select id as mine_id from ${table} where id = any ($1) and lease_owner = $2
         for no key update skip locked
       )
       update ${table} set lease_owner = null,
         lease_until = case when rest_ms > 0 then now() + rest_ms * interval '1 ms' end,
         attempts = greatest(attempts - uncount, 0)
       from mine join unnest($1::bigint[], $3::float8[], $4::int[]) as how (how_id, rest_ms, uncount)
         on how_id = mine_id
       where id = mine_id
       returning id`,
      [
        ended.map(({ id }) => id),
        owner,
        ended.map(({ restMs }) => restMs),
        ended.map(({ uncount }) => (uncount ? 1 : 0)),
      ],
    )
    return rows.map(({ id }) => id)
  }

  const renew = async (client: pg.ClientBase, ids: number[]): Promise<number[]> => {
    const { rows } = await client.query<{ id: number }>(
      `with mine as materialized (
         select id as mine_id from ${table} where id = any ($1) and lease_owner = $2
         for no key update skip locked
       )
       update ${table} set lease_until = now() + $3 * interval '1 ms'
       from mine where id = mine_id
       returning id`,
      [ids, owner, leaseMs],
    )
    return rows.map(({ id }) => id)
  }

  const stillMine = async (client: pg.ClientBase, ids: number[]): Promise<number[]> => {
    const { rows } = await client.query<{ id: number }>(
      `select id from ${table} where id = any ($1) and lease_owner = $2`,
      [ids, owner],
    )
    return rows.map(({ id }) => id)
  }

  const { claim, next } = claimStatements(source)

  return {
    turn: async <Row extends { id: number }>(client: pg.ClientBase, asked: Asked): Promise<Turn<Row>> => {
      const released = asked.ended.length > 0 ? await release(client, asked.ended) : []
      const renewed = asked.renewals.length > 0 ? await renew(client, asked.renewals) : []
      const kept = new Set([...released, ...renewed])
      const missing = [...asked.ended.map(({ id }) => id), ...asked.renewals].filter((id) => !kept.has(id))
      const locked = new Set(missing.length > 0 ? await stillMine(client, missing) : [])
      const free = releasedSlots(asked, released)
      const claimed = free.count > 0 ? await claim<Row>(client, free.count, free.held) : []
      const mayBeMore = claimed.length >= free.count
      const nextMs = mayBeMore ? Infinity : await next(client, [...free.held, ...claimed.map(({ id }) => id)])
      return {
        released,
        renewed,
        lost: missing.filter((id) => !locked.has(id)),
        locked: locked.size,
        claimed,
        nextMs,
      }
    },
  }
}

/** A row that was just given back may be claimed again, in the same turn even. */
function releasedSlots(asked: Asked, released: number[]): { count: number; held: number[] } {
  const gone = new Set(released)
  return { count: asked.free, held: asked.held.filter((id) => !gone.has(id)) }
}

function claimStatements({ table, columns, ready, values = [], due, order, owner, leaseMs }: Source): {
  claim: <Row extends { id: number }>(client: pg.ClientBase, count: number, held: number[]) => Promise<Row[]>
  next: (client: pg.ClientBase, held: number[]) => Promise<number>
} {
  // The caller's `$1` … come first, ours after them.
  const given = values.length
  const nth = (index: number) => `$${given + index}`
  const isDue = due === undefined ? '' : `and ${due.column} <= ${nth(2)}::timestamptz`

  return {
    claim: async <Row extends { id: number }>(client: pg.ClientBase, count: number, held: number[]) => {
      const [by, at] = due === undefined ? [2, []] : [3, [due.clock()]]
      const { rows } = await client.query<Row>(
        `with free as materialized (
           select id as free_id from ${table}
           where (${ready}) and (lease_until is null or lease_until <= now())
             and id <> all (${nth(1)}::bigint[]) ${isDue}
           order by ${order} limit ${nth(by)}::int
           for no key update skip locked
         )
         update ${table} set lease_owner = ${nth(by + 1)}::uuid, attempts = attempts + 1,
           lease_until = now() + ${nth(by + 2)}::float8 * interval '1 ms'
         from free where id = free_id
         returning id, attempts, lease_owner as owner${columns === undefined ? '' : `, ${columns}`}`,
        [...values, held, ...at, count, owner, leaseMs],
      )
      return rows
    },
    next: async (client, held) => {
      const at = due === undefined ? [] : [due.clock()]
      const soonestDue =
        due === undefined
          ? 'null::float8'
          : `(select extract(epoch from ${due.column} - ${nth(2)}::timestamptz) * 1000 from ${table}
              where (${ready}) and ${due.column} > ${nth(2)}::timestamptz
              order by ${due.column} limit 1)`
      const { rows } = await client.query<{ ms: number | null }>(
        `select least(
           (select extract(epoch from lease_until - now()) * 1000 from ${table}
            where (${ready}) and lease_until > now() and id <> all (${nth(1)}::bigint[]) ${isDue}
            order by lease_until limit 1),
           ${soonestDue})::float8 as ms`,
        [...values, held, ...at],
      )
      const ms = rows[0]?.ms ?? null
      // Timers of Node may fire within the millisecond before.
      return ms === null ? Infinity : Math.ceil(ms) + 1
    },
  }
}
