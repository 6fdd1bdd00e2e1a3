/** One socket: its frames, its channels, its limits. */
import type { Log } from '#log'
import type { Channel, Channels, Line } from './channel.ts'
import type { Conversation } from './conversation.ts'
import { type Broadcast, decodeBinary, decodeText, encode, type Frame } from './frame.ts'
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

const TOPIC = /^realtime:[^]{1,246}$/
/** What a timer can hold. */
const TIMER_LIMIT_MS = 2 ** 31 - 1
/** Frames that wait for the one before them. */
const WAITING_LIMIT = 1_000

/** A class for its life: it begins with the socket and ends with it, and everything it holds ends with it, too. */
export class Session {
  readonly #parts: SessionParts
  readonly #start: SessionStart
  readonly #own = new Map<string, Channel>()
  readonly #timers = new Map<Channel, NodeJS.Timeout>()
  readonly #mayJoin: () => boolean
  readonly #mayTalk: () => boolean
  #turn: Promise<void> = Promise.resolve()
  #waiting = 0
  #isOver = false

  constructor(parts: SessionParts, start: SessionStart) {
    this.#parts = parts
    this.#start = start
    this.#mayJoin = createRate(parts.limits.joins)
    this.#mayTalk = createRate(parts.limits.messages)
  }

  hear(data: Buffer, isBinary: boolean): void {
    const { line, hangUp } = this.#start
    const frame = isBinary ? decodeBinary(data) : decodeText(line.version, data.toString())
    if (frame === null) return hangUp(1003, 'not a frame')
    if (!this.#mayTalk() || this.#waiting >= WAITING_LIMIT) return hangUp(1008, 'too many messages')
    const plain = { ...frame, payload: 'payload' in frame ? frame.payload : null }
    if (frame.topic === 'phoenix' && frame.event === 'heartbeat') return this.#reply(plain, 'ok', {})
    const broadcast = 'broadcast' in frame ? frame.broadcast : null
    this.#waiting += 1
    // One after the other, in the order in which they came.
    this.#turn = this.#turn
      .then(() => this.#answer(plain, broadcast))
      .catch((error: unknown) => {
        this.#parts.log.warn({ err: error }, 'a frame of realtime could not be answered')
        const reason = 'The hub could not answer. Try again in a moment.'
        this.#reply(plain, 'error', { reason })
      })
      .finally(() => {
        this.#waiting -= 1
      })
  }

  end(): void {
    this.#isOver = true
    for (const channel of this.#own.values()) this.#forget(channel)
  }

  async #answer(frame: Frame, broadcast: Broadcast | null): Promise<void> {
    if (this.#isOver) return
    if (frame.event === 'phx_join') return this.#join(frame)
    const channel = this.#own.get(frame.topic)
    if (channel === undefined) {
      // Left twice, or closed by us meanwhile: what the client wants is so already.
      if (frame.event === 'phx_leave') return this.#reply(frame, 'ok', {})
      return this.#reply(frame, 'error', { reason: 'unmatched topic' })
    }
    // Of a join that a newer one has replaced.
    if (frame.joinRef !== null && frame.joinRef !== channel.joinRef) return
    return this.#onChannel(channel, frame, broadcast)
  }

  async #join(frame: Frame): Promise<void> {
    const { channels: limit } = this.#parts.limits
    const refuse = (reason: string) => {
      this.#reply(frame, 'error', { reason })
    }
    if (!TOPIC.test(frame.topic)) return refuse('A topic is realtime: and a name.')
    if (!this.#mayJoin()) return refuse('Too many joins: wait a moment.')
    if (limit > 0 && this.#own.size >= limit && !this.#own.has(frame.topic)) {
      return refuse(`A socket has ${limit} channels at most.`)
    }
    await this.#parts.ready
    const { line, shown, apikey } = this.#start
    const joined = await readJoin(this.#parts, { line, frame, shown, apikey })
    if (this.#isOver) return
    if ('refused' in joined) return refuse(joined.refused)
    this.#enter(joined, frame)
  }

  #enter({ channel: made, answer, problems }: Exclude<Joined, { refused: string }>, frame: Frame): void {
    const { topic, joinRef } = made
    const say = (event: string, payload: unknown, ref: string | null = null) => {
      this.#say({ joinRef, ref, topic, event, payload })
    }
    const channel: Channel = {
      ...made,
      say,
      close: (why) => {
        if (this.#own.get(topic) !== channel) return
        this.#forget(channel)
        say('system', systemOf(topic, 'system', 'error', why))
        say('phx_close', {}, joinRef)
      },
    }
    const older = this.#own.get(topic)
    if (older !== undefined) {
      this.#forget(older)
      older.say('phx_close', {}, older.joinRef)
    }
    this.#own.set(topic, channel)
    this.#parts.channels.add(channel)
    this.#watchExpiry(channel)
    this.#reply(frame, 'ok', { postgres_changes: answer })
    for (const problem of problems) say('system', systemOf(topic, 'postgres_changes', 'error', problem))
    if (answer.length > 0 && problems.length === 0) {
      say('system', systemOf(topic, 'postgres_changes', 'ok', 'Subscribed to PostgreSQL'))
    }
    if (channel.presence.enabled) this.#parts.conversation.state(channel)
  }

  async #onChannel(channel: Channel, frame: Frame, broadcast: Broadcast | null): Promise<void> {
    const { conversation } = this.#parts
    switch (frame.event) {
      case 'phx_leave':
        this.#forget(channel)
        return this.#reply(frame, 'ok', {})
      case 'access_token':
        return this.#exchangeToken(channel, frame)
      case 'broadcast': {
        const message = broadcast ?? broadcastOf(frame.payload)
        if (message === null) return this.#reply(frame, 'error', { reason: 'A broadcast has an event.' })
        conversation.broadcast(channel, message)
        if (channel.acknowledges) this.#reply(frame, 'ok', {})
        return
      }
      case 'presence': {
        const { event, payload } = objectOf(frame.payload)
        if (event === 'track') conversation.track(channel, payload)
        else if (event === 'untrack') conversation.untrack(channel)
        return this.#reply(frame, 'ok', {})
      }
      default:
        return this.#reply(frame, 'error', { reason: `There is no event "${frame.event}".` })
    }
  }

  /** A token that is no longer good closes the channel; one of another company moves it there. */
  async #exchangeToken(channel: Channel, frame: Frame): Promise<void> {
    const { gate, channels, conversation } = this.#parts
    const token = objectOf(frame.payload).access_token
    const isSame = token === this.#start.apikey
    if (typeof token !== 'string' || token === '' || isSame || token.startsWith('sb_')) return
    const shown = await gate.recognise(token)
    if (shown === null) return channel.close('The access token is forged, has expired or is unknown.')
    const admitted = await admit(gate, shown)
    if (typeof admitted === 'string') return channel.close(admitted)
    if (this.#own.get(channel.topic) !== channel) return
    const { databaseRole, only, space } = admitted
    const isOpen = channel.bindings.every(({ tables }) =>
      tables.every(({ roles }) => roles.includes(databaseRole)),
    )
    if (!isOpen) return channel.close('The new access token may not read what this channel listens to.')
    if (space !== channel.space) conversation.untrack(channel)
    channels.remove(channel)
    Object.assign(channel, { shown, only, space })
    channels.add(channel)
    this.#watchExpiry(channel)
  }

  #watchExpiry(channel: Channel): void {
    clearTimeout(this.#timers.get(channel))
    const { expiresAt } = channel.shown
    if (expiresAt === null) return
    const inMs = expiresAt.getTime() - Date.now()
    const close = () => {
      channel.close(closingWords('expired', expiresAt))
    }
    if (inMs < TIMER_LIMIT_MS) this.#timers.set(channel, setTimeout(close, Math.max(0, inMs)))
  }

  #forget(channel: Channel): void {
    this.#parts.channels.remove(channel)
    this.#parts.conversation.untrack(channel)
    clearTimeout(this.#timers.get(channel))
    this.#timers.delete(channel)
    if (this.#own.get(channel.topic) === channel) this.#own.delete(channel.topic)
  }

  #reply({ joinRef, ref, topic }: Frame, status: 'ok' | 'error', response: object): void {
    this.#say({ joinRef, ref, topic, event: 'phx_reply', payload: { status, response } })
  }

  #say(frame: Frame): void {
    this.#start.line.send(encode(this.#start.line.version, frame))
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
function createRate({ count, perMs }: Rate): () => boolean {
  let [began, used] = [0, 0]
  return () => {
    if (count === 0) return true
    const now = Date.now()
    if (now - began >= perMs) [began, used] = [now, 0]
    used += 1
    return used <= count
  }
}
