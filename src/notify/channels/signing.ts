/** How messages are signed for those who take them, and how a signature is checked. Formulas and vectors: each provider's own. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Fault } from '#fault'

const SECRET_PREFIX = 'whsec_'
/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32
const SHORTEST_SECRET_BYTES = 16
/** As many as a receiver needs who changes a key twice in a hurry; each costs it a comparison. */
const MOST_SECRETS = 4
const TOLERANCE_S = 300

/** Feishu and Lark bots: seconds and secret are the key, and the message is empty. */
export function signLark(timestampS: number, secret: string): string {
  return createHmac('sha256', `${timestampS}\n${secret}`).digest('base64')
}

/** DingTalk's bots: milliseconds; the answer still has to be percent-encoded where it goes into an address. */
export function signDingTalk(timestampMs: number, secret: string): string {
  return createHmac('sha256', secret).update(`${timestampMs}\n${secret}`).digest('base64')
}

/** A new secret of Standard Webhooks. */
export function newWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

export interface SignedMessage {
  /** Stays the same over all tries of one message, so that the receiver can drop a second copy. */
  id: string
  timestampS: number
  /** Exactly the bytes that are sent. */
  body: string | Buffer
}

/**
 * The three headers of Standard Webhooks. With two secrets the receiver may check by either, so a key is changed without
 * a message lost.
 * @throws Fault for no secret, too many, or one that is none.
 */
export function webhookHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  if (secrets.length === 0 || secrets.length > MOST_SECRETS) {
    throw new Fault(
      'invalid',
      'notify.webhook_secrets',
      `A signed webhook takes 1 to ${MOST_SECRETS} secrets, not ${secrets.length}.`,
    )
  }
  // A dot would let one message be read as another: the parts of what is signed are joined by dots.
  if (!/^[^.\s]{1,128}$/.test(message.id)) {
    throw new Fault(
      'invalid',
      'notify.webhook_id',
      'The id of a webhook has 1 to 128 characters without dots and spaces.',
    )
  }
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampS),
    'webhook-signature': secrets.map((secret) => signature(message, secret)).join(' '),
  }
}

export interface ReceivedMessage {
  id: string
  timestamp: string
  signatures: string
  body: string | Buffer
}

/** Why a signed webhook is not believed, or null when it is. The time of a comparison tells nothing about the secret. */
export function webhookProblem(
  received: ReceivedMessage,
  secrets: readonly string[],
  nowMs: number,
  toleranceS: number = TOLERANCE_S,
): 'unsigned' | 'stale' | 'wrong' | null {
  const { id, timestamp, signatures, body } = received
  if (id === '' || signatures === '' || !/^\d{1,12}$/.test(timestamp)) return 'unsigned'
  const timestampS = Number(timestamp)
  if (Math.abs(nowMs / 1000 - timestampS) > toleranceS) return 'stale'
  const given = signatures.split(' ', MOST_SECRETS * 4)
  let right = false
  for (const secret of secrets) {
    const expected = Buffer.from(signature({ id, timestampS, body }, secret))
    for (const one of given) {
      const bytes = Buffer.from(one)
      if (bytes.length === expected.length && timingSafeEqual(bytes, expected)) right = true
    }
  }
  return right ? null : 'wrong'
}

function signature({ id, timestampS, body }: SignedMessage, secret: string): string {
  const hmac = createHmac('sha256', secretBytes(secret)).update(`${id}.${timestampS}.`).update(body)
  return `v1,${hmac.digest('base64')}`
}

function secretBytes(secret: string): Buffer {
  const encoded = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret
  const bytes = Buffer.from(encoded, 'base64')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || bytes.length < SHORTEST_SECRET_BYTES) {
    throw new Fault(
      'invalid',
      'notify.webhook_secret',
      `The secret of a webhook is "${SECRET_PREFIX}" and at least ${SHORTEST_SECRET_BYTES} bytes in base64.`,
    )
  }
  return bytes
}
