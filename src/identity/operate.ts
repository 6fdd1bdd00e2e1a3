/**
 * What an operator does by command, with the rules and the audit log of `/v1`: things are called by name there,
 * and there is no page of a list.
 */
import { type TSchema, Type } from 'typebox'
import type { Claimant, Database } from '#database'
import { Fault } from '#fault'
import { parseBySchema, type Problem } from '#http'
import * as applications from './application.ts'
import { type Application, listApplications } from './application.store.ts'
import { audit } from './audit.ts'
import { type Caller } from './caller.ts'
import * as groups from './group.ts'
import { asSignIn } from './sign-in/password.store.ts'
import { type Account, deleteAccounts, insertAccount } from './sign-in/oidc.store.ts'
import { deleteMember, findGroupByName, type Group, listAllGroups, putMember } from './group.store.ts'
import type { Tx } from './tables.ts'
import { DisplayName, Email, NewPassword, Username } from './user.schema.ts'
import { eraseUser, findUserByName, listSuperusers, listUsers, type User } from './user.store.ts'
import * as users from './user.ts'

/** Lists on a terminal end here; longer ones are for `/v1`. */
const LIST_LIMIT = 10_000

const GroupName = Type.String({ minLength: 3, maxLength: 128 })
const GroupDescription = Type.String({ maxLength: 512 })
const ApplicationName = Type.String({ minLength: 1, maxLength: 128 })
const ApplicationDescription = Type.String({ maxLength: 127 })

/** Erasing goes past the policies of `/v1`, where users are closed only. */
const OWNER: Claimant = { databaseRole: 'crosstie_owner', claims: {} }

export type Operations = ReturnType<typeof operateIdentity>

export function operateIdentity(db: Database, caller: Caller) {
  return {
    users: userOperations(db, caller),
    groups: groupOperations(db, caller),
    applications: applicationOperations(db, caller),
  }
}

function userOperations(db: Database, caller: Caller) {
  const idOf = async (username: string) =>
    (await db.withCaller(caller, (tx: Tx) => userNamed(tx, username))).id
  return {
    create: (user: users.NewUser): Promise<User> => {
      requireFit(Username, user.username, 'The user name')
      requireFit(Email, user.email ?? null, 'The e-mail address')
      requireFit(DisplayName, user.display_name ?? '', 'The shown name')
      return users.createUser(db, caller, user)
    },
    list: async (search: string | null): Promise<User[]> => {
      const page = { page: 1, page_size: LIST_LIMIT, activeOnly: false }
      return (await db.withCaller(caller, (tx: Tx) => listUsers(tx, { ...page, search }))).users
    },
    close: async (username: string) => users.closeUser(db, caller, await idOf(username)),
    erase: (username: string) => erase(db, caller, username),
    setPassword: async (username: string, password: string) => {
      requireFit(NewPassword, password, 'The password')
      await users.setPassword(db, caller, { id: await idOf(username), password })
    },
    superusers: () => db.withCaller(caller, (tx: Tx) => listSuperusers(tx, LIST_LIMIT)),
    addSuperusers: (names: readonly string[]) => addSuperusers(db, caller, names),
    removeSuperusers: async (names: readonly string[]) => {
      // A name that is not there is told before anything is changed.
      const ids: number[] = []
      for (const name of names) ids.push(await idOf(name))
      for (const id of ids) await users.updateUser(db, caller, id, { is_superuser: false })
    },
    link: (username: string, account: Account) => link(db, caller, username, account),
    unlink: (username: string, issuer: string) => unlink(db, caller, username, issuer),
  }
}

/** Unknown names are made, without a password: they sign in by the provider, or get one later. */
async function addSuperusers(
  db: Database,
  caller: Caller,
  names: readonly string[],
): Promise<{ username: string; made: boolean }[]> {
  for (const name of names) requireFit(Username, name, 'The user name')
  const added: { username: string; made: boolean }[] = []
  for (const username of new Set(names)) {
    const known = await db.withCaller(caller, (tx: Tx) => findUserByName(tx, username))
    if (known === undefined) await users.createUser(db, caller, { username, is_superuser: true })
    else await users.updateUser(db, caller, known.id, { is_superuser: true })
    added.push({ username, made: known === undefined })
  }
  return added
}

/** Binds an account at the OpenID Connect provider to a user. */
async function link(db: Database, caller: Caller, username: string, account: Account): Promise<void> {
  await db.withCaller(caller, async (tx: Tx) => {
    const { id } = await userNamed(tx, username)
    if (!(await asSignIn(tx, () => insertAccount(tx, account, id)))) {
      throw new Fault(
        'conflict',
        'identity.oidc_account_taken',
        `The account ${account.subject} at ${account.issuer} is linked already. Unlink it first: crosstie user unlink NAME`,
      )
    }
    const what = { groupId: null, objectId: id, objectName: username, details: { ...account } }
    await audit(tx, caller, { action: 'user.oidc_link', ...what })
  })
}

/** How many accounts were unbound. */
function unlink(db: Database, caller: Caller, username: string, issuer: string): Promise<number> {
  return db.withCaller(caller, async (tx: Tx) => {
    const { id } = await userNamed(tx, username)
    const gone = await asSignIn(tx, () => deleteAccounts(tx, id, issuer))
    const what = { groupId: null, objectId: id, objectName: username, details: { issuer, accounts: gone } }
    if (gone > 0) await audit(tx, caller, { action: 'user.oidc_unlink', ...what })
    return gone
  })
}

function groupOperations(db: Database, caller: Caller) {
  const withTx = <R>(work: (tx: Tx) => Promise<R>) => db.withCaller(caller, work)
  return {
    create: async (group: { name: string; slug?: string; description?: string; owner: string }) => {
      const { name, slug, description = '', owner } = group
      const problem = slug === undefined ? null : groups.slugProblem(slug)
      requireFit(GroupName, name, 'The name')
      requireFit(GroupDescription, description, 'The description')
      if (problem !== null) throw new Fault('invalid', 'identity.slug', `${problem}.`)
      const ownerId = (await withTx((tx) => userNamed(tx, owner))).id
      return groups.createGroup(db, caller, { name, description, slug, ownerId })
    },
    list: (personal: boolean) => withTx((tx) => listAllGroups(tx, personal, LIST_LIMIT)),
    addMember: (group: string, username: string, role: 'guest' | 'developer' | 'maintainer') =>
      withTx(async (tx) => {
        const { id, owner_id } = await groupNamed(tx, group)
        const user = await userNamed(tx, username)
        if (owner_id === user.id) {
          throw new Fault('conflict', 'identity.already_owner', `${username} owns the group already.`)
        }
        await putMember(tx, id, user.id, role)
        await audit(tx, caller, {
          action: 'member.add',
          groupId: id,
          objectId: user.id,
          objectName: username,
          details: { role },
        })
      }),
    removeMember: (group: string, username: string) =>
      withTx(async (tx) => {
        const { id } = await groupNamed(tx, group)
        const user = await userNamed(tx, username)
        if (!(await deleteMember(tx, id, user.id))) {
          throw new Fault('conflict', 'identity.not_member', `${username} is no member of ${group}.`)
        }
        const entry = { groupId: id, objectId: user.id, objectName: username }
        await audit(tx, caller, { action: 'member.remove', ...entry })
      }),
  }
}

function applicationOperations(db: Database, caller: Caller) {
  const withTx = <R>(work: (tx: Tx) => Promise<R>) => db.withCaller(caller, work)
  return {
    create: async (
      application: Omit<applications.NewApplication, 'owner' | 'status' | 'scopes'> & ApplicationOf,
    ) => {
      const { user, group, ...fields } = application
      requireFit(ApplicationName, fields.name, 'The name')
      requireFit(ApplicationDescription, fields.description, 'The description')
      const owner = await withTx((tx) => ownerNamed(tx, { user, group }))
      return applications.createApplication(db, caller, {
        ...fields,
        owner,
        status: 'enabled',
        scopes: [],
      })
    },
    list: (of: ApplicationOf): Promise<Application[]> =>
      withTx(async (tx) => {
        const owner = await ownerNamed(tx, of)
        return (await listApplications(tx, owner, { page: 1, page_size: LIST_LIMIT })).applications
      }),
    disable: (id: number) => applications.updateApplication(db, caller, id, { status: 'disabled' }),
  }
}

/** Of one of the two, by name. */
export interface ApplicationOf {
  user?: string | undefined
  group?: string | undefined
}

async function ownerNamed(tx: Tx, { user, group }: ApplicationOf) {
  if (user !== undefined && group === undefined) return { user_id: (await userNamed(tx, user)).id }
  if (group !== undefined && user === undefined) return { group_id: (await groupNamed(tx, group)).id }
  throw new Fault(
    'bad_request',
    'identity.application_owner',
    'An application belongs to a user or to a group: say --user NAME or --group NAME.',
  )
}

async function userNamed(tx: Tx, username: string): Promise<User> {
  const user = await findUserByName(tx, username)
  if (user === undefined) {
    const words = `There is no user "${username}". \`crosstie user list\` shows all.`
    throw new Fault('not_found', 'identity.user_missing', words)
  }
  return user
}

async function groupNamed(tx: Tx, slugOrName: string): Promise<Group> {
  const group = await findGroupByName(tx, slugOrName)
  if (group === undefined) {
    const words = `There is no group "${slugOrName}". \`crosstie group list\` shows all, with their slugs.`
    throw new Fault('not_found', 'identity.group_missing', words)
  }
  return group
}

/** The row goes, and by cascade owned groups with all that is in them; the audit log forgets the name. */
async function erase(db: Database, caller: Caller, username: string): Promise<void> {
  await db.withCaller(caller, (tx: Tx) => users.requireMayLeave(tx, username))
  await db.withCaller(OWNER, async (tx: Tx) => {
    const { id } = await userNamed(tx, username)
    await eraseUser(tx, id)
    await audit(tx, caller, { action: 'user.erase', groupId: null, objectId: id })
  })
}

function requireFit(schema: TSchema, value: unknown, what: string): void {
  const result = parseBySchema(schema, value, ['body'])
  if (!('problems' in result)) return
  const [problem]: Problem[] = result.problems
  throw new Fault('invalid', 'identity.invalid', `${what} does not fit: ${problem?.message ?? ''}.`)
}
