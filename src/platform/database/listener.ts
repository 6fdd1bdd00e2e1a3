import pg from 'pg'

export interface Listener {
  /**
   * Calls `hear` with each payload of `channel`, and with null once it listens and after each reconnection:
   * something may have been missed before. Answers how to stop.
   */
  listen: (channel: string, hear: (payload: string | null) => void) => () => void
  close: () => Promise<void>
}

const RETRY_FIRST_MS = 100
const RETRY_LIMIT_MS = 5_000

/** One connection of its own for all channels, made at the first `listen` and made again when it breaks. */
export function createListener(makeClient: () => pg.Client): Listener {
  const hearers = new Map<string, Set<(payload: string | null) => void>>()
  let client: pg.Client | undefined
  let closed = false
  let retryMs = RETRY_FIRST_MS
  let timer: NodeJS.Timeout | undefined
  let connected = false
  let turn: Promise<void> = Promise.resolve()

  const tell = (channel: string, payload: string | null) => {
    for (const hear of hearers.get(channel) ?? []) hear(payload)
  }

  /** A connection that breaks meanwhile is made again by `connect`, which listens to all channels. */
  const listenTo = (channel: string): Promise<void> => {
    // One statement after the other: a connection takes no second one before it has answered.
    turn = turn.then(async () => {
      if (client === undefined) return
      try {
        await client.query(`listen ${pg.escapeIdentifier(channel)}`)
        tell(channel, null)
      } catch {
        // `lost` has been called, or will be.
      }
    })
    return turn
  }

  const connect = async (): Promise<void> => {
    const next = makeClient()
    client = next
    const lost = () => {
      if (client !== next || closed) return
      client = undefined
      connected = false
      timer = setTimeout(() => void connect(), retryMs)
      retryMs = Math.min(retryMs * 2, RETRY_LIMIT_MS)
    }
    next.on('error', lost)
    next.on('end', lost)
    next.on('notification', ({ channel, payload }) => tell(channel, payload ?? ''))
    try {
      await next.connect()
      connected = true
      retryMs = RETRY_FIRST_MS
      for (const channel of hearers.keys()) await listenTo(channel)
    } catch {
      lost()
      await next.end().catch(() => {})
    }
  }

  return {
    listen: (channel, hear) => {
      const known = hearers.get(channel)
      const all = known ?? new Set()
      all.add(hear)
      hearers.set(channel, all)
      if (client === undefined && timer === undefined) void connect()
      // While it connects, `connect` goes through all channels itself.
      else if (connected) void listenTo(channel)
      return () => {
        all.delete(hear)
      }
    },
    close: async () => {
      closed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}
