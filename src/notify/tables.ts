import type { ColumnType, Generated, GeneratedAlways, Kysely } from 'kysely'
import type { ConnectTables } from '#connect'
import type { Syntax } from './template/template.ts'

type Times = { created_at: Generated<Date>; updated_at: Generated<Date> }
/** jsonb is written as text and read as what it is. */
type Json<T> = ColumnType<T, string | undefined, string>
type MaybeTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

/** As the document numbers them. */
export const STATUSES = ['pending', 'processing', 'done', 'failed'] as const
export type TaskStatus = (typeof STATUSES)[number]
export const PRIORITIES = ['low', 'normal', 'high', 'critical'] as const
export type Priority = (typeof PRIORITIES)[number]
export const LEVELS = ['info', 'success', 'warn', 'error', 'other'] as const
export type Level = (typeof LEVELS)[number]
export const FORMATS = ['markdown', 'plain'] as const
export type Format = (typeof FORMATS)[number]

/** Whose matter a refusal is: the receiver's, the connection's, or what was to be sent. */
export type Blame = 'account' | 'connection' | 'message' | 'provider'

export interface TaskError {
  code: string
  message: string
  blame: Blame
}

export type Values = Record<string, unknown>

export interface TemplateTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  name: string
  title: Generated<string>
  content: string
  arguments: Json<Values>
  syntax: Syntax
}

export interface AccountTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  connection_id: number
  user_id: number
  account: string
  status: Generated<'active' | 'broken'>
  error: string | null
}

export interface MessageTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  template_id: number | null
  argument: Json<Values>
  title: string
  content: string
  format: Format
  level: Level
  idempotency_key: string | null
  request_hash: Buffer | null
  created_by: number | null
}

export interface TaskTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  message_id: number
  client_id: number | null
  connection_id: number | null
  user_id: number | null
  account_id: number | null
  template_id: number | null
  address: string | null
  status: Generated<number>
  priority: Generated<number>
  send_at: MaybeTime
  due_at: MaybeTime
  paced_at: MaybeTime
  lease_owner: string | null
  lease_until: MaybeTime
  attempts: Generated<number>
  parts_sent: Generated<number>
  dedup: Generated<string>
  receipt: string | null
  answer: string | null
  error: ColumnType<TaskError | null, string | null | undefined, string | null>
  done_at: MaybeTime
}

export interface InboxTable extends Times {
  id: GeneratedAlways<number>
  group_id: number
  user_id: number
  task_id: number | null
  title: string
  content: string
  format: Format
  level: Level
  read_at: MaybeTime
}

export interface PaceTable extends Times {
  group_id: number
  connection_id: number
  target: string
  next_at: ColumnType<Date, Date, Date>
  blocked_until: MaybeTime
}

export interface NotifyTables extends ConnectTables {
  'notify.template': TemplateTable
  'notify.account': AccountTable
  'notify.message': MessageTable
  'notify.task': TaskTable
  'notify.inbox': InboxTable
  'notify.pace': PaceTable
}

/** Notify's tables in a transaction; see `db.withCaller`. */
export type Tx = Kysely<NotifyTables>
