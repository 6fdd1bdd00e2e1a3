/** What happened in the hub and is to be told: commands of other rooms, and failures out of the box. */
import type { TSchema } from 'typebox'
import type { Database } from '#database'
import type { Event, EventHandler } from '#event'
import { Fault } from '#fault'
import { parseBySchema } from '#http'
import { systemCaller } from '#identity'
import { type Notification, sendNotification, type SendRules } from './notification.ts'
import { NotificationBody } from './notification.routes.ts'
import type { Tx } from './tables.ts'

const SCHEMA: TSchema = NotificationBody

export interface EventRules extends SendRules {
  db: Database
  /** The hub's own address, for links. */
  url: () => string
}

export function eventHandlers(rules: EventRules): Record<string, EventHandler> {
  return {
    'message.requested': async (event) => {
      const asked = parseBySchema(SCHEMA, { ...valuesOf(event), group_id: event.groupId }, [])
      if ('value' in asked) return send(rules, event, asked.value as Notification) // proved by the schema
      const [first] = asked.problems
      const message = `The message is not as it has to be: ${first?.location.join('.')}: ${first?.message}`
      throw new Fault('invalid', 'notify.message_invalid', message)
    },
    'run.failed': async (event) => {
      const { run_id: id, transfer_name: name, error } = valuesOf(event)
      if (event.groupId === null) return
      await send(rules, event, {
        group_id: event.groupId,
        title: typeof name === 'string' ? `A run of "${name}" failed` : `Run ${String(id)} failed`,
        text: `${typeof error === 'string' ? error : 'The log says why.'}\n\n${rules.url()}/runs/${String(id)}`,
        format: 'plain',
        level: 'error',
        to: [{ group: event.groupId, role: 'maintainer', inbox: true }],
      })
    },
  }
}

/** Once for each event, however often it is handled: its uuid is the key. */
async function send({ db, placesLimit }: EventRules, event: Event, asked: Notification): Promise<void> {
  const caller = await systemCaller(db, asked.group_id)
  await db.withCaller(caller, (tx: Tx, afterCommit) =>
    sendNotification({ db, tx, afterCommit, caller }, asked, { placesLimit, key: `event:${event.uuid}` }),
  )
}

function valuesOf({ payload }: Event): Record<string, unknown> {
  return typeof payload === 'object' && payload !== null ? { ...payload } : {}
}
