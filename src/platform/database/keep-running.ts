import type { ChildProcess } from 'node:child_process'
import type pg from 'pg'
import { Fault, messageOf } from '#fault'

/** A server that serves: its process, where this hub started it, and the connection that holds the hub's lock. */
export interface Running {
  server: ChildProcess | null
  lock: pg.Client
  /** Resolves when the connection is gone: the server died, or ended all its sessions to recover. */
  ended: Promise<void>
}

export interface KeepOptions {
  /** Starts the server, or finds it running, and takes the lock. */
  again: () => Promise<Running>
  end: (server: ChildProcess | null) => Promise<void>
  onRestart: () => void
  /** Where the server says why it dies; named in the fault. */
  log: string
}

/** A server that dies more often is ill; whoever runs the hub should know, and a manager of services may help. */
const RESTARTS = 5
const WITHIN_MS = 10 * 60_000

/**
 * Keeps a server and the hub's lock on it. Its death shows at once by the end of the connection that holds the
 * lock, also of a server that was adopted and is nobody's child.
 */
export function keepRunning(
  first: Running,
  options: KeepOptions,
): { lost: Promise<Fault>; stop: () => Promise<void> } {
  const lost = Promise.withResolvers<Fault>()
  let current = first
  let stopping = false
  let repairing: Promise<void> = Promise.resolve()
  let restarts: number[] = []

  const watch = () => {
    void current.ended.then(() => {
      if (!stopping) repairing = repair()
    })
  }
  const repair = async () => {
    restarts = [...restarts.filter((at) => at > Date.now() - WITHIN_MS), Date.now()]
    if (restarts.length > RESTARTS) {
      lost.resolve(
        lostFault(`it was lost ${restarts.length} times within ${WITHIN_MS / 60_000} minutes`, options.log),
      )
      return
    }
    try {
      current = await options.again()
    } catch (error) {
      lost.resolve(lostFault(`it was lost and did not come back: ${messageOf(error)}`, options.log, error))
      return
    }
    watch()
    options.onRestart()
  }
  watch()
  return {
    lost: lost.promise,
    stop: async () => {
      stopping = true
      await repairing
      await current.lock.end().catch(() => {})
      await options.end(current.server)
    },
  }
}

function lostFault(what: string, log: string, cause?: unknown): Fault {
  return new Fault(
    'unavailable',
    'platform.postgres_lost',
    `The hub ends, for it has no database: of its own PostgreSQL, ${what}. The log of the server is ${log}.`,
    { cause },
  )
}
