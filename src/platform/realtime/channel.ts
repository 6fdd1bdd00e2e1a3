/** The channels that are joined, and where each of them is found. */
import type { Binding } from './binding.ts'
import type { Version } from './frame.ts'
import type { Shown } from './gate.ts'

/** What a channel needs of its socket. */
export interface Line {
  version: Version
  send: (data: string | Buffer) => void
}

export interface Channel {
  line: Line
  topic: string
  joinRef: string | null
  shown: Shown
  /** The one company that it can hear of; null: whichever its user is a member of. */
  only: string | null
  space: string
  bindings: readonly Binding[]
  /** Hears what it says itself. */
  echoes: boolean
  acknowledges: boolean
  presence: { enabled: boolean; key: string }
  say: (event: string, payload: unknown, ref?: string | null) => void
  /** Tells the client why, and forgets the channel. */
  close: (why: string) => void
}

export interface Channels {
  add: (channel: Channel) => void
  remove: (channel: Channel) => void
  has: (channel: Channel) => boolean
  /** Those that listen to changes of a company, or may. */
  listeners: (company: string) => Channel[]
  /** Those that speak with each other: of one space, on one topic. */
  room: (space: string, topic: string) => Iterable<Channel>
  all: () => Iterable<Channel>
}

export function createChannels(): Channels {
  const all = new Set<Channel>()
  const byCompany = new Map<string, Set<Channel>>()
  const byRoom = new Map<string, Set<Channel>>()
  const companyOf = ({ only }: Channel) => only ?? ''
  const roomOf = (space: string, topic: string) => `${space}\n${topic}`
  return {
    add: (channel) => {
      all.add(channel)
      if (channel.bindings.length > 0) put(byCompany, companyOf(channel), channel)
      put(byRoom, roomOf(channel.space, channel.topic), channel)
    },
    remove: (channel) => {
      all.delete(channel)
      take(byCompany, companyOf(channel), channel)
      take(byRoom, roomOf(channel.space, channel.topic), channel)
    },
    has: (channel) => all.has(channel),
    listeners: (company) => [...(byCompany.get(company) ?? []), ...(byCompany.get('') ?? [])],
    room: (space, topic) => byRoom.get(roomOf(space, topic)) ?? [],
    all: () => all,
  }
}

function put(index: Map<string, Set<Channel>>, key: string, channel: Channel): void {
  const found = index.get(key)
  if (found === undefined) index.set(key, new Set([channel]))
  else found.add(channel)
}

function take(index: Map<string, Set<Channel>>, key: string, channel: Channel): void {
  const found = index.get(key)
  found?.delete(channel)
  if (found?.size === 0) index.delete(key)
}
