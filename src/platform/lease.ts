/**
 * Work that must not be lost: rows with a state, a lease and a count of attempts, in any table that has the
 * columns `id bigint, lease_owner uuid, lease_until timestamptz, attempts integer`.
 *
 * Rows are claimed in batches with SKIP LOCKED, leased for 30 s and renewed while the work lasts; a lease that
 * lapses (its hub was killed, or lost the database) is free for any hub. A NOTIFY wakes; a slow sweep stands
 * behind it. Work is done at least once and by one hub at a time: what it writes at its end should say
 * `where id = … and lease_owner = <row.owner>`, so that a hub that lost the lease unknowingly writes nothing.
 *
 * ```ts
 * const runs = serveLeases({
 *   db, log, table: 'transfer.run', channel: 'transfer.run',
 *   columns: 'group_id as "groupId"',
 *   ready: `queued_at is not null and status in ('CREATED', 'STARTED', 'SEND_STOP_SIGNAL')`,
 *   order: 'queued_at, id', concurrency: 2, maxAttempts: 3,
 *   work: (run, signal) => carry(run, signal),
 *   onExhausted: (run) => fail(run, 'its worker was killed three times'),
 * })
 * …
 * await runs.stop(20_000)
 * ```
 */
import { randomUUID } from 'node:crypto'
import type { Claimant, Database } from '#database'
import { Fault, messageOf } from '#fault'
import type { Log } from '#log'
import { leaseStatements, type Turn } from './lease-statements.ts'

/** What every claimed row has; `columns` adds to it. */
export interface LeasedRow {
  id: number
  /** How often it was claimed, this time included. */
  attempts: number
  /** Who holds the lease, for `where lease_owner = …` in what the work writes. */
  owner: string
}

export interface LeaseOptions<Row extends LeasedRow> {
  db: Database
  log: Log
  /** `schema.table`. This and the SQL below are constants of the code, never somebody's input. */
  table: string
  /** More columns of the row that the work wants to know: `group_id as "groupId", kind`. */
  columns?: string
  /** The condition under which a row is work; `$1`, `$2` … are `values`. The lease is looked at besides. */
  ready: string
  values?: readonly unknown[]
  /** For rows that are work from a time on: the hub then sleeps until the next one, by its own clock. */
  due?: { column: string; clock: () => Date }
  order: string
  /** A NOTIFY on it looks for work at once. */
  channel: string
  /** How many rows are worked at a time. */
  concurrency: number
  /** A row that is claimed more often is given to `onExhausted` instead of `work`. */
  maxAttempts: number
  /**
   * The work takes the lease off its row itself, in the statement that ends it: then the server has nothing to give
   * back, which for short work is half of what it writes.
   */
  endsLease?: true
  leaseMs?: number
  /** How long a sleep lasts at most, should every NOTIFY be lost. */
  sweepMs?: number
  /** How long a row rests after `work` threw. */
  retryMs?: (attempts: number) => number
  /**
   * Ends normally when it has put its row out of `ready` itself (else the row is claimed again). When it
   * throws, the row rests and is tried again. `signal` aborts when the lease is lost or the hub stops.
   */
  work: (row: Row, signal: AbortSignal) => Promise<void>
  /** Puts a row out of `ready` for good, and says why. */
  onExhausted: (row: Row, signal: AbortSignal) => Promise<void>
}

export interface LeaseServer {
  /** Looks for work now. */
  wake: () => void
  /**
   * Claims no more, waits `graceMs` for the work at hand, then aborts it, and gives back what was not done:
   * another hub takes it at once, and the attempt is not counted.
   */
  stop: (graceMs?: number) => Promise<void>
}

/** A row that this server holds, from its claim until the database knows how it ended. */
interface Held<Row> {
  row: Row
  abort: AbortController
  lapse: NodeJS.Timeout
  /** How the work ended; while it lasts, undefined. */
  ended?: { restMs: number; uncount: boolean; isOver: boolean }
  over: Promise<void>
}

const WORKER: Claimant = { databaseRole: 'crosstie_worker', claims: {} }
const LEASE_MS = 30_000
const SWEEP_MS = 5_000
const STOP_GRACE_MS = 10_000
/** How long aborted work may take to end before its lease is left to lapse. */
const ABORT_PATIENCE_MS = 5_000
/** How long a stop waits for the database to answer. */
const TURN_PATIENCE_MS = 2_000
/** A renewal may be overtaken by the end of the work by so much. */
const OVERTAKEN_MS = 1_000
const RETRY_FIRST_MS = 1_000
const RETRY_LIMIT_MS = 5 * 60_000
/** Timers of Node overflow past 2^31 ms. */
const SLEEP_LIMIT_MS = 2 ** 31 - 1

/** 1 s, 2 s, 4 s … up to 5 min. */
export function backoffMs(attempts: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** Math.max(attempts - 1, 0), RETRY_LIMIT_MS)
}

/** A server of nothing, where there is nobody who would do the work. */
export const IDLE: LeaseServer = { wake: () => {}, stop: async () => {} }

/** Starts to claim and work rows; the first look is taken at once. */
export function serveLeases<Row extends LeasedRow>(options: LeaseOptions<Row>): LeaseServer {
  const server = new Leases(options)
  const deaf = options.db.listen(options.channel, () => server.wake())
  server.wake()
  return {
    wake: () => server.wake(),
    stop: async (graceMs = STOP_GRACE_MS) => {
      deaf()
      await server.stop(graceMs)
    },
  }
}

/**
 * One turn at a time does all that the database is asked for: give back what ended, renew what lasts, claim
 * what is free, and learn when the next row will be. So statements of one hub never wait for each other, and
 * under load many ends and claims share one transaction.
 */
class Leases<Row extends LeasedRow> {
  readonly #options: LeaseOptions<Row>
  readonly #owner = randomUUID()
  readonly #statements: ReturnType<typeof leaseStatements>
  readonly #leaseMs: number
  readonly #sweepMs: number
  readonly #held = new Map<number, Held<Row>>()
  #sleep: NodeJS.Timeout | undefined
  #renewAt = Infinity
  #turning: Promise<void> | undefined
  #again = false
  #stopping = false
  #stopped = false
  #failures = 0

  constructor(options: LeaseOptions<Row>) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? LEASE_MS
    this.#sweepMs = Math.min(options.sweepMs ?? SWEEP_MS, SLEEP_LIMIT_MS)
    this.#statements = leaseStatements({ ...options, owner: this.#owner, leaseMs: this.#leaseMs })
  }

  wake(): void {
    if (this.#stopped) return
    this.#again = true
    this.#turning ??= this.#turnWhileAsked()
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    const running = () =>
      [...this.#held.values()].filter((held) => held.ended === undefined).map(({ over }) => over)
    // A turn that is on its way may still bring rows; one that hangs with the database may not hold up the stop.
    await settled([this.#turning ?? Promise.resolve()], TURN_PATIENCE_MS)
    await settled(running(), graceMs)
    for (const { abort, ended } of this.#held.values()) {
      if (ended === undefined)
        abort.abort(new Fault('unavailable', 'platform.stopping', 'The hub is stopping.'))
    }
    await settled(running(), ABORT_PATIENCE_MS)
    this.wake()
    await settled([this.#turning ?? Promise.resolve()], TURN_PATIENCE_MS)
    this.#stopped = true
    clearTimeout(this.#sleep)
    for (const held of this.#held.values()) clearTimeout(held.lapse)
  }

  async #turnWhileAsked(): Promise<void> {
    let sleepMs = this.#sweepMs
    while (this.#again && !this.#stopped) {
      this.#again = false
      clearTimeout(this.#sleep)
      sleepMs = await this.#turn()
    }
    this.#turning = undefined
    if (this.#stopped || (this.#stopping && this.#held.size === 0)) return
    const untilRenewal = Math.max(this.#renewAt - performance.now(), 0)
    this.#sleep = setTimeout(() => this.wake(), Math.min(sleepMs, untilRenewal, this.#sweepMs))
  }

  /** Answers how long nothing is to be done, as far as is known. */
  async #turn(): Promise<number> {
    const held = [...this.#held.values()]
    const ended = held.flatMap(({ row, ended: how }) => (how === undefined ? [] : [{ id: row.id, ...how }]))
    const lasting = held.filter((each) => each.ended === undefined)
    const renewals = performance.now() >= this.#renewAt ? lasting.map(({ row }) => row.id) : []
    const free = this.#stopping ? 0 : this.#options.concurrency - lasting.length
    if (ended.length === 0 && renewals.length === 0 && free <= 0) return this.#sweepMs
    // Counted from before the statement is sent, so that we never believe in a lease longer than the database.
    const sentAt = performance.now()
    try {
      const turn = await this.#options.db.withConnection(WORKER, (client) =>
        this.#statements.turn<Row>(client, { ended, renewals, free, held: [...this.#held.keys()] }),
      )
      this.#failures = 0
      return this.#settle(turn, { sentAt, renewals, lasting })
    } catch (error) {
      return this.#complain(error)
    }
  }

  #settle(turn: Turn<Row>, asked: { sentAt: number; renewals: number[]; lasting: Held<Row>[] }): number {
    for (const id of turn.released) this.#held.delete(id)
    for (const id of turn.renewed) {
      const held = this.#held.get(id)
      if (held !== undefined) this.#watch(held, asked.sentAt)
    }
    for (const id of turn.lost) this.#miss(id)
    // An answer that came after the stop: its leases lapse.
    if (this.#stopped) return this.#sweepMs
    for (const row of turn.claimed) this.#start(row, asked.sentAt)
    // A row that somebody has locked was left out; it is looked at again soon.
    const soonMs = this.#leaseMs / 12
    if (this.#held.size === 0) this.#renewAt = Infinity
    else if (asked.renewals.length > 0 || asked.lasting.length === 0) {
      this.#renewAt = asked.sentAt + (turn.locked > 0 ? soonMs : this.#leaseMs / 3)
    }
    return turn.locked > 0 ? Math.min(turn.nextMs, soonMs) : turn.nextMs
  }

  #start(row: Row, sentAt: number): void {
    const held: Held<Row> = {
      row,
      abort: new AbortController(),
      lapse: setTimeout(() => {}, 0),
      over: Promise.resolve(),
    }
    this.#held.set(row.id, held)
    this.#watch(held, sentAt)
    held.over = this.#work(held).then((ended) => {
      held.ended = ended
      clearTimeout(held.lapse)
      if (this.#options.endsLease === true && ended.isOver) this.#held.delete(row.id)
      this.wake()
    })
  }

  /** Never rejects: how it ended is what is told to the database. */
  async #work({ row, abort }: Held<Row>): Promise<NonNullable<Held<Row>['ended']>> {
    const { work, onExhausted, maxAttempts, log, table, retryMs = backoffMs } = this.#options
    const exhausted = row.attempts > maxAttempts
    try {
      await (exhausted ? onExhausted : work)(row, abort.signal)
      return { restMs: 0, uncount: false, isOver: true }
    } catch (error) {
      // What was aborted is not the row's fault: the hub is stopping, or another has the lease by now.
      if (abort.signal.aborted) return { restMs: 0, uncount: true, isOver: false }
      const restMs = retryMs(row.attempts)
      log.warn(
        { table, id: row.id, attempts: row.attempts, retry_ms: restMs, err: error },
        `${exhausted ? 'Giving up' : 'Work'} on ${table} ${row.id} failed and will be tried again: ${messageOf(error)}`,
      )
      return { restMs, uncount: false, isOver: false }
    }
  }

  /** Ends the work before the lease ends, if no renewal comes: a sixth of the lease is left to stop in. */
  #watch(held: Held<Row>, sentAt: number): void {
    clearTimeout(held.lapse)
    if (held.ended !== undefined) return
    const leftMs = sentAt + (this.#leaseMs * 5) / 6 - performance.now()
    held.lapse = setTimeout(() => this.#lose(held.row.id), Math.max(leftMs, 0))
  }

  /** A lease that is not ours any more; where the work ends its lease by itself, it may have done so just now. */
  #miss(id: number): void {
    const held = this.#held.get(id)
    if (this.#options.endsLease !== true || held === undefined) return this.#lose(id)
    setTimeout(() => {
      if (this.#held.get(id) === held) this.#lose(id)
    }, OVERTAKEN_MS).unref()
  }

  /** The row stays in `held` until its work has ended, so that this hub does not begin it a second time. */
  #lose(id: number): void {
    const held = this.#held.get(id)
    if (held?.ended !== undefined) {
      this.#held.delete(id)
      // It was left out of this turn's claim, and may be work again.
      this.wake()
      return
    }
    if (held === undefined || held.abort.signal.aborted) return
    const { table, log } = this.#options
    const why = `The lease on ${table} ${id} was lost: it was not renewed in time, or the row was taken or changed.`
    log.warn({ table, id }, why)
    held.abort.abort(new Fault('unavailable', 'platform.lease_lost', why))
  }

  /** The database is away: said once, tried again with patience. Held rows end by their own clock. */
  #complain(error: unknown): number {
    this.#failures += 1
    const { table, log } = this.#options
    const message = `Leases on ${table} cannot be kept: ${messageOf(error)}`
    if (this.#failures === 1) log.error({ table, err: error }, message)
    else log.debug({ table, err: error }, message)
    const patienceMs = Math.min(this.#leaseMs / 12, this.#sweepMs, backoffMs(this.#failures))
    this.#renewAt = Math.max(this.#renewAt, performance.now() + patienceMs)
    return patienceMs
  }
}

/** Waits for all of them, none of which rejects, but not longer than `limitMs`. */
async function settled(over: readonly Promise<void>[], limitMs: number): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = setTimeout(limit.resolve, limitMs)
  await Promise.race([Promise.all(over), limit.promise])
  clearTimeout(timer)
}
