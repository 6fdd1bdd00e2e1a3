import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
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
const PAUSE_MS = 500

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
  /** A try that fails is one more death: the server may be killed while it recovers from the last one. */
  const repair = async () => {
    let failure: unknown
    for (; !stopping; await sleep(PAUSE_MS)) {
      restarts = [...restarts.filter((at) => at > Date.now() - WITHIN_MS), Date.now()]
      if (restarts.length > RESTARTS) return lost.resolve(lostTooOften(options.log, failure))
      try {
        current = await options.again()
        watch()
        return options.onRestart()
      } catch (error) {
        failure = error
        // Another hub has the data folder by now.
        if (error instanceof Fault && error.kind === 'conflict') return lost.resolve(error)
      }
    }
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

function lostTooOften(log: string, cause: unknown): Fault {
  const last = cause === undefined ? '' : ` (${messageOf(cause)})`
  return new Fault(
    'unavailable',
    'platform.postgres_lost',
    `The hub ends: its own PostgreSQL was lost more than ${RESTARTS} times within ${WITHIN_MS / 60_000} minutes${last}. The log of the server is ${log}.`,
    { cause },
  )
}
