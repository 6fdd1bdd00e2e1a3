/** `crosstie connection …`: how to reach other systems, over the public API. */
import type { Command } from 'commander'
import { type GroupOptions, groupOptions, SIGN_IN_HELP } from './client-options.ts'
import type { SyncOptions } from './connection-sync.ts'
import { usage } from './exit.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  printf '%s' "$PASSWORD" | crosstie connection create shop --type postgres \\
    --set host=db.example.com --set database_name=shop --user ada --password-stdin
  crosstie connection create files --type local --set directory=/in
  crosstie connection test shop
  crosstie connection browse shop public
  crosstie connection sync shop --wait
`

export function registerConnection(program: Command): void {
  const connection = program
    .command('connection')
    .description('Connections: make, list, test, look into, sync')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', SIGN_IN_HELP)

  groupOptions(connection.command('list'))
    .description('List the connections of a group')
    .option('--type <type>', 'only those of this type')
    .action(list)

  groupOptions(connection.command('create'))
    .description('Make a connection')
    .argument('<name>')
    .requiredOption('--type <type>', 'postgres, local, …')
    .option('--description <text>', 'what it is for', '')
    .option('--set <field=value>', 'a field of its settings; may be repeated', collect, [])
    .option('--user <name>', 'the user to sign in as')
    .option('--password-stdin', 'read the password from standard input')
    .option('--auth-stdin', 'read other credentials, as JSON, from standard input')
    .action(create)

  groupOptions(connection.command('show'))
    .description('Show a connection; never its secrets')
    .argument('<connection>', 'name or number')
    .action(show)

  groupOptions(connection.command('test'))
    .description('Try a connection')
    .argument('<connection>', 'name or number')
    .action(test)

  groupOptions(connection.command('browse'))
    .description('Look into a connection: schemas, tables, folders, files')
    .argument('<connection>', 'name or number')
    .argument('[path]', 'what an earlier look showed', '')
    .action(browse)

  groupOptions(connection.command('sync'))
    .description('Bring what the hub knows of the other system in step with it, once')
    .argument('<connection>', 'name or number')
    .option('--wait', 'wait for its end, which decides the exit code')
    .option('--force', 'a directory may lose most of its people')
    .action(async (given: string, options: SyncOptions) =>
      (await import('./connection-sync.ts')).syncConnection(given, options),
    )

  groupOptions(connection.command('health'))
    .description('Say how a connection fares, since when, why, and who must act')
    .argument('<connection>', 'name or number')
    .action(async (given: string, options: GroupOptions) =>
      (await import('./connection-sync.ts')).showHealth(given, options),
    )

  groupOptions(connection.command('delete'))
    .description('Delete a connection that no transfer uses')
    .argument('<connection>', 'name or number')
    .action(remove)
}

const collect = (value: string, before: string[]): string[] => [...before, value]

async function list(options: GroupOptions & { type?: string }): Promise<void> {
  const { askAll, createClient, groupOf } = await import('./client.ts')
  const client = createClient(options)
  const type = options.type === undefined ? '' : `&type=${encodeURIComponent(options.type)}`
  const all = await askAll(
    client,
    `/v1/connections?view=full&group_id=${await groupOf(client, options)}${type}`,
  )
  const rows = all.map(({ id, name, type: of, connection_data: data, auth_data: auth, description }) =>
    options.json === true
      ? { id, name, type: of, description, connection_data: data, auth_data: auth }
      : { id, name, type: of, place: placeOf(data), credentials: auth !== null },
  )
  tellList(options, rows, 'There are no connections. Make one: crosstie connection create --help')
}

/** Where it leads, in few words. */
function placeOf(data: unknown): string {
  const { host, port, database_name: database, directory } = data as Record<string, string | number | null> // settings
  if (directory !== undefined) return String(directory)
  return [host, port].filter((part) => part != null).join(':') + (database == null ? '' : `/${database}`)
}

interface CreateOptions extends GroupOptions {
  type: string
  description: string
  set: string[]
  user?: string
  passwordStdin?: true
  authStdin?: true
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { createClient, groupOf } = await import('./client.ts')
  const client = createClient(options)
  const auth = await authOf(options)
  const made = await client.ask('POST', '/v1/connections', {
    group_id: await groupOf(client, options),
    name,
    description: options.description,
    type: options.type,
    connection_data: Object.fromEntries(options.set.map(fieldOf)),
    ...(auth === null ? {} : { auth_data: auth }),
  })
  const words = `Made the connection ${made.name} (id ${made.id}). Try it: crosstie connection test ${made.id}`
  tell(options, made, words)
}

async function authOf(options: CreateOptions): Promise<object | null> {
  const { secretFromStdin } = await import('./secret-input.ts')
  if (options.authStdin === true) {
    const text = await secretFromStdin('JSON of the credentials, in one line,')
    try {
      const auth: unknown = JSON.parse(text)
      if (typeof auth === 'object' && auth !== null) return auth
    } catch {
      // Said below; the text itself holds secrets and is not shown.
    }
    throw usage('What came by standard input is no JSON object of credentials.')
  }
  if (options.user === undefined) return null
  const password = options.passwordStdin === true ? await secretFromStdin('the password') : ''
  return { type: 'basic', user: options.user, password }
}

/** `port=5432`, `additional_params={"sslmode":"require"}`: JSON where it is one, else text. */
function fieldOf(given: string): [string, unknown] {
  const at = given.indexOf('=')
  if (at < 1) throw usage(`--set ${given}: write field=value.`)
  const [name, value] = [given.slice(0, at), given.slice(at + 1)]
  if (!value.startsWith('{')) return [name, value]
  try {
    return [name, JSON.parse(value)]
  } catch {
    throw usage(`--set ${name}: what begins with { must be JSON.`)
  }
}

async function show(given: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const found = await findNamed(createClient(options), 'connection', given, options)
  const lines = Object.entries(found).map(
    ([field, value]) => `${field}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  tell(options, found, lines.join('\n'))
}

async function test(given: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const { Fault } = await import('#fault')
  const client = createClient(options)
  const { id } = await findNamed(client, 'connection', given, options)
  const result = await client.ask('POST', `/v1/connections/${id}/test`)
  if (result.ok !== true)
    throw new Fault('failed', 'cli.test_failed', result.message, { details: result.details })
  tell(options, result, result.message)
}

async function browse(given: string, path: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const client = createClient(options)
  const { id } = await findNamed(client, 'connection', given, options)
  const { items } = await client.ask('GET', `/v1/connections/${id}/browse?path=${encodeURIComponent(path)}`)
  const rows = items.map((item: Record<string, unknown>) =>
    options.json === true
      ? item
      : { kind: item.kind, path: item.path, rows: item.rows ?? null, bytes: item.size_bytes ?? null },
  )
  tellList(options, rows, 'There is nothing here.')
}

async function remove(given: string, options: GroupOptions): Promise<void> {
  const { createClient, findNamed } = await import('./client.ts')
  const client = createClient(options)
  const { id, name } = await findNamed(client, 'connection', given, options)
  await client.ask('DELETE', `/v1/connections/${id}`)
  tell(options, { deleted: id }, `Deleted the connection ${name}.`)
}
