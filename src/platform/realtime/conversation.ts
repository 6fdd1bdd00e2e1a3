/** Broadcast and presence: what channels of one space and topic say to each other, and who of them is there. */
import { randomUUID } from 'node:crypto'
import type { Log } from '#log'
import type { Channel, Channels } from './channel.ts'
import { type Broadcast, encodeBroadcast, encodeRaw } from './frame.ts'
import type { Gate } from './gate.ts'
import { companiesOf, standingOfEach } from './standing.ts'

export interface Conversation {
  /** Says it to the others of the channel's room, and to itself where it wants that. */
  broadcast: (from: Channel, message: Broadcast) => void
  /** The same from outside of any channel. */
  broadcastTo: (space: string, topic: string, message: Broadcast) => void
  track: (channel: Channel, payload: unknown) => void
  untrack: (channel: Channel) => void
  /** Who is there, for one that has just come. */
  state: (channel: Channel) => void
}

interface Presence {
  key: string
  meta: Record<string, unknown>
}

type Metas = Record<string, { metas: Record<string, unknown>[] }>

interface Message {
  space: string
  topic: string
  /** Who says it: what a channel says that may not be here any more is not passed on. */
  from: Channel | null
  isFor: (channel: Channel) => boolean
  write: (version: Channel['line']['version']) => string | Buffer | null
}

export function createConversation(options: { gate: Gate; log: Log; channels: Channels }): Conversation {
  const { gate, log, channels } = options
  const present = new Map<Channel, Presence>()
  let queue: Message[] = []
  let isRunning = false

  /** One after the other, so that all hear all in one order; those that wait together share the look at the members. */
  const run = async (): Promise<void> => {
    isRunning = true
    while (queue.length > 0) {
      const batch = queue
      queue = []
      const rooms = new Set(batch.flatMap(({ space, topic }) => [...channels.room(space, topic)]))
      try {
        const standings = await standingOfEach(gate, rooms, companiesOf(rooms))
        for (const message of batch) deliver(message, standings)
      } catch (error) {
        log.warn({ err: error }, 'a broadcast was lost: who may hear it could not be read')
      }
    }
    isRunning = false
  }
  const deliver = (
    { space, topic, from, isFor, write }: Message,
    standings: ReadonlyMap<Channel, unknown>,
  ): void => {
    if (from !== null && !standings.has(from)) return
    const written = new Map<string, string | Buffer | null>()
    for (const channel of channels.room(space, topic)) {
      const { version } = channel.line
      if (!standings.has(channel) || !isFor(channel)) continue
      if (!written.has(version)) written.set(version, write(version))
      const frame = written.get(version)
      if (frame !== null && frame !== undefined) channel.line.send(frame)
    }
  }
  const put = (message: Message) => {
    queue.push(message)
    if (!isRunning) void run()
  }
  const tellDiff = ({ space, topic }: Channel, joins: Metas, leaves: Metas) => {
    const payload = JSON.stringify({ joins, leaves })
    put({
      space,
      topic,
      from: null,
      isFor: (channel) => channel.presence.enabled,
      write: (version) => encodeRaw(version, topic, 'presence_diff', payload),
    })
  }

  return {
    broadcast: (from, message) => {
      const { space, topic } = from
      put({
        space,
        topic,
        from,
        isFor: (channel) => channel !== from || channel.echoes,
        write: (version) => encodeBroadcast(version, topic, message),
      })
    },
    broadcastTo: (space, topic, message) => {
      put({
        space,
        topic,
        from: null,
        isFor: () => true,
        write: (version) => encodeBroadcast(version, topic, message),
      })
    },
    track: (channel, payload) => {
      const before = present.get(channel)
      const given = typeof payload === 'object' && payload !== null ? payload : {}
      const now = { key: channel.presence.key, meta: { ...given, phx_ref: randomUUID() } }
      present.set(channel, now)
      tellDiff(channel, metasOf([now]), metasOf(before === undefined ? [] : [before]))
    },
    untrack: (channel) => {
      const before = present.get(channel)
      if (before === undefined) return
      present.delete(channel)
      tellDiff(channel, {}, metasOf([before]))
    },
    state: (channel) => {
      const there = [...channels.room(channel.space, channel.topic)].flatMap((one) => present.get(one) ?? [])
      channel.say({ event: 'presence_state', payload: metasOf(there) })
    },
  }
}

function metasOf(all: readonly Presence[]): Metas {
  // A key is anybody's text: `__proto__` is one, too.
  const metas: Metas = Object.create(null)
  for (const { key, meta } of all) (metas[key] ??= { metas: [] }).metas.push(meta)
  return metas
}
