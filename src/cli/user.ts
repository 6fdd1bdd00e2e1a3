/** `crosstie user …`: who may sign in. */
import type { Command } from 'commander'
import { usage } from './exit.ts'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  crosstie user create ada --superuser
  printf '%s' "$PASSWORD" | crosstie user create ada --email ada@example.com --password-stdin --json
  crosstie user list --search ada
  crosstie user superuser add ada bob
`

export function registerUser(program: Command): void {
  const user = program.command('user').description('Users: make, list, close, erase, password, rights')
  user.addHelpText('before', EXAMPLES)

  operatorOptions(user.command('create'))
    .description('Make a user; asks for a password at a terminal')
    .argument('<name>', 'the name to sign in with')
    .option('--email <address>', 'e-mail address')
    .option('--display-name <name>', 'name that is shown')
    .option('--superuser', 'may administer the whole hub')
    .option('--password-stdin', 'read the password from standard input')
    .action(create)

  operatorOptions(user.command('list'))
    .description('List users')
    .option('--search <text>', 'names that are like this one')
    .action(list)

  operatorOptions(user.command('close'))
    .description('Close a user: signed out for good, without name, rights and applications')
    .argument('<name>')
    .action(close)

  operatorOptions(user.command('erase'))
    .description('Delete a user with all groups that the user owns and everything in them')
    .argument('<name>')
    .option('--yes', 'really')
    .action(erase)

  operatorOptions(user.command('password'))
    .description('Set a password; the user is signed out everywhere')
    .argument('<name>')
    .option('--password-stdin', 'read it from standard input')
    .action(setPassword)

  const superuser = user.command('superuser').description('Who may administer the whole hub')
  operatorOptions(superuser.command('add'))
    .description('Give the right; unknown names become users without a password')
    .argument('<names...>')
    .action(addSuperusers)
  operatorOptions(superuser.command('remove'))
    .description('Take the right; somebody has to keep it')
    .argument('<names...>')
    .action(removeSuperusers)
  operatorOptions(superuser.command('list')).description('List them').action(listSuperusers)

  operatorOptions(user.command('link'))
    .description('Let a user sign in by an account at the OpenID Connect provider')
    .argument('<name>')
    .requiredOption('--subject <id>', 'the id of the account there (the claim "sub")')
    .option('--issuer <url>', 'the provider (default: CROSSTIE_OIDC_ISSUER)')
    .action(link)
  operatorOptions(user.command('unlink'))
    .description('Take the accounts at the OpenID Connect provider from a user')
    .argument('<name>')
    .option('--issuer <url>', 'the provider (default: CROSSTIE_OIDC_ISSUER)')
    .action(unlink)
}

interface CreateOptions extends OperatorOptions {
  email?: string
  displayName?: string
  superuser?: true
  passwordStdin?: true
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const password = await newPassword(options.passwordStdin === true)
  const user = await atHub(options, ({ operations }) =>
    operations.users.create({
      username: name,
      password: password ?? undefined,
      email: options.email,
      display_name: options.displayName,
      is_superuser: options.superuser,
    }),
  )
  const { id, uuid, username } = user
  const words =
    `Made ${options.superuser === true ? 'superuser' : 'user'} ${username} (id ${id}).` +
    (password === null ? ` No password yet: crosstie user password ${username} --password-stdin` : '')
  tell(options, { id, uuid, username }, words)
}

async function list(options: OperatorOptions & { search?: string }): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const users = await atHub(options, ({ operations }) => operations.users.list(options.search ?? null))
  const rows = users.map(({ id, uuid, username, email, status, is_superuser }) => ({
    id,
    username,
    status,
    superuser: is_superuser,
    email,
    ...(options.json === true ? { uuid } : {}),
  }))
  tellList(options, rows, 'There are no users. Make one: crosstie user create NAME --superuser')
}

async function close(name: string, options: OperatorOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  await atHub(options, ({ operations }) => operations.users.close(name))
  tell(options, { closed: name }, `Closed ${name}.`)
}

async function erase(name: string, options: OperatorOptions & { yes?: true }): Promise<void> {
  if (options.yes !== true) {
    throw usage(
      `This deletes ${name}, every group that ${name} owns and all that is in them. Say --yes to do it, or close the user instead: crosstie user close ${name}`,
    )
  }
  const { atHub } = await import('./operator.ts')
  await atHub(options, ({ operations }) => operations.users.erase(name))
  tell(options, { erased: name }, `Erased ${name}.`)
}

async function setPassword(name: string, options: OperatorOptions & { passwordStdin?: true }): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const password = await newPassword(options.passwordStdin === true)
  if (password === null) throw usage('There is no terminal to ask at: give the password by --password-stdin.')
  await atHub(options, ({ operations }) => operations.users.setPassword(name, password))
  tell(options, { username: name }, `${name} has a new password, and is signed out everywhere.`)
}

async function addSuperusers(names: string[], options: OperatorOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const added = await atHub(options, ({ operations }) => operations.users.addSuperusers(names))
  const words = added.map(({ username, made }) =>
    made
      ? `Made ${username}, a superuser without a password yet: crosstie user password ${username}`
      : `${username} is a superuser now.`,
  )
  tell(options, { added }, words.join('\n'))
}

async function removeSuperusers(names: string[], options: OperatorOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  await atHub(options, ({ operations }) => operations.users.removeSuperusers(names))
  tell(options, { removed: names }, names.map((name) => `${name} is no superuser any more.`).join('\n'))
}

async function listSuperusers(options: OperatorOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const users = await atHub(options, ({ operations }) => operations.users.superusers())
  const rows = users.map(({ id, username, status }) => ({ id, username, status }))
  tellList(options, rows, 'There are no superusers. Make one: crosstie user superuser add NAME')
}

interface LinkOptions extends OperatorOptions {
  issuer?: string
}

async function link(name: string, options: LinkOptions & { subject: string }): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const { subject } = options
  const issuer = await atHub(options, async ({ config, operations }) => {
    const known = issuerOf(options, config.settings.oidc_issuer)
    await operations.users.link(name, { issuer: known, subject })
    return known
  })
  tell(options, { username: name, issuer, subject }, `${name} signs in by ${subject} at ${issuer} now.`)
}

async function unlink(name: string, options: LinkOptions): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const [issuer, accounts] = await atHub(options, async ({ config, operations }) => {
    const known = issuerOf(options, config.settings.oidc_issuer)
    return [known, await operations.users.unlink(name, known)] as const
  })
  const words =
    accounts === 0 ? `${name} had no account at ${issuer}.` : `${name} has no account at ${issuer} any more.`
  tell(options, { username: name, issuer, unlinked: accounts }, words)
}

function issuerOf({ issuer }: LinkOptions, set: string | null): string {
  const known = issuer ?? set
  if (known === null) throw usage('CROSSTIE_OIDC_ISSUER is not set: say which provider by --issuer URL.')
  return known
}

async function newPassword(fromStdin: boolean): Promise<string | null> {
  const { askNewPassword, secretFromStdin } = await import('./secret-input.ts')
  return fromStdin ? secretFromStdin('the password') : askNewPassword()
}
