/** `crosstie group …`: the tenants, and who belongs to them. */
import { Argument, type Command, Option } from 'commander'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  crosstie group create Analysts --owner ada
  crosstie group member add analysts bob --role developer
`

const ROLES = ['guest', 'developer', 'maintainer'] as const
type Role = (typeof ROLES)[number]

export function registerGroup(program: Command): void {
  const group = program.command('group').description('Groups: make, list, members')
  group.addHelpText('before', EXAMPLES)

  operatorOptions(group.command('create'))
    .description('Make a group')
    .argument('<name>', '3 to 128 characters')
    .requiredOption('--owner <user>', 'who owns it')
    .option('--slug <slug>', 'its name in paths (default: made of the name)')
    .option('--description <text>', 'what it is for')
    .action(create)

  operatorOptions(group.command('list'))
    .description('List groups')
    .option('--personal', 'those of single users too')
    .action(list)

  const member = group.command('member').description('Members of a group')
  operatorOptions(member.command('add'))
    .description('Add a member, or give one another role')
    .addArgument(new Argument('<group>', 'slug or name'))
    .argument('<user>')
    .addOption(new Option('--role <role>').choices(ROLES).default('guest'))
    .action(addMember)
  operatorOptions(member.command('remove'))
    .description('Remove a member')
    .addArgument(new Argument('<group>', 'slug or name'))
    .argument('<user>')
    .action(removeMember)
}

interface CreateOptions extends OperatorOptions {
  owner: string
  slug?: string
  description?: string
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const { owner, slug, description } = options
  const group = await atHub(options, ({ operations }) =>
    operations.groups.create({
      name,
      owner,
      ...(slug === undefined ? {} : { slug }),
      ...(description === undefined ? {} : { description }),
    }),
  )
  const made = { id: group.id, uuid: group.uuid, slug: group.slug }
  tell(options, made, `Made group ${name} (id ${group.id}, slug ${group.slug}), owned by ${owner}.`)
}

async function list(options: OperatorOptions & { personal?: true }): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const groups = await atHub(options, ({ operations }) => operations.groups.list(options.personal === true))
  const rows = groups.map(({ uuid, ...group }) => (options.json === true ? { ...group, uuid } : group))
  tellList(options, rows, 'There are no groups. Make one: crosstie group create NAME --owner USER')
}

async function addMember(
  group: string,
  user: string,
  options: OperatorOptions & { role: Role },
): Promise<void> {
  const { atHub } = await import('./operator.ts')
  await atHub(options, ({ operations }) => operations.groups.addMember(group, user, options.role))
  tell(options, { group, user, role: options.role }, `${user} is a ${options.role} of ${group} now.`)
}

async function removeMember(group: string, user: string, options: OperatorOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  await atHub(options, ({ operations }) => operations.groups.removeMember(group, user))
  tell(options, { group, user }, `${user} is no member of ${group} any more.`)
}
