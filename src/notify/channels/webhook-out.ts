/** Calls to an address of somebody's own, signed as Standard Webhooks says. */
import { type Static, Type } from 'typebox'
import { Fault } from '#fault'
import { byStatus, httpChannel, later, refused, sent } from '../channel.ts'
import { webhookHeaders } from './signing.ts'

const Config = Type.Object({
  url: Type.String({ title: 'Address', minLength: 1, format: 'uri' }),
  type: Type.String({
    title: 'Type',
    description: 'Stands in every call as its type.',
    default: 'message',
    minLength: 1,
    maxLength: 128,
  }),
})

export const webhookOut = httpChannel({
  manifest: {
    provider: 'webhook_out',
    title: 'Webhook (outgoing)',
    connectorType: 'message',
    config: Config,
    auth: [
      {
        type: 'webhook_out',
        title: 'Signing secrets',
        fields: {},
        secrets: {
          secret: Type.String({
            title: 'Signing secrets (whsec_…), the new one first while a key is changed; separated by spaces',
            writeOnly: true,
            format: 'password',
            'x-secret': true,
          }),
        },
      },
      { type: 'none', title: 'Not signed', fields: {}, secrets: {} },
    ],
    can: { check: false, discover: false, source: false, target: false },
  },
  address: 'none',
  pace: [],
  parts: ({ title, text, format, level, at }, { opened }) => {
    const { type } = opened.config as Static<typeof Config> // validated when it was opened
    return [JSON.stringify({ type, timestamp: at.toISOString(), data: { title, text, format, level } })]
  },
  request: ({ text: body, dedup: id }, { at }, { opened: { config, auth } }) => {
    const { url } = config as Static<typeof Config> // validated when it was opened
    const timestampS = Math.floor(at.getTime() / 1000)
    return {
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Crosstie',
        ...(auth.type === 'none'
          ? { 'webhook-id': id, 'webhook-timestamp': String(timestampS) }
          : webhookHeaders({ id, timestampS, body }, secretsOf(auth.secret))),
      },
      body,
    }
  },
  classify: (answer) => {
    const { status } = answer
    if (status >= 200 && status < 300) return sent(answer)
    if (status === 410) return refused(answer, 'connection', 'The receiver wants no more calls (HTTP 410).')
    // A receiver of one's own is mended more often than it is taken away.
    if (status === 404 || status === 429 || status >= 500) {
      return later(answer, `The receiver answered ${status}.`)
    }
    if (status >= 300 && status < 400) {
      const message = `The receiver answered ${status}: calls do not follow redirects. Enter the address it leads to.`
      return refused(answer, 'connection', message)
    }
    return byStatus(answer, 'The receiver')
  },
})

function secretsOf(secret: unknown): string[] {
  const secrets = typeof secret === 'string' ? secret.split(/\s+/).filter((one) => one !== '') : []
  if (secrets.length > 0) return secrets
  throw new Fault('bad_request', 'notify.secret_empty', 'The connection has no signing secret.')
}
