/**
 * What a channel is: one file says how to connect to a provider, what is sent there, and what its answers mean.
 *
 * Most are one POST per part of a message; `httpChannel` makes them of four pure functions, so that a channel is tested
 * by what it sends and by how it reads an answer.
 */
import type { Manifest, Opened, WebAnswer, WebRequest } from '#connect'
import type { Blame, Format, Level } from './tables.ts'

/** A message as it is sent. */
export interface Outgoing {
  title: string
  text: string
  format: Format
  level: Level
  /** The same over all tries of a task. */
  dedup: string
  /** Of this try. */
  at: Date
  /** Parts that were sent by an earlier try. */
  partsSent: number
}

/** Where it goes. */
export interface Destination {
  opened: Opened
  address: string | null
  /** Tells one set of credentials from the next, for what is kept by them. */
  connectionId: number
}

/** What became of a try. */
export type Outcome =
  | { kind: 'sent'; receipt: string | null; answer: string }
  /** Not now. `afterMs` is the provider's own wait, and then it is everybody's who sends over this connection. */
  | {
      kind: 'retry'
      code: string
      message: string
      answer: string
      afterMs: number | null
      partsSent?: number
    }
  /** Never: the same would be refused again. */
  | { kind: 'refused'; blame: Blame; code: string; message: string; answer: string; partsSent?: number }

/** A rate limit as providers state them. */
export interface Pace {
  per: 'connection' | 'address'
  count: number
  perMs: number
}

/** What a channel gets to work with. */
export interface Tools {
  /** Guarded, within its time. */
  request: (request: WebRequest) => Promise<WebAnswer>
  /** The address to connect to, of a server that is not on the web: a relay of mails may stand in one's own network. */
  reach: (host: string, port: number) => Promise<string>
  signal: AbortSignal
}

export interface Channel {
  /** How to connect: the provider's line in `/v1/providers`. */
  manifest: Manifest
  /** Whether a message needs an address (a chat, a mailbox), or the connection is the place itself. */
  address: 'wanted' | 'possible' | 'none'
  pace: readonly Pace[]
  /** @throws Fault when the provider cannot be asked. */
  send: (message: Outgoing, to: Destination, tools: Tools) => Promise<Outcome>
}

export interface HttpChannel extends Omit<Channel, 'send'> {
  /** What the provider understands, in pieces that it takes; at least one. */
  parts: (message: Outgoing, to: Destination) => readonly string[]
  request: (part: Part, message: Outgoing, to: Destination) => WebRequest
  classify: (answer: WebAnswer) => Outcome
}

export interface Part {
  text: string
  /** From 0. */
  nth: number
  count: number
  /** Its own, and the same over all tries. */
  dedup: string
}

/** A channel that is a request for each part. */
export function httpChannel(channel: HttpChannel): Channel {
  const { manifest, address, pace, parts, request, classify } = channel
  return {
    manifest,
    address,
    pace,
    send: async (message, to, tools) => {
      const texts = parts(message, to)
      let outcome: Outcome = { kind: 'sent', receipt: null, answer: '' }
      for (const [nth, text] of texts.entries()) {
        if (nth < message.partsSent) continue
        const dedup = nth === 0 ? message.dedup : `${message.dedup}-${nth}`
        const part = { text, nth, count: texts.length, dedup }
        outcome = classify(await tools.request(request(part, message, to)))
        if (outcome.kind !== 'sent') return { ...outcome, partsSent: nth }
      }
      return outcome
    },
  }
}

/** The longest answer that is kept. */
const ANSWER_LIMIT = 2_000

/** An answer as it is kept with the task. */
export function answerText({ status, body }: Pick<WebAnswer, 'status' | 'body'>): string {
  const text = body.toString('utf8').replaceAll('\u0000', '').slice(0, ANSWER_LIMIT)
  return `HTTP ${status}${text === '' ? '' : ` ${text}`}`.toWellFormed()
}

/** The answer as JSON; null when it is none, or no object. */
export function answerJson({ body }: Pick<WebAnswer, 'body'>): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null // looked at above
  } catch {
    return null
  }
}

/** What `Retry-After` says, in milliseconds. */
function retryAfterMs({ headers }: Pick<WebAnswer, 'headers'>, now = Date.now()): number | null {
  const given = headers['retry-after']
  if (given === undefined) return null
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given) * 1_000
  const at = Date.parse(given)
  return Number.isNaN(at) ? null : Math.max(at - now, 0)
}

export const sent = (answer: WebAnswer, receipt: unknown = null): Outcome => ({
  kind: 'sent',
  receipt: typeof receipt === 'string' || typeof receipt === 'number' ? String(receipt) : null,
  answer: answerText(answer),
})

/** Too fast, busy or down: the same is tried again. */
export const later = (answer: WebAnswer, message: string, afterMs: number | null = null): Outcome => ({
  kind: 'retry',
  code: 'notify.busy',
  message,
  answer: answerText(answer),
  afterMs: afterMs ?? retryAfterMs(answer),
})

export const refused = (answer: WebAnswer, blame: Blame, message: string): Outcome => ({
  kind: 'refused',
  blame,
  // What connect takes for a sign-in that does not mend itself.
  code: blame === 'connection' ? 'connect.auth_refused' : `notify.${blame}_refused`,
  message,
  answer: answerText(answer),
})

/** What the status alone says of an answer that was not understood: never success. */
export function byStatus(answer: WebAnswer, provider: string): Outcome {
  const { status } = answer
  const words = `${provider} answered ${status} with something that was not expected.`
  if (status === 401 || status === 403) {
    return refused(answer, 'connection', `${provider} refused the credentials (HTTP ${status}). Check them.`)
  }
  if (status === 404 || status === 410) {
    return refused(
      answer,
      'connection',
      `${provider} knows no such address (HTTP ${status}). Check the connection.`,
    )
  }
  if (status === 413) return refused(answer, 'message', `${provider} takes no message of this length.`)
  if (status === 429) return later(answer, `${provider} takes no more messages for now.`)
  if (status === 408 || status >= 500 || status < 400) return later(answer, words)
  return refused(answer, 'message', words)
}
