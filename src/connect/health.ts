/**
 * How a connection fares, beside its status: noted when it is used, tested or looked at by the clock.
 *
 * A single failure makes it `degraded`; only the third in a row breaks it and is told as an event, so that one bad
 * minute wakes nobody. What cannot mend itself (a refused sign-in) breaks it at once. One success mends it.
 */
import { emit, type InTransaction } from '#event'
import type { Fault } from '#fault'
import { type Connection, findConnection, type Tx } from './connection.store.ts'
import { type Health, lockHealth, setDue, setStatus, writeHealth } from './health.store.ts'
import type { Actor } from './tables.ts'

/** Wakes whoever looks after connections. */
export const HEALTH_CHANNEL = 'connect.health'

/** How a use of a connection went. */
export type Outcome =
  | { ok: true; advice?: string | undefined }
  | { ok: false; fault: Pick<Fault, 'kind' | 'code' | 'message'> }

/** Failures in a row after which it is broken. */
const BROKEN_AFTER = 3
const MESSAGE_LIMIT = 1_000

/** The refresh of an OAuth2 token was refused: somebody has to sign in again. */
export const REAUTH_CODE = 'connect.reauth_required'
const AT_ONCE = new Set([REAUTH_CODE, 'connect.host_key_changed', 'connect.credentials_missing'])
/** What does not come right by itself: each system's own word for a sign-in that it refuses, or none at all. */
const isForGood = ({ kind, code }: { kind: string; code: string }) =>
  kind === 'unauthorized' || AT_ONCE.has(code)
/** Statuses that health sets and takes back; any other is somebody's own choice. */
const OWN_STATUSES = ['active', 'error', 'reauth_required']

/** Who must act on a failure. */
export function actorOf({ kind, code }: Pick<Fault, 'kind' | 'code'>): Actor {
  if (code === 'connect.host_refused' || code === 'connect.files_off' || code === 'connect.files_missing') {
    return 'operator'
  }
  if (code.startsWith('vault.')) return 'operator'
  if (kind === 'unavailable' || kind === 'timed_out' || kind === 'too_many') return 'provider'
  return kind === 'failed' ? 'operator' : 'you'
}

/** What the outcome makes of the health; pure. */
export function nextHealth(before: Health, outcome: Outcome, now: Date): Health {
  if (outcome.ok) {
    return {
      ...before,
      state: 'ok',
      code: null,
      message: outcome.advice?.slice(0, MESSAGE_LIMIT) ?? null,
      actor: outcome.advice === undefined ? null : 'you',
      since: before.state === 'ok' ? before.since : now,
      last_check_at: now,
      last_ok_at: now,
      consecutive_failures: 0,
    }
  }
  const { fault } = outcome
  const failures = before.consecutive_failures + 1
  const breaks = before.state === 'broken' || failures >= BROKEN_AFTER || isForGood(fault)
  const state = breaks ? 'broken' : 'degraded'
  return {
    ...before,
    state,
    code: fault.code,
    message: fault.message.slice(0, MESSAGE_LIMIT),
    actor: actorOf(fault),
    since: before.state === state ? before.since : now,
    last_check_at: now,
    consecutive_failures: failures,
  }
}

/** Writes an outcome down in the transaction of whoever met it; tells of breaking and of recovery, once each. */
export async function noteOutcome(
  act: InTransaction & { tx: Tx },
  connection: Pick<Connection, 'id' | 'uuid' | 'group_id' | 'name' | 'provider' | 'status'>,
  outcome: Outcome,
  now = new Date(),
): Promise<void> {
  const before = await lockHealth(act.tx, connection.id)
  if (before === undefined) return
  const after = nextHealth(before, outcome, now)
  await writeHealth(act.tx, connection.id, after)
  const status =
    after.state === 'broken' ? (after.code === REAUTH_CODE ? 'reauth_required' : 'error') : 'active'
  if (
    connection.status !== status &&
    OWN_STATUSES.includes(connection.status) &&
    after.state !== 'degraded'
  ) {
    await setStatus(act.tx, connection.uuid, status)
  }
  const broke = after.state === 'broken' && before.state !== 'broken'
  const mended = after.state === 'ok' && before.state === 'broken'
  if (!broke && !mended) return
  const { id, group_id: groupId, name, provider } = connection
  const told = broke ? after : before
  await emit(act, {
    groupId,
    kind: broke ? 'connection.unhealthy' : 'connection.recovered',
    key: `${broke ? 'broken' : 'mended'} ${id} ${now.toISOString()}`,
    payload: {
      connection_id: id,
      name,
      provider,
      code: told.code,
      message: told.message,
      actor: told.actor,
      since: told.since.toISOString(),
    },
  })
}

/** What is fine and was fine a minute ago is not written again: many runs may share a connection. */
const FRESH_MS = 60_000

export async function noteUse(
  act: InTransaction & { tx: Tx },
  connectionIds: readonly number[],
  wentWell: boolean,
  now = new Date(),
): Promise<void> {
  // In one order, so that two runs of the same pair never wait for each other in turn.
  for (const id of [...new Set(connectionIds)].toSorted((a, b) => a - b)) {
    if (!wentWell) {
      await setDue(act.tx, id, now)
      continue
    }
    const connection = await findConnection(act.tx, id)
    if (connection === undefined) continue
    const { health } = connection
    const isFresh =
      health?.state === 'ok' && now.getTime() - Date.parse(health.last_check_at ?? '') < FRESH_MS
    if (!isFresh) await noteOutcome(act, connection, { ok: true }, now)
  }
  if (!wentWell) act.afterCommit(() => act.db.notify(HEALTH_CHANNEL, ''))
}

/** How long after a check the next one is, in milliseconds: sooner while it fails. */
export function restAfter(health: Pick<Health, 'state' | 'consecutive_failures'>, everyMs: number): number {
  if (health.state === 'ok' || health.state === 'unknown') return everyMs
  return Math.min(everyMs, 60_000 * 2 ** Math.min(health.consecutive_failures - 1, 10))
}
