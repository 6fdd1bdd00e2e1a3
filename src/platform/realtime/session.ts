/** One socket: its frames, its channels, its limits. */
import type { Log } from '#log'
import type { Channel, Channels, Line } from './channel.ts'
import type { Conversation } from './conversation.ts'
import { type Broadcast, decodeBinary, decodeText, encode, type Frame, type Version } from './frame.ts'
import type { Shown } from './gate.ts'
import { admit, type Joined, type JoinParts, objectOf, readJoin } from './join.ts'
import { closingWords } from './standing.ts'

export interface SessionLimits {
  channels: number
  joins: Rate
  messages: Rate
}

/** 0: as many as one likes. */
export interface Rate {
  count: number
  perMs: number
}

export interface SessionParts extends JoinParts {
  log: Log
  channels: Channels
  conversation: Conversation
  limits: SessionLimits
  /** Resolves once changes are told: nobody is said to be subscribed before. */
  ready: Promise<void>
}

export interface SessionStart {
  line: Line
  shown: Shown
  apikey: string
  /** Ends the socket with a code of WebSocket's. */
  hangUp: (code: number, reason: string) => void
}

export interface Session {
  hear: (data: Buffer, isBinary: boolean) => void
  end: () => void
}

const TOPIC = /^realtime:[^]{1,246}$/
/** What a timer can hold. */
const TIMER_LIMIT_MS = 2 ** 31 - 1
/** Frames that wait for the one before them. */
const WAITING_LIMIT = 1_000

export function startSession(parts: SessionParts, start: SessionStart): Session {
  const { log, limits, conversation } = parts
  const own = new Map<string, Channel>()
  const mayJoin = createRate(limits.joins)
  const mayTalk = createRate(limits.messages)
  const timers = new Map<Channel, NodeJS.Timeout>()
  let turn: Promise<void> = Promise.resolve()
  let waiting = 0
  let isOver = false

  const say = (frame: Frame) => {
    start.line.send(encode(start.line.version, frame))
  }
  const reply = ({ joinRef, ref, topic }: Frame, status: 'ok' | 'error', response: object) => {
    say({ joinRef, ref, topic, event: 'phx_reply', payload: { status, response } })
  }
  const forget = (channel: Channel) => {
    conversation.untrack(channel)
    parts.channels.remove(channel)
    clearTimeout(timers.get(channel))
    timers.delete(channel)
    if (own.get(channel.topic) === channel) own.delete(channel.topic)
  }
  const watchExpiry = (channel: Channel) => {
    clearTimeout(timers.get(channel))
    const { expiresAt } = channel.shown
    if (expiresAt === null) return
    const inMs = expiresAt.getTime() - Date.now()
    const close = () => {
      channel.close(closingWords('expired', expiresAt))
    }
    if (inMs < TIMER_LIMIT_MS) timers.set(channel, setTimeout(close, Math.max(0, inMs)))
  }

  const enter = ({ channel: made, answer, problems }: Exclude<Joined, { refused: string }>, frame: Frame) => {
    const { topic, joinRef } = made
    const tell = (event: string, payload: unknown, ref: string | null = null) => {
      say({ joinRef, ref, topic, event, payload })
    }
    const channel: Channel = {
      ...made,
      say: ({ event, payload, ref }) => {
        tell(event, payload, ref)
      },
      close: (why) => {
        if (own.get(topic) !== channel) return
        forget(channel)
        tell('system', systemOf(topic, 'system', 'error', why))
        tell('phx_close', {}, joinRef)
      },
    }
    const older = own.get(topic)
    if (older !== undefined) {
      forget(older)
      older.say({ event: 'phx_close', payload: {}, ref: older.joinRef })
    }
    own.set(topic, channel)
    parts.channels.add(channel)
    watchExpiry(channel)
    reply(frame, 'ok', { postgres_changes: answer })
    for (const problem of problems) tell('system', systemOf(topic, 'postgres_changes', 'error', problem))
    if (answer.length > 0 && problems.length === 0) {
      tell('system', systemOf(topic, 'postgres_changes', 'ok', 'Subscribed to PostgreSQL'))
    }
    if (channel.presence.enabled) conversation.state(channel)
  }

  const join = async (frame: Frame): Promise<void> => {
    if (!TOPIC.test(frame.topic)) return reply(frame, 'error', { reason: 'A topic is realtime: and a name.' })
    if (!mayJoin()) return reply(frame, 'error', { reason: 'Too many joins: wait a moment.' })
    if (limits.channels > 0 && own.size >= limits.channels && !own.has(frame.topic)) {
      return reply(frame, 'error', { reason: `A socket has ${limits.channels} channels at most.` })
    }
    await parts.ready
    const { line, shown, apikey } = start
    const joined = await readJoin(parts, { line, frame, shown, apikey })
    if (isOver) return
    if ('refused' in joined) return reply(frame, 'error', { reason: joined.refused })
    enter(joined, frame)
  }

  const exchangeToken = async (channel: Channel, frame: Frame): Promise<void> => {
    const token = objectOf(frame.payload).access_token
    if (typeof token !== 'string' || token === '' || token === start.apikey || token.startsWith('sb_')) return
    const shown = await parts.gate.recognise(token)
    if (shown === null) return channel.close('The access token is forged, has expired or is unknown.')
    const admitted = await admit(parts.gate, shown)
    if (typeof admitted === 'string') return channel.close(admitted)
    if (own.get(channel.topic) !== channel) return
    const isHeard = channel.bindings.every(({ tables }) =>
      tables.every(({ roles }) => roles.includes(admitted.databaseRole)),
    )
    if (!isHeard) return channel.close('The new access token may not read what this channel listens to.')
    conversation.untrack(channel)
    parts.channels.remove(channel)
    Object.assign(channel, { shown, only: admitted.only, space: admitted.space })
    parts.channels.add(channel)
    watchExpiry(channel)
  }

  const onChannel = async (channel: Channel, frame: Frame, broadcast: Broadcast | null): Promise<void> => {
    switch (frame.event) {
      case 'phx_leave':
        forget(channel)
        reply(frame, 'ok', {})
        return
      case 'access_token':
        return exchangeToken(channel, frame)
      case 'broadcast': {
        const message = broadcast ?? broadcastOf(frame.payload)
        if (message === null) return reply(frame, 'error', { reason: 'A broadcast has an event.' })
        conversation.broadcast(channel, message)
        if (channel.acknowledges) reply(frame, 'ok', {})
        return
      }
      case 'presence': {
        const { event, payload } = objectOf(frame.payload)
        if (event === 'track') conversation.track(channel, payload)
        else if (event === 'untrack') conversation.untrack(channel)
        return reply(frame, 'ok', {})
      }
      default:
        return reply(frame, 'error', { reason: `There is no event "${frame.event}".` })
    }
  }

  const answer = async (frame: Frame, broadcast: Broadcast | null): Promise<void> => {
    if (isOver) return
    if (frame.event === 'phx_join') return join(frame)
    const channel = own.get(frame.topic)
    if (channel === undefined) {
      // Left twice, or closed by us meanwhile: what the client wants is so already.
      if (frame.event === 'phx_leave') return reply(frame, 'ok', {})
      return reply(frame, 'error', { reason: 'unmatched topic' })
    }
    // Of a join that a newer one has replaced.
    if (frame.joinRef !== null && frame.joinRef !== channel.joinRef) return
    return onChannel(channel, frame, broadcast)
  }

  return {
    hear: (data, isBinary) => {
      const frame = isBinary ? decodeBinary(data) : decodeText(start.line.version, data.toString())
      if (frame === null) return start.hangUp(1003, 'not a frame')
      if (!mayTalk() || waiting >= WAITING_LIMIT) return start.hangUp(1008, 'too many messages')
      if (frame.topic === 'phoenix' && frame.event === 'heartbeat') {
        return reply({ ...frame, payload: null }, 'ok', {})
      }
      const broadcast = 'broadcast' in frame ? frame.broadcast : null
      const plain = { ...frame, payload: 'payload' in frame ? frame.payload : null }
      waiting += 1
      // One after the other, in the order in which they came.
      turn = turn
        .then(() => answer(plain, broadcast))
        .catch((error: unknown) => {
          log.warn({ err: error }, 'a frame of realtime could not be answered')
          reply(plain, 'error', { reason: 'The hub could not answer. Try again in a moment.' })
        })
        .finally(() => {
          waiting -= 1
        })
    },
    end: () => {
      isOver = true
      for (const channel of own.values()) forget(channel)
    },
  }
}

function systemOf(topic: string, extension: string, status: 'ok' | 'error', message: string): object {
  return { extension, status, message, channel: topic.replace(/^realtime:/, '') }
}

function broadcastOf(payload: unknown): Broadcast | null {
  const { event, payload: content } = objectOf(payload)
  return typeof event === 'string' ? { event, content: { json: content ?? {} } } : null
}

/** Counts in windows: cheap, and twice the count in the worst case is still a limit. */
export function createRate({ count, perMs }: Rate): () => boolean {
  let [began, used] = [0, 0]
  return () => {
    if (count === 0) return true
    const now = Date.now()
    if (now - began >= perMs) [began, used] = [now, 0]
    used += 1
    return used <= count
  }
}

export type { Version }
