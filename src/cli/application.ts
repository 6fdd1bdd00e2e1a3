/** `crosstie application …`: clients with secrets of their own. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  crosstie application create nightly --group analysts --type all --json
  crosstie application list --user ada
`

const TYPES = ['read_only', 'publish', 'all'] as const

export function registerApplication(program: Command): void {
  const application = program
    .command('application')
    .description('Applications: clients with a secret, of a user or of a group')
  application.addHelpText('before', EXAMPLES)

  operatorOptions(application.command('create'))
    .description('Make an application; its secret is shown this once')
    .argument('<name>')
    .option('--user <name>', 'acts as this user')
    .option('--group <slug>', 'acts for this group')
    .addOption(new Option('--type <type>', 'what it may do').choices(TYPES).makeOptionMandatory())
    .option('--description <text>', 'what it is for')
    .option('--expires <time>', 'refused from then on: 2027-01-31, 2027-01-31T12:00:00Z', readTime)
    .action(create)

  operatorOptions(application.command('list'))
    .description('List the applications of a user or of a group')
    .option('--user <name>')
    .option('--group <slug>')
    .action(list)

  operatorOptions(application.command('disable'))
    .description('Disable an application: it is refused at once')
    .argument('<id>', 'as `list` shows it', readId)
    .action(disable)
}

interface Of {
  user?: string
  group?: string
}

interface CreateOptions extends OperatorOptions, Of {
  type: (typeof TYPES)[number]
  description?: string
  expires?: Date
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const { type, description = '', expires = null, user, group } = options
  const { id, secret } = await atHub(options, ({ operations }) =>
    operations.applications.create({ name, type, description, expires_at: expires, user, group }),
  )
  tell(
    options,
    { id, secret },
    `Made application ${name} (id ${id}). Its secret, shown this once:\n${secret}`,
  )
}

async function list(options: OperatorOptions & Of): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const { user, group } = options
  const found = await atHub(options, ({ operations }) => operations.applications.list({ user, group }))
  const rows = found.map(({ id, name, type, status, expires_at, used_at }) => {
    return { id, name, type, status, expires_at, used_at }
  })
  tellList(options, rows, 'There are no applications.')
}

async function disable(id: number, options: OperatorOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const { name } = await atHub(options, ({ operations }) => operations.applications.disable(id))
  tell(options, { id, status: 'disabled' }, `Disabled application ${name}.`)
}

function readTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('A time is expected, as 2027-01-31.')
  return time
}

function readId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('A number is expected.')
  return Number(text)
}
