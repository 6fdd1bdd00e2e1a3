/** `crosstie notify …`: messages to people, and what became of them, over the public API. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import { Fault } from '#fault'
import { type GroupOptions, groupOptions, SIGN_IN_HELP } from './client-options.ts'
import { type HubClient } from './client.ts'
import { usage } from './exit.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  crosstie notify send 'Backup done' --to-user ada
  crosstie notify send --template order --arg id=17 --to-members maintainer --key 'order 17'
  df -h | crosstie notify send - --title Disks --plain --to-connection ops-mail:ops@example.com --wait
  crosstie notify tasks --status failed
  crosstie notify replay 42
`

const WAIT_MS = 60_000
const LOOK_MS = 250

export function registerNotify(program: Command): void {
  const notify = program
    .command('notify')
    .description('Messages to people: send, follow, cancel, replay, read')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', SIGN_IN_HELP)

  registerSend(notify)

  groupOptions(notify.command('tasks'))
    .description('List what was sent and is to be sent, newest first')
    .addOption(
      new Option('--status <status>', 'only these').choices(['pending', 'processing', 'done', 'failed']),
    )
    .action(tasks)

  groupOptions(notify.command('show'))
    .description('Show a task: its tries, and what the provider said')
    .argument('<task>', 'number')
    .action(show)

  for (const [name, about] of [
    ['cancel', 'Take back a task that waits'],
    ['replay', 'Send a task again that failed or was sent'],
  ] as const) {
    groupOptions(notify.command(name))
      .description(about)
      .argument('<task>', 'number')
      .action((task: string, options: GroupOptions) => act(name, task, options))
  }

  groupOptions(notify.command('inbox'))
    .description('List what the hub told you')
    .option('--unread', 'only what is not read yet')
    .action(inbox)
}

function registerSend(notify: Command): void {
  groupOptions(notify.command('send'))
    .description('Send a text or a template')
    .argument('[text]', 'Markdown; - reads it from standard input')
    .option('--template <template>', 'name or number, in place of a text')
    .option('--arg <name=value>', 'an argument of the template; may be given again', collect, [])
    .option('--title <title>', 'its first line, or subject')
    .option('--plain', 'the text is no Markdown')
    .addOption(
      new Option('--level <level>', 'what it is').choices(['info', 'success', 'warn', 'error', 'other']),
    )
    .addOption(
      new Option('--priority <priority>', 'what goes first').choices(['low', 'normal', 'high', 'critical']),
    )
    .option(
      '--to-user <user>',
      'name or number: all accounts, and the inbox; may be given again',
      collect,
      [],
    )
    .addOption(
      new Option('--to-members <role>', 'members of the group from this role on').choices([
        'guest',
        'developer',
        'maintainer',
        'owner',
      ]),
    )
    .option('--to-account <account>', 'number; may be given again', collect, [])
    .option(
      '--to-connection <connection[:address]>',
      'a bot or an address at a connection; may be given again',
      collect,
      [],
    )
    .option('--at <time>', 'not before (2026-03-01T09:00:00+01:00)')
    .option('--key <key>', 'Idempotency-Key: the same key is sent once')
    .option('--wait', 'until all are sent or have failed, a minute at most')
    .action(send)
}

const collect = (value: string, before: string[]): string[] => [...before, value]

interface SendOptions extends GroupOptions {
  template?: string
  arg: string[]
  title?: string
  plain?: true
  level?: string
  priority?: string
  toUser: string[]
  toMembers?: string
  toAccount: string[]
  toConnection: string[]
  at?: string
  key?: string
  wait?: true
}

async function send(given: string | undefined, options: SendOptions): Promise<void> {
  const { createClient, groupOf } = await import('./client.ts')
  const client = createClient(options)
  const group = await groupOf(client, options)
  const text = given === '-' ? (await import('node:stream/consumers')).text(process.stdin) : given
  const { template, title, level, priority, at, key } = options
  const named = template !== undefined && /^\d+$/.test(template) ? Number(template) : template
  const body = {
    group_id: group,
    template: named,
    text: await text,
    title,
    level,
    priority,
    format: options.plain === true ? 'plain' : undefined,
    arguments: options.arg.length === 0 ? undefined : Object.fromEntries(options.arg.map(argumentOf)),
    send_at: at,
    to: await recipients(client, group, options),
  }
  const headers = key === undefined ? {} : { 'idempotency-key': key }
  const sent: Sent = await client.ask('POST', '/v1/notifications', body, headers)
  if (options.wait === true) return follow(client, sent, options)
  const count = sent.tasks.length === 1 ? 'one task' : `${sent.tasks.length} tasks`
  tell(options, sent, `Message ${sent.message_id} is on its way: ${count}. See: crosstie notify tasks`)
}

interface Sent {
  message_id: number
  tasks: { id: number; status: string }[]
}

function argumentOf(given: string): [string, unknown] {
  const at = given.indexOf('=')
  if (at < 1) throw usage(`--arg ${given}: write name=value.`)
  const [name, value] = [given.slice(0, at), given.slice(at + 1)]
  try {
    return [name, JSON.parse(value)]
  } catch {
    return [name, value]
  }
}

async function recipients(client: HubClient, group: number, options: SendOptions): Promise<object[]> {
  const { findNamed } = await import('./client.ts')
  const to: object[] = []
  for (const user of options.toUser) to.push({ user: await userOf(client, user) })
  for (const account of options.toAccount) to.push({ account: Number(account) })
  for (const place of options.toConnection) {
    const [name = '', ...address] = place.split(':')
    const { id } = await findNamed(client, 'connection', name, { ...options, group: String(group) })
    to.push(address.length === 0 ? { connection: id } : { connection: id, address: address.join(':') })
  }
  if (options.toMembers !== undefined) to.push({ group, role: options.toMembers })
  if (to.length > 0) return to
  throw usage('Say to whom: --to-user, --to-members, --to-account or --to-connection.')
}

async function userOf(client: HubClient, given: string): Promise<number> {
  if (/^\d+$/.test(given)) return Number(given)
  const { items } = await client.ask(
    'GET',
    `/v1/users?search_query=${encodeURIComponent(given)}&page_size=50`,
  )
  const found = items.find(({ username }: { username: string }) => username === given)
  if (found !== undefined) return found.id
  throw new Fault('not_found', 'cli.user_missing', `There is no user "${given}".`)
}

/** A task, as far as a command looks into it. */
interface FollowedTask {
  id: number
  status: string
  next_try_at: string | null
  error: { message: string } | null
}

/** Fails when one of them has. */
async function follow(client: HubClient, sent: Sent, options: GroupOptions): Promise<void> {
  const until = Date.now() + WAIT_MS
  const tasks: FollowedTask[] = []
  for (const { id } of sent.tasks) {
    let task: FollowedTask = await client.ask('GET', `/v1/tasks/${id}`)
    while (task.next_try_at !== null && Date.now() < until) {
      await sleep(LOOK_MS)
      task = await client.ask('GET', `/v1/tasks/${id}`)
    }
    tasks.push(task)
  }
  const count = (status: string) => tasks.filter((task) => task.status === status).length
  const done = count('done')
  const failed = tasks.find(({ status }) => status === 'failed')
  if (failed !== undefined) {
    const message = `${count('failed')} of ${tasks.length} failed. Task ${failed.id}: ${failed.error?.message ?? ''}`
    throw new Fault('failed', 'notify.failed', message, { details: { ...sent, tasks } })
  }
  if (done < tasks.length) {
    const message = `After ${WAIT_MS / 1000} seconds ${tasks.length - done} of ${tasks.length} are still on their way.`
    throw new Fault('timed_out', 'notify.waiting', message, { details: { ...sent, tasks } })
  }
  tell(options, { ...sent, tasks }, done === 1 ? 'Sent.' : `All ${done} are sent.`)
}

async function tasks(options: GroupOptions & { status?: string }): Promise<void> {
  const { createClient, groupOf } = await import('./client.ts')
  const client = createClient(options)
  const status = options.status === undefined ? '' : `&status=${options.status}`
  const group = await groupOf(client, options)
  const { items } = await client.ask('GET', `/v1/tasks?group_id=${group}&page_size=50${status}`)
  const rows = items.map((task: Record<string, unknown>) => {
    if (options.json === true) return task
    const { id, status: state, connection_id: connection, user_id: user, address, attempts, error } = task
    const why = (error as { message: string } | null)?.message ?? null // as the API has it
    return { id, status: state, connection: connection ?? 'inbox', user, address, attempts, why }
  })
  tellList(options, rows, 'Nothing was sent. Send something: crosstie notify send --help')
}

async function show(given: string, options: GroupOptions): Promise<void> {
  const { createClient } = await import('./client.ts')
  const task = await createClient(options).ask('GET', `/v1/tasks/${encodeURIComponent(given)}`)
  const lines = Object.entries(task).map(
    ([field, value]) => `${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  tell(options, task, lines.join('\n'))
}

async function act(what: 'cancel' | 'replay', given: string, options: GroupOptions): Promise<void> {
  const { createClient } = await import('./client.ts')
  const task = await createClient(options).ask('POST', `/v1/tasks/${encodeURIComponent(given)}/${what}`)
  tell(options, task, what === 'cancel' ? `Task ${task.id} is cancelled.` : `Task ${task.id} is sent again.`)
}

async function inbox(options: GroupOptions & { unread?: true }): Promise<void> {
  const { createClient } = await import('./client.ts')
  const path = `/v1/inbox?page_size=50&unread=${options.unread === true}`
  const { items } = await createClient(options).ask('GET', path)
  const rows = items.map((item: Record<string, unknown>) => {
    if (options.json === true) return item
    const { id, created_at: at, level, title, text, read_at: read } = item
    return { id, at, level, title, text: String(text).split('\n', 1)[0], read: read !== null }
  })
  tellList(options, rows, 'Nothing is in your inbox.')
}
