/** `crosstie database setup`: the roles and rights that a PostgreSQL of one's own needs, once. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { Fault, messageOf } from '#fault'
import { usage } from './exit.ts'
import { type OutputOptions, tell } from './output.ts'

const EXAMPLES = `Examples:
  crosstie database setup                                    prints the SQL, for an administrator to run
  crosstie database setup --admin-url postgres://postgres@db.internal/crosstie
`

export function registerDatabase(program: Command): void {
  const database = program
    .command('database')
    .description('A PostgreSQL of your own: its roles and rights, once')
  database.addHelpText('before', EXAMPLES)
  database
    .command('setup')
    .description('Make roles, login and database, or print the SQL that does')
    .option('--admin-url <url>', 'administrator’s address of the database; PGPASSWORD gives the password')
    .option('--database <name>', 'name of the database in the SQL that is printed', 'crosstie')
    .option('--password-stdin', 'read the login’s new password from standard input')
    .option('--json', 'print the result as JSON')
    .option('--quiet', 'print nothing but errors')
    .action(setUp)
}

interface SetupOptions extends OutputOptions {
  adminUrl?: string
  database: string
  passwordStdin?: true
}

async function setUp(options: SetupOptions): Promise<void> {
  const { databaseSql, LOGIN_ROLE, rolesSql } = await import('#database')
  if (options.adminUrl === undefined) {
    const sql = [
      '-- As an administrator, once on the server:',
      rolesSql(),
      `-- The hub's login: choose its password.\nalter role ${LOGIN_ROLE} password '…';`,
      `-- Once, in the database "${options.database}" (create database "${options.database}"):`,
      databaseSql(options.database),
    ].join('\n')
    tell({ ...options, quiet: undefined }, { sql }, sql)
    return
  }
  const { secretFromStdin } = await import('./secret-input.ts')
  const given = options.passwordStdin === true ? await secretFromStdin('the password') : null
  const admin = readUrl(options.adminUrl)
  const made = await setUpAt(admin, given)
  const shown = made.password ?? '<its password>'
  const url = `postgres://${LOGIN_ROLE}:${encodeURIComponent(shown)}@${admin.host}${admin.pathname}${admin.search}`
  tell(
    options,
    { database: made.database, login: LOGIN_ROLE, database_url: url, password_set: made.password !== null },
    `The database "${made.database}" is ready. ` +
      (made.password === null
        ? 'The login was there before and keeps its password; --password-stdin sets another.'
        : 'Keep the address, it is shown this once:') +
      `\n\nCROSSTIE_DATABASE_URL=${url}`,
  )
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw usage('--admin-url is an address like postgres://postgres@db.internal/crosstie.')
  }
  if (url.pathname === '' || url.pathname === '/') url.pathname = '/crosstie'
  return url
}

async function setUpAt(
  admin: URL,
  given: string | null,
): Promise<{ database: string; password: string | null }> {
  const { databaseSql, LOGIN_ROLE, setUpDatabase } = await import('#database')
  const { default: pg } = await import('pg')
  const database = decodeURIComponent(admin.pathname.slice(1))
  const connect = async (name: string) => {
    const url = new URL(admin)
    url.pathname = `/${encodeURIComponent(name)}`
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 10_000 })
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const server = await connect('postgres').catch((cause: unknown) => {
    const words = `The administrator cannot sign in at ${admin.host}: ${messageOf(cause)}.`
    throw new Fault('failed', 'platform.admin_sign_in', words, { cause })
  })
  try {
    const { rows } = await server.query('select from pg_roles where rolname = $1', [LOGIN_ROLE])
    const isNew = rows.length === 0
    const password = given ?? (isNew ? randomBytes(24).toString('base64url') : null)
    await setUpDatabase(server, { database, loginPassword: password ?? '', connect })
    if (password !== null) {
      await server.query(`alter role ${LOGIN_ROLE} password ${server.escapeLiteral(password)}`)
    }
    // Also where all was there: another database of a server that has the roles.
    const inside = await connect(database)
    await inside.query(databaseSql(database)).finally(() => inside.end())
    return { database, password }
  } finally {
    await server.end()
  }
}
