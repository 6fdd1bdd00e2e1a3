/** A request to send becomes a message and its tasks, in one transaction; the delivery does the rest. */
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { AfterCommit, Database } from '#database'
import { Fault } from '#fault'
import { audit, type Caller, memberLevelIn, requireLevel, visibleGroup } from '#identity'
import { findPlaces, type Place, type Recipient } from './recipients.ts'
import {
  type Format,
  type Level,
  PRIORITIES,
  type Priority,
  STATUSES,
  type Tx,
  type Values,
} from './tables.ts'
import { mergeArguments } from './template/content.ts'
import { renderTemplate } from './template/template.ts'
import { findTemplate, findTemplateByName } from './template.store.ts'

/** Wakes the delivery. */
export const TASK_CHANNEL = 'notify.task'

export interface Notification {
  group_id: number
  /** By name or number; or `text`. */
  template?: string | number | undefined
  text?: string | undefined
  title?: string | undefined
  format?: Format | undefined
  level?: Level | undefined
  arguments?: Values | null | undefined
  to: readonly Recipient[]
  priority?: Priority | undefined
  send_at?: string | null | undefined
}

export interface SendAct {
  db: Pick<Database, 'notify'>
  tx: Tx
  afterCommit: AfterCommit
  caller: Caller
}

export interface Sent {
  message_id: number
  tasks: { id: number; status: (typeof STATUSES)[number] }[]
}

export interface SendRules {
  /** The most places of one message; 0: no limit. */
  placesLimit: number
}

/**
 * Stores a message and a task for each place that it goes to.
 *
 * With an idempotency key a second call is answered by what the first one made.
 * @throws Fault 409 for a key that stood for another message.
 */
export async function sendNotification(
  act: SendAct,
  asked: Notification,
  { placesLimit, key = null }: SendRules & { key?: string | null },
): Promise<Sent> {
  const { db, tx, afterCommit, caller } = act
  const group = await visibleGroup(tx, asked.group_id)
  requireLevel(memberLevelIn(caller, group.id), 'developer')
  const hash = key === null ? null : createHash('sha256').update(JSON.stringify(asked)).digest()
  const earlier = key === null || hash === null ? undefined : await sentBefore(tx, group.id, key, hash)
  if (earlier !== undefined) return earlier
  const written = await writeMessage(act, asked, { key, hash })
  if (written === undefined) {
    // Somebody's call with this key was quicker by a moment, and is committed by now.
    const quicker = key === null || hash === null ? undefined : await sentBefore(tx, group.id, key, hash)
    if (quicker !== undefined) return quicker
    throw new Error('a message was neither written nor found')
  }
  const places = await findPlaces(tx, group.id, asked.to)
  if (placesLimit > 0 && places.length > placesLimit) {
    const message = `This message would go to ${places.length} places, and CROSSTIE_LIMIT_RECIPIENTS allows ${placesLimit}. Send it in parts.`
    throw new Fault('too_large', 'notify.too_many_recipients', message)
  }
  const tasks = await insertTasks(act, asked, { ...written, places })
  await audit(tx, caller, {
    action: 'message.send',
    groupId: group.id,
    objectId: written.messageId,
    details: { tasks: tasks.length, template_id: written.templateId },
  })
  afterCommit(() => db.notify(TASK_CHANNEL, ''))
  return { message_id: written.messageId, tasks }
}

interface Written {
  messageId: number
  templateId: number | null
}

/** Undefined when the key is taken. */
async function writeMessage(
  { tx, caller }: SendAct,
  asked: Notification,
  { key, hash }: { key: string | null; hash: Buffer | null },
): Promise<Written | undefined> {
  const { title, text, templateId } = await contentOf(tx, asked)
  const made = await tx
    .insertInto('notify.message')
    .values({
      group_id: asked.group_id,
      template_id: templateId,
      argument: JSON.stringify(asked.arguments ?? {}),
      title,
      content: text,
      format: asked.format ?? 'markdown',
      level: asked.level ?? 'info',
      idempotency_key: key,
      request_hash: hash,
      created_by: caller.userId,
    })
    .onConflict((conflict) => conflict.columns(['group_id', 'idempotency_key']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return made && { messageId: made.id, templateId }
}

async function contentOf(
  tx: Tx,
  asked: Notification,
): Promise<{ title: string; text: string; templateId: number | null }> {
  const given = asked.arguments ?? {}
  if (asked.template === undefined) {
    const { title = '', text = '' } = asked
    if (asked.arguments === undefined || asked.arguments === null) return { title, text, templateId: null }
    const made = renderTemplate({ title, text }, given, { escape: 'markdown' })
    return { title: made.title ?? '', text: made.text, templateId: null }
  }
  const template =
    typeof asked.template === 'number'
      ? await findTemplate(tx, asked.template)
      : await findTemplateByName(tx, asked.group_id, asked.template)
  if (template === undefined || template.group_id !== asked.group_id) {
    throw new Fault('not_found', 'notify.template_missing', 'Template not found')
  }
  const made = renderTemplate(
    { title: asked.title ?? template.title, text: template.content },
    mergeArguments(template.arguments, given),
    { syntax: template.syntax, escape: 'markdown' },
  )
  return { title: made.title ?? '', text: made.text, templateId: template.id }
}

async function sentBefore(tx: Tx, groupId: number, key: string, hash: Buffer): Promise<Sent | undefined> {
  const message = await tx
    .selectFrom('notify.message')
    .select(['id', 'request_hash'])
    .where('group_id', '=', groupId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst()
  if (message === undefined) return undefined
  if (message.request_hash?.equals(hash) !== true) {
    const words = 'This Idempotency-Key stood for another message. Use a new key for a new message.'
    throw new Fault('conflict', 'notify.key_reused', words)
  }
  const tasks = await tx
    .selectFrom('notify.task')
    .select(['id', 'status'])
    .where('group_id', '=', groupId)
    .where('message_id', '=', message.id)
    .orderBy('id')
    .execute()
  return { message_id: message.id, tasks: tasks.map(presentTask) }
}

/** One statement, however many there are. */
async function insertTasks(
  { tx, caller }: SendAct,
  asked: Notification,
  { messageId, templateId, places }: Written & { places: readonly Place[] },
): Promise<Sent['tasks']> {
  const client = caller.by.kind === 'application' ? caller.by.applicationId : null
  const rows = JSON.stringify(
    places.map(({ userId, connectionId, accountId, address, failure }) => ({
      user_id: userId,
      connection_id: connectionId,
      account_id: accountId,
      address,
      error: failure && { ...failure, blame: 'account' },
    })),
  )
  const { rows: made } = await sql<{ id: number; status: number }>`
    insert into notify.task (group_id, message_id, template_id, client_id, priority, send_at, due_at, status, done_at,
      user_id, connection_id, account_id, address, error)
    select ${asked.group_id}, ${messageId}, ${templateId}, ${client}, ${PRIORITIES.indexOf(asked.priority ?? 'normal')},
      ${asked.send_at ?? null}::timestamptz,
      case when p.error is null then coalesce(${asked.send_at ?? null}::timestamptz, now()) end,
      case when p.error is null then 0 else 3 end, case when p.error is not null then now() end,
      p.user_id, p.connection_id, p.account_id, p.address, p.error
    from rows from (jsonb_to_recordset(${rows}::jsonb)
      as (user_id bigint, connection_id bigint, account_id bigint, address text, error jsonb)) with ordinality
      as p (user_id, connection_id, account_id, address, error, nth)
    order by p.nth
    returning id, status`.execute(tx)
  return made.map(presentTask)
}

function presentTask({ id, status }: { id: number; status: number }): Sent['tasks'][number] {
  return { id, status: STATUSES[status] ?? 'pending' }
}
