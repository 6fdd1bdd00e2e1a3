/**
 * Rate limits, kept in the database: turns are given away ahead of time, so each task waits once and comes back when its
 * turn is there, however many hubs send.
 */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Pace } from './channel.ts'
import type { Tx } from './tables.ts'

/** A share of the limit may go at once; the rest is spread, so that no window of a provider's ever sees more. */
const BURST_SHARE = 0.25

/** The turn after `nextAt`, and where the next one stands; all in milliseconds. */
export function nextTurn(
  { count, perMs }: Pick<Pace, 'count' | 'perMs'>,
  nextAt: number,
  now: number,
): { turn: number; nextAt: number } {
  const burst = Math.max(Math.floor(count * BURST_SHARE), 1)
  const stepMs = perMs / Math.max(count - burst, 1)
  const from = Math.max(nextAt, now)
  return { turn: Math.max(now, from - stepMs * (burst - 1)), nextAt: from + stepMs }
}

export interface TurnWanted {
  taskId: number
  groupId: number
  connectionId: number
  address: string | null
  pace: readonly Pace[]
  /** It has waited for its turn; only a provider's own wait can stop it. */
  isDue: boolean
}

interface Row {
  connection_id: number
  target: string
  next_at: Date
  blocked_until: Date | null
}

/** When each of them may go. Locks the limits until the transaction ends. */
export async function takeTurns(
  tx: Tx,
  wanted: readonly TurnWanted[],
  now: number,
): Promise<Map<number, number>> {
  const keys = new Map<string, { groupId: number; connectionId: number; target: string }>()
  for (const { groupId, connectionId, address } of wanted) {
    for (const target of ['', targetOf(address)])
      keys.set(`${connectionId} ${target}`, { groupId, connectionId, target })
  }
  if (keys.size === 0) return new Map()
  const rows = new Map(
    (await lockRows(tx, [...keys.values()])).map((row) => [`${row.connection_id} ${row.target}`, row]),
  )
  const changed = new Set<Row>()
  const turns = new Map<number, number>()
  for (const want of wanted) {
    let turn = now
    for (const limit of want.pace) {
      const row = rows.get(`${want.connectionId} ${limit.per === 'connection' ? '' : targetOf(want.address)}`)
      if (row === undefined) continue
      const free = Math.max(now, row.blocked_until?.getTime() ?? 0)
      if (want.isDue && free <= now) continue
      turn = Math.max(turn, free)
      const taken = nextTurn(limit, row.next_at.getTime(), free)
      row.next_at = new Date(taken.nextAt)
      turn = Math.max(turn, taken.turn)
      changed.add(row)
    }
    turns.set(want.taskId, turn)
  }
  await writeRows(tx, [...changed])
  return turns
}

/** The provider said how long nobody may send. */
export async function blockUntil(
  tx: Tx,
  { groupId, connectionId, until }: { groupId: number; connectionId: number; until: Date },
): Promise<void> {
  await sql`
    insert into notify.pace (group_id, connection_id, target, next_at, blocked_until)
    values (${groupId}, ${connectionId}, '', ${until}, ${until})
    on conflict (connection_id, target) do update
      set blocked_until = greatest(notify.pace.blocked_until, excluded.blocked_until)`.execute(tx)
}

/** Addresses are people's: their digest is enough. */
function targetOf(address: string | null): string {
  return address === null ? '' : createHash('sha256').update(address).digest('base64url').slice(0, 22)
}

async function lockRows(
  tx: Tx,
  keys: { groupId: number; connectionId: number; target: string }[],
): Promise<Row[]> {
  const sorted = keys.toSorted((a, b) => a.connectionId - b.connectionId || (a.target < b.target ? -1 : 1))
  const [groups, connections, targets] = [
    sorted.map(({ groupId }) => groupId),
    sorted.map(({ connectionId }) => connectionId),
    sorted.map(({ target }) => target),
  ]
  await sql`
    insert into notify.pace (group_id, connection_id, target, next_at)
    select g, c, t, now() from unnest(${groups}::bigint[], ${connections}::bigint[], ${targets}::text[]) as k (g, c, t)
    on conflict do nothing`.execute(tx)
  const { rows } = await sql<Row>`
    select connection_id, target, next_at, blocked_until from notify.pace p
    where exists (select from unnest(${connections}::bigint[], ${targets}::text[]) as k (c, t)
                  where k.c = p.connection_id and k.t = p.target)
    order by connection_id, target for update`.execute(tx)
  return rows
}

async function writeRows(tx: Tx, rows: Row[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    update notify.pace p set next_at = k.n
    from unnest(${rows.map((row) => row.connection_id)}::bigint[], ${rows.map((row) => row.target)}::text[],
      ${rows.map((row) => row.next_at)}::timestamptz[]) as k (c, t, n)
    where p.connection_id = k.c and p.target = k.t`.execute(tx)
}
