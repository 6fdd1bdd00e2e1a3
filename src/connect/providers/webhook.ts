/** Any system that calls the hub: Standard Webhooks, or a plain HMAC in a header of its own. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Fault } from '#fault'
import { hookRefused } from '../hook-refused.ts'
import {
  type Actions,
  field,
  type HookCall,
  type HookTaken,
  type Manifest,
  type Opened,
} from '../provider.ts'

const Config = Type.Object({
  scheme: field.choice('Signature', ['standard', 'hmac'], 'standard'),
  signature_header: Type.String({
    title: 'Header of the signature',
    description: 'Of plain HMAC: X-Hub-Signature-256. Standard Webhooks have their own.',
    default: 'X-Signature',
    maxLength: 64,
    pattern: '^[A-Za-z0-9-]+$',
  }),
  algorithm: field.choice('Algorithm', ['sha256', 'sha512', 'sha1'], 'sha256'),
  encoding: field.choice('Written as', ['hex', 'base64'], 'hex'),
  id_header: Type.String({
    title: 'Header of the id',
    description: 'Of plain HMAC: what names a call. Empty: the signed body itself.',
    default: '',
    maxLength: 64,
    pattern: '^[A-Za-z0-9-]*$',
  }),
})

export const webhook: Manifest = {
  provider: 'webhook',
  title: 'Webhook (inbound)',
  connectorType: 'webhook',
  config: Config,
  auth: [
    {
      type: 'hmac',
      title: 'Signing secret',
      fields: {},
      secrets: {
        secret: Type.String({
          title: 'Secret',
          description:
            'Standard Webhooks: whsec_… Two, each on a line of its own, while one is being replaced.',
          writeOnly: true,
          format: 'password',
          'x-secret': true,
          minLength: 8,
          maxLength: 2048,
        }),
      },
    },
  ],
  can: { check: true, discover: false, source: false, target: false, hook: true },
  act: () => createWebhookActions(),
}

/** How far a call's clock may be off, before and after. */
const WINDOW_MS = 5 * 60_000
const SIGNATURES_LIMIT = 20

function createWebhookActions(): Actions {
  return {
    check: async (opened) => {
      const count = (isStandard(opened) ? keysOf(opened) : plainKeys(opened)).length
      return {
        message: `Calls are taken at /hooks/ and the connector's uuid, signed with ${count === 1 ? 'the secret' : `one of ${count} secrets`}.`,
        details: { secrets: count },
      }
    },
    hook: (opened, call) => {
      const config = opened.config as Static<typeof Config> // validated when it was opened
      return isStandard(opened) ? takeStandard(opened, call) : takePlain(opened, config, call)
    },
  }
}

const isStandard = ({ config }: Opened): boolean => config.scheme === 'standard'

/** Standard Webhooks: `id.timestamp.body`, several signatures while keys change, five minutes of tolerance. */
function takeStandard(opened: Opened, call: HookCall): HookTaken {
  const id = headerOf(call, 'webhook-id')
  const timestamp = headerOf(call, 'webhook-timestamp')
  const given = headerOf(call, 'webhook-signature')
  if (!/^\d{1,12}$/.test(timestamp)) throw hookRefused('webhook-timestamp is no count of seconds')
  if (Math.abs(call.at.getTime() - Number(timestamp) * 1000) > WINDOW_MS) {
    throw hookRefused('webhook-timestamp is more than five minutes away from now')
  }
  if (id.length > 256) throw hookRefused('webhook-id is longer than 256 characters')
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), call.body])
  const signatures = given
    .split(' ')
    .slice(0, SIGNATURES_LIMIT)
    .flatMap((part) => (part.startsWith('v1,') ? [part.slice(3)] : []))
  const isProved = keysOf(opened).some((key) => {
    const mac = createHmac('sha256', key).update(signed).digest('base64')
    return signatures.some((signature) => isSame(signature, mac))
  })
  if (!isProved) throw hookRefused('its signature does not fit')
  const payload = payloadOf(call.body)
  return { id, type: typeOf(payload), payload }
}

function takePlain(opened: Opened, config: Static<typeof Config>, call: HookCall): HookTaken {
  const given = headerOf(call, config.signature_header).replace(/^sha\d+=/, '')
  const isProved = plainKeys(opened).some((key) => {
    const mac = createHmac(config.algorithm, key)
      .update(call.body)
      .digest(config.encoding === 'hex' ? 'hex' : 'base64')
    return isSame(config.encoding === 'hex' ? given.toLowerCase() : given, mac)
  })
  if (!isProved) throw hookRefused('its signature does not fit')
  const payload = payloadOf(call.body)
  // Without an id of its own a call is its body: the same one twice is taken once.
  const id =
    config.id_header === ''
      ? `body ${createHmac('sha256', 'id').update(call.body).digest('hex')}`
      : headerOf(call, config.id_header)
  return { id: id.slice(0, 256), type: typeOf(payload), payload }
}

function headerOf({ headers }: HookCall, name: string): string {
  const value = headers[name.toLowerCase()]
  if (typeof value !== 'string' || value === '') throw hookRefused(`the header ${name} is missing`)
  return value
}

/** Of Standard Webhooks a secret is base64 after `whsec_`; of others it is the text itself. */
function keysOf(opened: Opened): Buffer[] {
  return secretsOf(opened, /\s+/).map((secret) =>
    secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret),
  )
}

/** Anything but the end of a line may be part of such a secret. */
function plainKeys(opened: Opened): Buffer[] {
  return secretsOf(opened, /\r?\n/).map((secret) => Buffer.from(secret))
}

function secretsOf({ auth }: Opened, between: RegExp): string[] {
  const { secret = '' } = auth as { secret?: string } // sealed by the manifest's schema
  const secrets = secret.split(between).filter((one) => one !== '')
  if (secrets.length > 0) return secrets
  throw new Fault('bad_request', 'connect.secret_empty', 'The connection has no signing secret.')
}

function payloadOf(body: Buffer): unknown {
  const text = body.toString('utf8')
  // Zero bytes have no place in jsonb.
  if (text.includes('\u0000')) return { base64: body.toString('base64') }
  try {
    const parsed: unknown = JSON.parse(text)
    return JSON.stringify(parsed).includes(String.raw`\u0000`) ? { base64: body.toString('base64') } : parsed
  } catch {
    return { text }
  }
}

function typeOf(payload: unknown): string {
  const type = typeof payload === 'object' && payload !== null && 'type' in payload ? payload.type : null
  return typeof type === 'string' ? type.slice(0, 128) : ''
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
