import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, type Server } from '#http'
import { type Notification, sendNotification, type SendRules } from './notification.ts'
import { type Recipient, recipientProblem } from './recipients.ts'
import { FORMATS, LEVELS, PRIORITIES, STATUSES, type Tx } from './tables.ts'

const RECIPIENTS_AT_ONCE = 10_000
const Time = Type.String({ format: 'date-time' })
const Arguments = Type.Record(Type.String({ maxLength: 128 }), Type.Unknown())

const To = Type.Object(
  {
    user: Type.Optional(Id),
    group: Type.Optional(Id),
    role: Type.Optional(Type.Enum(['guest', 'developer', 'maintainer', 'owner'])),
    account: Type.Optional(Id),
    connection: Type.Optional(Id),
    address: Type.Optional(Type.String({ minLength: 1, maxLength: 512, pattern: '^[^\\u0000-\\u001f]+$' })),
    inbox: Type.Optional(Type.Literal(true)),
  },
  { check: recipientProblem as (to: Recipient) => string | null },
)

/** What is asked for, by a request or by an event. */
export const NotificationBody = Type.Object(
  {
    group_id: Id,
    template: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Id])),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    title: Type.Optional(Type.String({ maxLength: 512 })),
    format: Type.Optional(Type.Enum([...FORMATS])),
    level: Type.Optional(Type.Enum([...LEVELS])),
    arguments: Type.Optional(Type.Union([Arguments, Type.Null()])),
    to: Type.Array(To, { minItems: 1, maxItems: RECIPIENTS_AT_ONCE }),
    priority: Type.Optional(Type.Enum([...PRIORITIES])),
    send_at: Type.Optional(Type.Union([Time, Type.Null()])),
  },
  {
    check: ({ template, text }: Pick<Notification, 'template' | 'text'>) =>
      (template === undefined) === (text === undefined) ? 'Say either template or text' : null,
  },
)

const SentRead = Type.Object({
  message_id: Type.Integer(),
  tasks: Type.Array(Type.Object({ id: Type.Integer(), status: Type.Enum([...STATUSES]) })),
})

export function addNotificationRoutes(app: Server, { db, ...rules }: SendRules & { db: Database }): void {
  app.post(
    '/v1/notifications',
    {
      schema: {
        tags: ['notifications'],
        summary: 'Send a message to users, accounts, members or connections; each gets a task',
        description:
          'It is stored before it is answered. A second request with the same `Idempotency-Key` header is answered by what the first one made.',
        body: NotificationBody,
        response: { 202: SentRead },
      },
    },
    async ({ caller, body, headers }, reply) => {
      const sent = await db.withCaller(caller, (tx: Tx, afterCommit) =>
        sendNotification({ db, tx, afterCommit, caller }, body, {
          ...rules,
          key: keyOf(headers['idempotency-key']),
        }),
      )
      return reply.status(202).send(sent)
    },
  )
}

function keyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null
  if (typeof header === 'string' && /^[ -~]{1,255}$/.test(header)) return header
  const message = 'An Idempotency-Key has 1 to 255 printable ASCII characters.'
  throw new Fault('bad_request', 'notify.key_invalid', message)
}
