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

/** A class for its life: it listens from the start until `stop`. */
export class ChangeFeed {
  /** Resolves once it listens: what is committed from then on will be told. */
  readonly ready: Promise<void>
  readonly #options: ChangeFeedOptions
  readonly #self = randomUUID()
  readonly #listening = Promise.withResolvers<void>()
  /** What was told, by the number of marks that were sent before. */
  readonly #seen = new Map<number, number>()
  readonly #ends: (() => void)[]
  #marks = 0
  #heardMark = 0
  #waiting: { mark: number; snapshot: string } | null = null
  #snapshot: string | null = null
  /** What is heard while the missed is looked for comes after it. */
  #held: ChangeId[] | null = null
  #isStopped = false

  constructor(options: ChangeFeedOptions) {
    this.#options = options
    this.ready = this.#listening.promise
    const { db, keepMinutes, markMs = MARK_MS, pruneMs = PRUNE_MS } = options
    this.#ends = [
      db.listen(CHANNEL, (payload) => {
        this.#hear(payload)
      }),
      this.#repeat(() => this.#mark(), markMs),
      this.#repeat(() => pruneChanges(db, keepMinutes), pruneMs),
    ]
  }

  stop(): void {
    this.#isStopped = true
    for (const end of this.#ends) end()
  }

  #hear(payload: string | null): void {
    if (payload === null) return void this.#catchUp()
    const [first = '', second = '', third = ''] = payload.split(' ')
    if (first === 'mark') {
      if (second === this.#self) this.#hearMark(Number(third))
      return
    }
    const changes = second.split(',').map((id) => ({ id: Number(id), company: first }))
    if (this.#held === null) this.#pass(changes)
    else this.#held.push(...changes)
  }

  #pass(changes: readonly ChangeId[]): void {
    const fresh = changes.filter(({ id }) => !this.#seen.has(id))
    for (const { id } of fresh) this.#seen.set(id, this.#marks)
    if (fresh.length > 0) this.#options.tell(fresh)
  }

  async #catchUp(): Promise<void> {
    if (this.#held !== null) return
    this.#held = []
    try {
      const found = await readMissed(this.#options.db, this.#snapshot)
      this.#snapshot = found.snapshot
      this.#waiting = null
      if (found.missed.length === MISSED_LIMIT) this.#options.onGap()
      else this.#pass(found.missed)
      this.#listening.resolve()
    } catch (error) {
      // The next mark tries again.
      if (!this.#isStopped) this.#options.log.warn({ err: error }, 'what realtime missed could not be read')
    }
    const after = this.#held
    this.#held = null
    this.#pass(after)
  }

  async #mark(): Promise<void> {
    if (this.#snapshot === null || this.#waiting !== null) return this.#catchUp()
    this.#marks += 1
    const mark = this.#marks
    this.#waiting = { mark, snapshot: await takeSnapshot(this.#options.db, `mark ${this.#self} ${mark}`) }
    // A fast listener hears it before it is known here.
    if (this.#heardMark >= mark) this.#hearMark(mark)
  }

  #hearMark(mark: number): void {
    this.#heardMark = Math.max(this.#heardMark, mark)
    if (this.#waiting === null || this.#waiting.mark !== mark) return
    this.#snapshot = this.#waiting.snapshot
    this.#waiting = null
    for (const [id, before] of this.#seen) if (before < mark) this.#seen.delete(id)
  }

  #repeat(work: () => Promise<unknown>, everyMs: number): () => void {
    const timer = setInterval(() => {
      work().catch((error: unknown) => {
        if (this.#isStopped) return
        this.#options.log.warn({ err: error }, 'realtime could not tend its outbox')
      })
    }, everyMs)
    return () => {
      clearInterval(timer)
    }
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
