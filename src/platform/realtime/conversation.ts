/** Broadcast and presence: what channels of one space and topic say to each other, and who of them is there. */
import { randomUUID } from 'node:crypto'
import type { Channel } from './channel.ts'
import { type Broadcast, encodeBroadcast, encodeRaw } from './frame.ts'
import { createRoomMessages, type RoomMessagesOptions } from './room-messages.ts'

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

export function createConversation(options: RoomMessagesOptions): Conversation {
  const { channels } = options
  const present = new Map<Channel, Presence>()
  const put = createRoomMessages(options)
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
      channel.say('presence_state', metasOf(there))
    },
  }
}

function metasOf(all: readonly Presence[]): Metas {
  // A key is anybody's text: `__proto__` is one, too.
  const metas: Metas = Object.create(null)
  for (const { key, meta } of all) (metas[key] ??= { metas: [] }).metas.push(meta)
  return metas
}
