/**
 * Ids of changes, each once, in the order in which they were committed.
 *
 * Ids alone do not tell what is new: a transaction with a lower one may commit later. So they are taken from NOTIFY,
 * which comes at the commit. What the listening connection missed while it was away is found by a snapshot: what the
 * snapshot does not show came after it. From time to time the hub tells itself a mark; once it hears it, all that the
 * mark's snapshot shows has been heard, and a mark that is not heard means a connection that is dead without a word.
 */
import { randomUUID } from 'node:crypto'
import type { Claimant, Database } from '#database'
import type { Log } from '#log'

export interface ChangeId {
  id: number
  company: string
}

export interface ChangeFeed {
  /** Resolves once it listens: what is committed from then on will be told. */
  ready: Promise<void>
  stop: () => void
}

export interface ChangeFeedOptions {
  db: Database
  log: Log
  tell: (changes: ChangeId[]) => void
  /** More was missed than can be told: whoever follows must read anew. */
  onGap: () => void
  /** 0: changes are kept for ever. */
  keepMinutes: number
  markMs?: number
  pruneMs?: number
}

const CHANNEL = 'realtime.change'
const MARK_MS = 10_000
const PRUNE_MS = 60_000
const PRUNE_BATCH = 5_000
const MISSED_LIMIT = 10_000
/** Sees every tenant's ids; the rows themselves are read under their readers' claims. */
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }

export function startChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const { db, log, tell, onGap, keepMinutes } = options
  const self = randomUUID()
  const ready = Promise.withResolvers<void>()
  /** What was told, by the number of marks that were sent before. */
  const seen = new Map<number, number>()
  let marks = 0
  let waiting: { mark: number; snapshot: string } | null = null
  let snapshot: string | null = null
  /** What is heard while the missed is looked for comes after it. */
  let held: ChangeId[] | null = null
  let isStopped = false

  const pass = (changes: ChangeId[]) => {
    const fresh = changes.filter(({ id }) => !seen.has(id))
    for (const { id } of fresh) seen.set(id, marks)
    if (fresh.length > 0) tell(fresh)
  }

  const catchUp = async (): Promise<void> => {
    if (held !== null) return
    held = []
    try {
      const found = await readMissed(db, snapshot)
      snapshot = found.snapshot
      waiting = null
      if (found.missed.length === MISSED_LIMIT) onGap()
      else pass(found.missed)
      ready.resolve()
    } catch (error) {
      // The next mark tries again.
      log.warn({ err: error }, 'what realtime missed could not be read')
    }
    const after = held
    held = null
    pass(after)
  }

  const mark = async (): Promise<void> => {
    if (snapshot === null || waiting !== null) return catchUp()
    marks += 1
    const mine = marks
    const taken = await takeSnapshot(db, `mark ${self} ${mine}`)
    // Heard before it was known here: a fast listener.
    waiting = { mark: mine, snapshot: taken }
    if (heardMark >= mine) hearMark(mine)
  }
  let heardMark = 0
  const hearMark = (number: number) => {
    heardMark = Math.max(heardMark, number)
    if (waiting === null || waiting.mark !== number) return
    snapshot = waiting.snapshot
    waiting = null
    for (const [id, before] of seen) if (before < number) seen.delete(id)
  }

  const deaf = db.listen(CHANNEL, (payload) => {
    if (payload === null) return void catchUp()
    const [first = '', second = '', third = ''] = payload.split(' ')
    if (first === 'mark') return second === self ? hearMark(Number(third)) : undefined
    const changes = second.split(',').map((id) => ({ id: Number(id), company: first }))
    if (held === null) pass(changes)
    else held.push(...changes)
  })
  const repeat = (work: () => Promise<unknown>, everyMs: number) =>
    setInterval(() => {
      work().catch((error: unknown) => {
        if (!isStopped) log.warn({ err: error }, 'realtime could not tend its outbox')
      })
    }, everyMs)
  const timers = [
    repeat(mark, options.markMs ?? MARK_MS),
    repeat(() => pruneChanges(db, keepMinutes), options.pruneMs ?? PRUNE_MS),
  ]
  return {
    ready: ready.promise,
    stop: () => {
      isStopped = true
      for (const timer of timers) clearInterval(timer)
      deaf()
    },
  }
}

/** What the snapshot does not show, by id: of one row that is the order of its changes. Without one, only where to begin. */
function readMissed(db: Database, since: string | null): Promise<{ snapshot: string; missed: ChangeId[] }> {
  return db.withConnection(OWNER, async (client) => {
    const now = await client.query<{ snapshot: string }>('select pg_current_snapshot()::text as snapshot')
    const { rows } = await client.query<ChangeId>(
      `select id, company_id as company from realtime.change
       where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
       order by id limit ${MISSED_LIMIT}`,
      [since],
    )
    return { snapshot: now.rows[0]?.snapshot ?? '', missed: rows }
  })
}

function takeSnapshot(db: Database, mark: string): Promise<string> {
  return db.withConnection(OWNER, async (client) => {
    const { rows } = await client.query<{ snapshot: string }>(
      'select pg_current_snapshot()::text as snapshot',
    )
    await client.query('select pg_notify($1, $2)', [CHANNEL, mark])
    return rows[0]?.snapshot ?? ''
  })
}

/** Takes away what is older; who was away for longer reads anew. */
export async function pruneChanges(db: Database, keepMinutes: number): Promise<void> {
  if (keepMinutes === 0) return
  for (;;) {
    const { rowCount } = await db.withConnection(OWNER, (client) =>
      client.query(
        `delete from realtime.change where id = any (array(
           select id from realtime.change where created_at < now() - make_interval(mins => $1)
           order by created_at limit ${PRUNE_BATCH}))`,
        [keepMinutes],
      ),
    )
    if ((rowCount ?? 0) < PRUNE_BATCH) return
  }
}
