/** One try of one task, from what is known about it to what became of it. */
import type { Connection, Opened } from '#connect'
import { Fault, messageOf } from '#fault'
import type { Channel, Outcome, Tools } from './channel.ts'
import type { HeldTask } from './delivery.store.ts'

/** All that a try needs. */
export interface Prepared {
  task: HeldTask
  connection: Connection | null
  /** Why the connection cannot be used, in place of its credentials. */
  opened: Opened | Fault | null
  /** When its turn is, under the provider's limits. */
  turn: number | null
}

/** An outcome, or: not yet, and that counts as no try. */
export type Tried = Outcome | { kind: 'wait'; until: number; isTurn: boolean }

/** How long a paused connection's messages rest before they are looked at again. */
const PAUSED_MS = 60_000

const never = (blame: 'account' | 'connection' | 'message', code: string, message: string): Outcome => ({
  kind: 'refused',
  blame,
  code,
  message,
  answer: '',
})

export async function tryTask(
  { task, connection, opened, turn }: Prepared,
  channel: Channel | undefined,
  tools: Tools,
  now: number,
): Promise<Tried> {
  if (task.connection_id === null) return { kind: 'sent', receipt: null, answer: '' }
  if (connection === null) return never('connection', 'notify.connection_missing', 'The connection is gone.')
  if (channel === undefined) {
    const message = `Nothing can be sent over ${connection.provider}.`
    return never('message', 'notify.no_channel', message)
  }
  if (connection.status === 'inactive' || connection.status === 'paused') {
    return { kind: 'wait', until: now + PAUSED_MS, isTurn: false }
  }
  if (task.account_status === 'broken') {
    return never('account', 'notify.account_broken', 'The account is broken. Mend it, then replay.')
  }
  if (channel.address === 'wanted' && task.address === null) {
    const message = `${channel.manifest.title} wants an address: name an account, or a connection with an address.`
    return never('message', 'notify.address_missing', message)
  }
  if (turn !== null && turn > now) return { kind: 'wait', until: turn, isTurn: true }
  if (opened instanceof Fault || opened === null) {
    return opened === null ? never('connection', 'notify.not_opened', 'No credentials.') : ofFault(opened)
  }
  const { id, address, title, content: text, format, level, dedup, parts_sent: partsSent } = task
  try {
    const message = { title, text, format, level, dedup, at: new Date(now), partsSent }
    return scrubbed(
      await channel.send(message, { opened, address, connectionId: connection.id }, tools),
      opened,
    )
  } catch (error) {
    if (tools.signal.aborted) throw error
    if (error instanceof Fault) return scrubbed(ofFault(error), opened)
    // A bug: it is tried again, and the log says where.
    throw new Error(`sending task ${id} failed by a bug: ${messageOf(error)}`, { cause: error })
  }
}

/** Kinds of faults that come again however often one tries. */
const LASTING = new Set([
  'bad_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'invalid',
  'gone',
])

function ofFault({ kind, code, message }: Fault): Outcome {
  if (kind === 'too_large') return never('message', code, message)
  if (LASTING.has(kind)) return never('connection', code, message)
  return { kind: 'retry', code, message, answer: '', afterMs: null }
}

/** Providers may say back what they were sent, credentials included. */
function scrubbed(outcome: Outcome, { auth }: Opened): Outcome {
  const secrets = Object.entries(auth).flatMap(([name, value]) =>
    name !== 'type' && typeof value === 'string' && value.length >= 6 ? [value] : [],
  )
  const clean = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
  return outcome.kind === 'sent'
    ? { ...outcome, answer: clean(outcome.answer) }
    : { ...outcome, answer: clean(outcome.answer), message: clean(outcome.message) }
}
