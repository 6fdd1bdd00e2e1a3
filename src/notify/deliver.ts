/**
 * The delivery: tasks are claimed under leases, what belongs to one group is read and written together, and each is sent
 * on its own. A try counts once it is written down; a hub that dies before leaves the task to the next one.
 */
import { type Connect, type Connection, findConnection, noteOutcome, type Reach, webRequest } from '#connect'
import type { Database } from '#database'
import { emit, type InTransaction } from '#event'
import { Fault } from '#fault'
import { systemCaller } from '#identity'
import { type LeasedRow, type LeaseServer, serveLeases } from '#lease'
import type { Log } from '#log'
import { breakAccount } from './account.store.ts'
import { retryWaitMs } from './retry-wait.ts'
import { inBatches } from './batch.ts'
import type { Channel, Tools } from './channel.ts'
import { endTries, type HeldTask, loadHeld, putIntoInbox, type TaskEnd } from './delivery.store.ts'
import { TASK_CHANNEL } from './notification.ts'
import { blockUntil, takeTurns } from './pace.ts'
import { type Prepared, type Tried, tryTask } from './try.ts'
import type { Tx } from './tables.ts'

export interface DeliveryOptions {
  db: Database
  log: Log
  connect: Pick<Connect, 'openFresh' | 'noteUse'>
  guard: Reach['guard']
  channels: ReadonlyMap<string, Channel>
  /** Messages on their way at once. */
  atOnce: number
  /** Tries of one task. */
  attemptsLimit: number
  timeoutMs?: number
}

type ClaimedTask = LeasedRow & { groupId: number }

interface Ended {
  row: ClaimedTask
  task: HeldTask
  connection: Connection | null
  tried: Tried
}

/** Turns that are so near are not worth another claim. */
const TURN_SLACK_MS = 20
const TIMEOUT_MS = 20_000
const GATHER_MS = 2
const MOST_TOGETHER = 200
/** Whether a connection is well is written down at most so often. */
const NOTED_MS = 30_000

export function serveDelivery(options: DeliveryOptions): LeaseServer {
  const { db, log, attemptsLimit } = options
  const prepare = inBatches<ClaimedTask, Prepared | null>((rows) => prepareRows(options, rows), {
    gatherMs: 0,
    most: MOST_TOGETHER,
  })
  const notedAt = new Map<number, number>()
  const end = inBatches<Ended, void>((ended) => endRows(options, notedAt, ended), {
    gatherMs: GATHER_MS,
    most: MOST_TOGETHER,
  })
  return serveLeases<ClaimedTask>({
    db,
    log,
    table: 'notify.task',
    columns: 'group_id as "groupId"',
    ready: 'due_at is not null',
    due: { column: 'due_at', clock: () => new Date() },
    order: 'priority desc, due_at, id',
    channel: TASK_CHANNEL,
    concurrency: options.atOnce,
    // Tries are counted by their outcomes; this one is for tasks that take their hub down with them.
    maxAttempts: attemptsLimit + 3,
    endsLease: true,
    work: async (row, signal) => {
      const prepared = await prepare(row)
      if (prepared === null) return
      const { task, connection } = prepared
      const channel = connection === null ? undefined : options.channels.get(connection.provider)
      const tried = await tryTask(prepared, channel, toolsOf(options, signal), Date.now())
      await end({ row, task, connection, tried })
    },
    onExhausted: async (row) => {
      const message = `Given up: ${row.attempts - 1} tries ended without an answer, by a lost hub or a bug. The log of the hub says more.`
      const prepared = await prepare(row)
      if (prepared === null) return
      const tried = {
        kind: 'refused',
        blame: 'message',
        code: 'notify.given_up',
        message,
        answer: '',
      } as const
      await end({ row, task: prepared.task, connection: null, tried })
    },
  })
}

function toolsOf({ guard, timeoutMs = TIMEOUT_MS }: DeliveryOptions, signal: AbortSignal): Tools {
  return {
    signal,
    reach: (host, port) => guard.reach(host, port),
    request: (request) => webRequest(guard, 'public', { timeoutMs, limitBytes: 2 ** 20, ...request, signal }),
  }
}

/** In the order of `rows`; null for what this hub does not hold any more. */
async function prepareRows(
  options: DeliveryOptions,
  rows: readonly ClaimedTask[],
): Promise<(Prepared | null)[]> {
  const found = new Map<number, Prepared>()
  await Promise.all(
    [...Map.groupBy(rows, ({ groupId }) => groupId)].map(async ([groupId, mine]) => {
      for (const prepared of await prepareGroup(options, groupId, mine)) found.set(prepared.task.id, prepared)
    }),
  )
  return rows.map(({ id }) => found.get(id) ?? null)
}

async function prepareGroup(
  { db, connect, channels }: DeliveryOptions,
  groupId: number,
  rows: readonly ClaimedTask[],
): Promise<Prepared[]> {
  const caller = await systemCaller(db, groupId)
  const now = Date.now()
  const { tasks, connections, turns } = await db.withCaller(caller, async (tx: Tx) => {
    const ids = rows.map(({ id }) => id)
    const tasks = await loadHeld(tx, ids, rows[0]?.owner ?? '')
    const wanted = new Set(tasks.flatMap(({ connection_id: id }) => (id === null ? [] : [id])))
    const found = await Promise.all([...wanted].map((id) => findConnection(tx, id)))
    const connections = new Map(found.flatMap((one) => (one === undefined ? [] : [[one.id, one] as const])))
    const paced = tasks.flatMap((task) => {
      const provider = connections.get(task.connection_id ?? 0)?.provider
      const pace = provider === undefined ? [] : (channels.get(provider)?.pace ?? [])
      if (pace.length === 0 || task.connection_id === null) return []
      const isDue = task.paced_at !== null
      const { id: taskId, address, connection_id: connectionId } = task
      return [{ taskId, groupId, connectionId, address, pace, isDue }]
    })
    return { tasks, connections, turns: await takeTurns(tx, paced, now) }
  })
  const opened = new Map(
    await Promise.all(
      [...connections.values()].map(async (connection) => {
        const result = await connect.openFresh(caller, connection).catch((error: unknown) => {
          if (error instanceof Fault) return error
          throw error
        })
        return [connection.id, result] as const
      }),
    ),
  )
  return tasks.map((task) => {
    const turn = turns.get(task.id) ?? null
    return {
      task,
      connection: connections.get(task.connection_id ?? 0) ?? null,
      opened: opened.get(task.connection_id ?? 0) ?? null,
      turn: turn !== null && turn - now > TURN_SLACK_MS ? turn : null,
    }
  })
}

async function endRows(
  options: DeliveryOptions,
  notedAt: Map<number, number>,
  ended: readonly Ended[],
): Promise<void[]> {
  await Promise.all(
    [...Map.groupBy(ended, ({ row }) => row.groupId)].map(async ([groupId, mine]) => {
      const caller = await systemCaller(options.db, groupId)
      await options.db.withCaller(caller, async (tx: Tx, afterCommit) => {
        await endGroup(options, notedAt, { db: options.db, tx, afterCommit }, mine)
      })
    }),
  )
  return ended.map(() => undefined)
}

type Act = InTransaction & { tx: Tx }

async function endGroup(
  { attemptsLimit, connect }: DeliveryOptions,
  notedAt: Map<number, number>,
  act: Act,
  all: readonly Ended[],
): Promise<void> {
  const now = Date.now()
  const ends = all.map((one) => endOf(one, attemptsLimit, now))
  const held = await endTries(act.tx, ends, all[0]?.row.owner ?? '')
  const mine = all.filter(({ row }) => held.has(row.id))
  await putIntoInbox(
    act.tx,
    mine.flatMap(({ task, tried }) => (task.connection_id === null && tried.kind === 'sent' ? [task] : [])),
  )
  for (const { task, tried } of mine) {
    if (tried.kind === 'refused' && tried.blame === 'account') await tellBroken(act, task, tried)
    if (tried.kind === 'retry' && tried.afterMs !== null && task.connection_id !== null) {
      const until = new Date(now + tried.afterMs)
      await blockUntil(act.tx, { groupId: task.group_id, connectionId: task.connection_id, until })
    }
  }
  // In one order, so that two hubs never wait for each other in turn.
  const used = Map.groupBy(
    mine.filter(({ connection }) => connection !== null),
    ({ connection }) => connection?.id ?? 0,
  )
  for (const [id, tries] of [...used].toSorted(([a], [b]) => a - b)) {
    const failed = tries.find(({ tried }) => tried.kind === 'refused' && tried.blame === 'connection')
    const connection = failed?.connection ?? null
    if (failed?.tried.kind === 'refused' && connection !== null) {
      const { code, message } = failed.tried
      const fault = { kind: 'unauthorized' as const, code, message }
      await noteOutcome(act, (await findConnection(act.tx, id)) ?? connection, { ok: false, fault })
      notedAt.delete(id)
    } else if (tries.some(({ tried }) => tried.kind === 'sent') && (notedAt.get(id) ?? 0) < now - NOTED_MS) {
      await connect.noteUse(act, [id], true)
      notedAt.set(id, now)
    }
  }
}

function endOf({ row, task, tried }: Ended, attemptsLimit: number, now: number): TaskEnd {
  const same = { id: row.id, attempts: row.attempts, receipt: null, paced_at: null }
  const at = (time: number) => new Date(time).toISOString()
  if (tried.kind === 'wait') {
    const until = at(tried.until)
    const paced = tried.isTurn ? until : null
    const waits = { status: 0 as const, due_at: until, paced_at: paced, attempts: row.attempts - 1 }
    return { ...same, ...waits, parts_sent: task.parts_sent, answer: null, error: null }
  }
  if (tried.kind === 'sent') {
    const done = { status: 2 as const, due_at: null, receipt: tried.receipt, answer: tried.answer }
    return { ...same, ...done, parts_sent: task.parts_sent, error: null }
  }
  const { code, message, answer } = tried
  const blame = tried.kind === 'refused' ? tried.blame : 'provider'
  const failed = {
    ...same,
    parts_sent: tried.partsSent ?? task.parts_sent,
    answer,
    error: { code, message, blame },
  }
  if (tried.kind === 'refused' || row.attempts >= attemptsLimit) {
    return { ...failed, status: 3, due_at: null }
  }
  return { ...failed, status: 0, due_at: at(now + retryWaitMs(row.attempts, tried.afterMs)) }
}

async function tellBroken(act: Act, task: HeldTask, { code, message }: { code: string; message: string }) {
  if (task.account_id === null || !(await breakAccount(act.tx, task.account_id, message))) return
  const { account_id, user_id, connection_id, id: task_id } = task
  const payload = { account_id, user_id, connection_id, task_id, code, message }
  await emit(act, { groupId: task.group_id, kind: 'account.broken', key: `task ${task_id}`, payload })
}
