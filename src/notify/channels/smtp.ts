/** Mail: by SMTP, as text and HTML of the same Markdown. */
import { createTransport, type Transporter } from 'nodemailer'
import { type Static, Type } from 'typebox'
import { BASIC, field, type Opened } from '#connect'
import { Fault, messageOf } from '#fault'
import type { Channel, Destination, Outcome, Outgoing, Tools } from '../channel.ts'
import { toMailHtml } from '../markdown/markdown.ts'

const Config = Type.Object({
  host: field.host(),
  port: Type.Integer({ title: 'Port', exclusiveMinimum: 0, maximum: 65_535, default: 587 }),
  security: field.choice('Encryption', ['starttls', 'tls', 'none'], 'starttls'),
  from: Type.String({
    title: 'From',
    description: 'Crosstie <crosstie@example.com>',
    minLength: 3,
    maxLength: 320,
    pattern: '^[^\\u0000-\\u001f]+$',
  }),
  reply_to: field.textOr('Answers to', ''),
})
type Config = Static<typeof Config>

const TIMEOUT_MS = 20_000

export const smtp: Channel = {
  manifest: {
    provider: 'smtp',
    title: 'Mail (SMTP)',
    connectorType: 'message',
    config: Config,
    auth: [BASIC, { type: 'none', title: 'No sign-in', fields: {}, secrets: {} }],
    can: { check: true, discover: false, source: false, target: false },
    act: ({ guard }) => ({
      check: async (opened) => {
        const { host, port } = opened.config as Config // validated when it was opened
        const transport = await open(opened, (name, at) => guard.reach(name, at))
        try {
          await transport.verify()
        } catch (error) {
          throw faultOf(error, host)
        } finally {
          transport.close()
        }
        return { message: `${host}:${port} takes mail.`, details: {} }
      },
    }),
  },
  address: 'wanted',
  pace: [],
  send,
}

async function send(message: Outgoing, to: Destination, tools: Tools): Promise<Outcome> {
  const { from, reply_to: replyTo } = to.opened.config as Config // validated when it was opened
  const transport = await open(to.opened, tools.reach)
  const onAbort = () => transport.close()
  tools.signal.addEventListener('abort', onAbort, { once: true })
  try {
    const { text, html } = bodyOf(message)
    const info = await transport.sendMail({
      from,
      // As an object, so that no address can bring a second one.
      to: { name: '', address: to.address ?? '' },
      ...(replyTo === '' ? {} : { replyTo }),
      subject: message.title === '' ? (text.split('\n', 1)[0] ?? '').slice(0, 120) : message.title,
      text,
      ...(html === null ? {} : { html }),
      // The same over all tries, so that a mailbox can leave a second copy out.
      messageId: `<${message.dedup}@${domainOf(from)}>`,
      date: message.at,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
    return { kind: 'sent', receipt: info.messageId, answer: info.response ?? '' }
  } catch (error) {
    return outcomeOf(error, to)
  } finally {
    tools.signal.removeEventListener('abort', onAbort)
    transport.close()
  }
}

async function open({ config, auth }: Opened, reach: Tools['reach']): Promise<Transporter> {
  const { host, port, security } = config as Config // validated when it was opened
  const address = await reach(host, port)
  const { user = '', password = '' } = auth as { user?: string; password?: string } // sealed by the manifest's schema
  return createTransport({
    host: address,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: { servername: host },
    ...(auth.type === 'none' ? {} : { auth: { user, pass: password } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
  })
}

function bodyOf({ text, format }: Outgoing): { text: string; html: string | null } {
  if (format === 'plain') return { text, html: null }
  return toMailHtml(text)
}

function domainOf(from: string): string {
  return /@([\w.-]+)/.exec(from)?.[1] ?? 'crosstie.invalid'
}

/** What nodemailer throws, as far as it says what happened. */
interface MailError {
  code?: string
  responseCode?: number
  response?: string
  command?: string
}

function outcomeOf(error: unknown, { address }: Destination): Outcome {
  const {
    code = '',
    responseCode,
    response = '',
    command = '',
  } = (error instanceof Error ? error : {}) as MailError // looked at field by field
  const answer = response.slice(0, 2_000)
  const words = `The mail server said: ${response === '' ? messageOf(error) : response}`
  if (code === 'EAUTH') {
    return { kind: 'refused', blame: 'connection', code: 'connect.auth_refused', message: words, answer }
  }
  if (responseCode !== undefined && responseCode >= 500) {
    const isReceiver = /^RCPT/i.test(command)
    const blame = isReceiver ? 'account' : 'message'
    const message = isReceiver ? `${address ?? ''} was refused. ${words}` : words
    return { kind: 'refused', blame, code: `notify.${blame}_refused`, message, answer }
  }
  if (code === 'EENVELOPE' && responseCode === undefined) {
    return { kind: 'refused', blame: 'account', code: 'notify.account_refused', message: words, answer }
  }
  return { kind: 'retry', code: 'notify.busy', message: words, answer, afterMs: null }
}

function faultOf(error: unknown, host: string): Fault {
  const { code = '' } = (error instanceof Error ? error : {}) as MailError // looked at field by field
  if (code === 'EAUTH') {
    const message = `${host} refused the user or the password: ${messageOf(error)}`
    return new Fault('unauthorized', 'connect.auth_refused', message, { cause: error })
  }
  const message = `${host} does not answer as a mail server: ${messageOf(error)}. Check address, port and encryption.`
  return new Fault('unavailable', 'connect.unreachable', message, { cause: error })
}
