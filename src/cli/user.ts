/** `crosstie user …`: who may sign in. */
import type { Command } from 'commander'
import { usage } from './exit.ts'
import { type OperatorOptions, operatorOptions } from './operator-options.ts'
import { tell, tellList } from './output.ts'

const EXAMPLES = `Examples:
  crosstie user create ada --superuser
  printf '%s' "$PASSWORD" | crosstie user create ada --email ada@example.com --password-stdin --json
  crosstie user list --search ada
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

  operatorOptions(user.command('superuser'))
    .description('Give or take the right to administer the whole hub')
    .argument('<name>')
    .option('--remove', 'take it')
    .action(setSuperuser)
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

async function setSuperuser(name: string, options: OperatorOptions & { remove?: true }): Promise<void> {
  const { atHub } = await import('./operator.ts')
  const isSuperuser = options.remove !== true
  await atHub(options, ({ operations }) => operations.users.setSuperuser(name, isSuperuser))
  const words = isSuperuser ? `${name} is a superuser now.` : `${name} is no superuser any more.`
  tell(options, { username: name, is_superuser: isSuperuser }, words)
}

async function newPassword(fromStdin: boolean): Promise<string | null> {
  const { askNewPassword, secretFromStdin } = await import('./secret-input.ts')
  return fromStdin ? secretFromStdin('the password') : askNewPassword()
}
