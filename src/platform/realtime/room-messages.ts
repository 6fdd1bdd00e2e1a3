/** Messages to those that are in a room at the moment they are delivered, and may still be. */
import type { Log } from '#log'
import type { Channel, Channels } from './channel.ts'
import type { Gate } from './gate.ts'
import { companiesOf, standingOfEach } from './standing.ts'

export interface RoomMessagesOptions {
  gate: Gate
  log: Log
  channels: Channels
}

export interface RoomMessage {
  space: string
  topic: string
  /** Who says it: what a channel says that may not be here any more is not passed on. */
  from: Channel | null
  isFor: (channel: Channel) => boolean
  write: (version: Channel['line']['version']) => string | Buffer | null
}

export function createRoomMessages(options: RoomMessagesOptions): (message: RoomMessage) => void {
  const { gate, log, channels } = options
  let queue: RoomMessage[] = []
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
    { space, topic, from, isFor, write }: RoomMessage,
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
  return (message) => {
    queue.push(message)
    if (!isRunning) void run()
  }
}
