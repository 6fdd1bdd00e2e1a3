import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server } from '#http'
import { audit, levelIn, requireLevel, visibleGroup } from '#identity'
import { TASK_CHANNEL } from './notification.ts'
import { FORMATS, LEVELS, PRIORITIES, STATUSES, type Tx } from './tables.ts'
import { cancelTask, findTask, listTasks, replayTask, type Task } from './task.store.ts'

const TaskPath = Type.Object({ task_id: Id })
const Status = Type.Enum([...STATUSES])
const MaybeId = Type.Optional(Type.Union([Id, Type.Null()]))
const Time = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const Text = Type.Union([Type.String(), Type.Null()])
const Number = Type.Union([Type.Integer(), Type.Null()])

const TaskRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  message_id: Type.Integer(),
  status: Status,
  connection_id: Type.Union([Type.Integer(), Type.Null()], { description: 'Null: the inbox of the hub.' }),
  user_id: Number,
  account_id: Number,
  template_id: Number,
  application_id: Number,
  address: Text,
  priority: Type.Enum([...PRIORITIES]),
  send_at: Time,
  next_try_at: Time,
  attempts: Type.Integer(),
  receipt: Type.Union([Type.String(), Type.Null()], { description: 'What the provider calls it.' }),
  answer: Type.Union([Type.String(), Type.Null()], { description: 'What the provider said last.' }),
  error: Type.Union([
    Type.Object({
      code: Type.String(),
      message: Type.String(),
      blame: Type.Enum(['account', 'connection', 'message', 'provider'], {
        description: 'Whose matter it is.',
      }),
    }),
    Type.Null(),
  ]),
  message: Type.Union(
    [
      Type.Object({
        title: Type.String(),
        text: Type.String(),
        format: Type.Enum([...FORMATS]),
        level: Type.Enum([...LEVELS]),
        arguments: Type.Record(Type.String(), Type.Unknown()),
      }),
      Type.Null(),
    ],
    { description: 'Null for guests: they see that something was sent, and not what.' },
  ),
  created_at: Type.String({ format: 'date-time' }),
  done_at: Time,
})

export function addTaskRoutes(app: Server, db: Database): void {
  const tags = ['tasks']

  app.get(
    '/v1/tasks',
    {
      schema: {
        tags,
        summary: 'List what was sent and is to be sent, newest first',
        querystring: Type.Object({
          group_id: Id,
          ...PageQuery,
          status: Type.Optional(Type.Union([Type.Array(Status), Type.Null()])),
          message_id: MaybeId,
          connection_id: MaybeId,
          user_id: MaybeId,
          template_id: MaybeId,
          since: Type.Optional(Time),
          until: Type.Optional(Time),
        }),
        response: { 200: PageOf(TaskRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, query.group_id)
        const { total, found } = await listTasks(tx, {
          ...query,
          groupId: group.id,
          statuses: query.status ?? [],
          messageId: query.message_id ?? null,
          connectionId: query.connection_id ?? null,
          userId: query.user_id ?? null,
          templateId: query.template_id ?? null,
          since: query.since ?? null,
          until: query.until ?? null,
        })
        return pageOf(query, total, found.map(present))
      }),
  )

  app.get(
    '/v1/tasks/:task_id',
    {
      schema: {
        tags,
        summary: 'Read a task: how often it was tried, and what the provider said',
        params: TaskPath,
        response: { 200: TaskRead },
      },
    },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => present(await visibleTask(tx, params.task_id))),
  )

  app.post(
    '/v1/tasks/:task_id/cancel',
    {
      schema: {
        tags,
        summary: 'Cancel a task that is not being sent; it counts as failed and can be replayed',
        params: TaskPath,
        response: { 200: TaskRead },
      },
    },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const task = await visibleTask(tx, params.task_id)
        requireLevel(levelIn(caller, task.group_id), 'developer')
        if (!(await cancelTask(tx, task.id, caller.username))) {
          const message = `This task is ${STATUSES[task.status]}: only one that waits can be cancelled.`
          throw new Fault('conflict', 'notify.not_pending', message)
        }
        await audit(tx, caller, { action: 'task.cancel', groupId: task.group_id, objectId: task.id })
        return present(await visibleTask(tx, task.id))
      }),
  )

  app.post(
    '/v1/tasks/:task_id/replay',
    {
      schema: {
        tags,
        summary: 'Send what failed, or was sent, once more',
        params: TaskPath,
        response: { 200: TaskRead },
      },
    },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx, afterCommit) => {
        const task = await visibleTask(tx, params.task_id)
        requireLevel(levelIn(caller, task.group_id), 'developer')
        if (!(await replayTask(tx, task.id))) {
          throw new Fault('conflict', 'notify.not_over', 'This task is not over yet. Wait, or cancel it.')
        }
        await audit(tx, caller, { action: 'task.replay', groupId: task.group_id, objectId: task.id })
        afterCommit(() => db.notify(TASK_CHANNEL, ''))
        return present(await visibleTask(tx, task.id))
      }),
  )
}

async function visibleTask(tx: Tx, id: number): Promise<Task> {
  const task = await findTask(tx, id)
  if (task === undefined) throw new Fault('not_found', 'notify.task_missing', 'Task not found')
  return task
}

function present(task: Task): Static<typeof TaskRead> {
  const { message } = task
  return {
    id: task.id,
    group_id: task.group_id,
    message_id: task.message_id,
    status: STATUSES[task.status] ?? 'pending',
    connection_id: task.connection_id,
    user_id: task.user_id,
    account_id: task.account_id,
    template_id: task.template_id,
    application_id: task.client_id,
    address: task.address ?? task.account,
    priority: PRIORITIES[task.priority] ?? 'normal',
    send_at: task.send_at?.toISOString() ?? null,
    next_try_at: task.due_at?.toISOString() ?? null,
    attempts: task.attempts,
    receipt: task.receipt,
    // What a provider says may quote what was sent.
    answer: message === null ? null : task.answer,
    error: task.error,
    message: message && {
      title: message.title,
      text: message.content,
      format: message.format,
      level: message.level,
      arguments: message.argument,
    },
    created_at: task.created_at.toISOString(),
    done_at: task.done_at?.toISOString() ?? null,
  }
}
