/**
 * What is kept for so long and no longer: once a day one of the hubs takes away what is older than its limit.
 *
 * ```ts
 * const retention = await serveRetention({ db, log, rules: [{ table: 'identity.audit', days: 365 }] })
 * ```
 */
import { type Claimant, type Database } from '#database'
import type { LeaseServer } from '#lease'
import type { Log } from '#log'
import { serveTimers, setTimer } from '#timer'

export interface RetentionRule {
  /** `schema.name`, a constant of ours. */
  table: string
  /** The time that a row's age is counted from; `created_at` if not given. */
  since?: string
  /** What must hold beside the age, as SQL; a constant of ours. */
  where?: string
  /** 0: kept for ever. */
  days: number
}

export interface RetentionOptions {
  db: Database
  log: Log
  rules: readonly RetentionRule[]
  /** What is taken away by other means than a rule; called each round. */
  more?: readonly (() => Promise<unknown>)[]
  clock?: () => Date
}

const KIND = 'platform.retention'
const KEY = 'daily'
const DAY_MS = 24 * 60 * 60_000
/** Rows of one transaction: none holds its locks for long. */
const BATCH = 5_000
/** The owner's policies show every row; nobody else may delete what is kept as a proof. */
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }

export async function serveRetention(options: RetentionOptions): Promise<LeaseServer> {
  const { db, log, clock = () => new Date() } = options
  await db.withCaller(OWNER, async (tx, afterCommit) => {
    // Set anew at each start: what became old while no hub was up goes first.
    await setTimer({ db, tx, afterCommit }, { kind: KIND, key: KEY, dueAt: clock() })
  })
  return serveTimers({
    db,
    log,
    clock,
    kinds: {
      [KIND]: async (_timer, signal) => {
        await retain(options, signal)
        return new Date(clock().getTime() + DAY_MS)
      },
    },
  })
}

async function retain({ db, log, rules, more = [] }: RetentionOptions, signal: AbortSignal): Promise<void> {
  for (const rule of rules) {
    const gone = rule.days === 0 ? 0 : await takeAway(db, rule, signal)
    if (gone > 0) log.info({ table: rule.table, rows: gone }, 'old rows were taken away')
  }
  for (const takeAwayMore of more) await takeAwayMore()
}

async function takeAway(db: Database, rule: RetentionRule, signal: AbortSignal): Promise<number> {
  const { table, since = 'created_at', where = 'true', days } = rule
  const sql = `delete from ${table} where ctid = any (array(
    select ctid from ${table} where ${since} < now() - make_interval(days => $1) and (${where}) limit ${BATCH}))`
  for (let gone = 0; ;) {
    const { rowCount } = await db.withConnection(OWNER, (client) => client.query(sql, [days]))
    gone += rowCount ?? 0
    if ((rowCount ?? 0) < BATCH || signal.aborted) return gone
  }
}
