import type pg from 'pg'
import { Fault } from '#fault'

/** The hub's login: NOINHERIT, owns nothing, and may take each of the roles below for one transaction. */
export const LOGIN_ROLE = 'crosstie'

/** What a transaction may be. The first four are ours, the last three are Supabase's, for the document's table. */
export const DATABASE_ROLES = [
  'crosstie_owner',
  'crosstie_app',
  'crosstie_auth',
  'crosstie_worker',
  'anon',
  'authenticated',
  'service_role',
] as const

export type DatabaseRole = (typeof DATABASE_ROLES)[number]

/** The SQL that an administrator runs once per server, safe to repeat. The password is set apart from it. */
export function rolesSql(): string {
  const roles = DATABASE_ROLES.map((role) => createRole(role, 'nologin noinherit'))
  // `create role` takes no `if not exists`; hubs that start at once may both get here, hence the exceptions.
  return [
    ...roles,
    createRole(LOGIN_ROLE, 'login noinherit'),
    ...DATABASE_ROLES.map((role) => `grant ${role} to ${LOGIN_ROLE};`),
  ].join('\n')
}

function createRole(name: string, options: string): string {
  return `do $$ begin create role ${name} ${options}; exception when duplicate_object or unique_violation then null; end $$;`
}

/** The SQL that an administrator runs once in the hub's database. */
export function databaseSql(database: string): string {
  const quoted = `"${database.replaceAll('"', '""')}"`
  return [
    `grant connect, create, temporary on database ${quoted} to crosstie_owner;`,
    `grant connect on database ${quoted} to ${LOGIN_ROLE};`,
    'grant usage, create on schema public to crosstie_owner;',
    'revoke create on schema public from public;',
    `revoke temporary on database ${quoted} from public;`,
  ].join('\n')
}

export interface DatabaseSetup {
  database: string
  loginPassword: string
  /** Opens an administrator's connection to a database of the same server. */
  connect: (database: string) => Promise<pg.Client>
}

/** Makes roles, login and database where they are missing. `admin` is a superuser's connection. */
export async function setUpDatabase(admin: pg.Client, setup: DatabaseSetup): Promise<void> {
  const { rows } = await admin.query<{ roles: string; database: boolean }>(
    `select (select count(*) from pg_roles where rolname = any ($1)) as roles,
            exists (select from pg_database where datname = $2) as database`,
    [[...DATABASE_ROLES, LOGIN_ROLE], setup.database],
  )
  // The usual start: all is there, nothing is written.
  if (Number(rows[0]?.roles) === DATABASE_ROLES.length + 1 && rows[0]?.database === true) return
  await admin.query(rolesSql())
  await admin.query(`alter role ${LOGIN_ROLE} password ${admin.escapeLiteral(setup.loginPassword)}`)
  if (rows[0]?.database !== true) {
    await admin.query(`create database ${admin.escapeIdentifier(setup.database)}`)
  }
  const inside = await setup.connect(setup.database)
  try {
    await inside.query(databaseSql(setup.database))
  } finally {
    await inside.end()
  }
}

/** Checks at start what the hub's login finds, and names what is missing. */
export async function checkDatabase(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: number; missing: string[] | null; may_create: boolean }>(
    `select current_setting('server_version_num')::int as version,
            (select array_agg(r) from unnest($1::text[]) r
              where not exists (select from pg_roles p where p.rolname = r
                                and pg_has_role(session_user, p.oid, 'member'))) as missing,
            exists (select from pg_roles where rolname = 'crosstie_owner')
              and has_database_privilege('crosstie_owner', current_database(), 'create') as may_create`,
    [DATABASE_ROLES],
  )
  const found = rows[0]
  if (found === undefined) return
  if (found.version < 150_000) {
    throw new Fault(
      'failed',
      'platform.postgres_too_old',
      `The database is PostgreSQL ${Math.floor(found.version / 10_000)}; Crosstie needs 15 or newer.`,
    )
  }
  const ways =
    "Run `crosstie database setup --admin-url <administrator's URL>` once, or run the SQL that `crosstie database setup` prints."
  if (found.missing !== null && found.missing.length > 0) {
    throw new Fault(
      'failed',
      'platform.roles_missing',
      `The database's login may not act as: ${found.missing.join(', ')}. ${ways}`,
    )
  }
  if (!found.may_create) {
    throw new Fault(
      'failed',
      'platform.owner_rights',
      `The role crosstie_owner may not create schemas in this database. ${ways}`,
    )
  }
}
