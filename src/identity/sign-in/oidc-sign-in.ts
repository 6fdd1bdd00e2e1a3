import { sql } from 'kysely'
import type { Database } from '#database'
import { Fault } from '#fault'
import { parseBySchema } from '#http'
import { audit } from '../audit.ts'
import { SIGN_IN } from '../caller.store.ts'
import { makeCaller } from '../caller.ts'
import type { Tx } from '../tables.ts'
import { Email, Username } from '../user.schema.ts'
import { findUser, findUserByName, type User } from '../user.store.ts'
import type { Grant } from './oidc-provider.ts'
import {
  type Account,
  findAccount,
  hasSignIn,
  insertAccount,
  insertUserOfClaims,
  putProviderSession,
} from './oidc.store.ts'
import { hashSecret } from './secret.ts'
import { insertSession } from './session.store.ts'

export interface ProviderSignIn {
  grant: Grant
  issuer: string
  /** The grant's tokens, sealed. */
  sealed: string
  signup: 'open' | 'approval' | 'closed'
  /** The signed-in user who asked to have the account at the provider bound to oneself; null for a plain sign-in. */
  linkTo: number | null
  address: string
  agent: string | null
  requestId: string
}

/**
 * Begins a session for whom the provider names: the user the account is bound to, else the one with that name who has
 * no other way to sign in (made by an operator, or taken over from another system), else a new one.
 *
 * A name alone never opens an account that somebody signs in to already: whoever can choose a name at the provider
 * would take it over.
 *
 * @throws Fault 403 for who may not sign in, 409 for a name or an account that is somebody else's.
 */
export function signInByProvider(db: Database, signIn: ProviderSignIn): Promise<string> {
  const { grant, issuer, linkTo, sealed, address, agent } = signIn
  const account: Account = { issuer, subject: grant.subject }
  return db
    .withCaller(SIGN_IN, async (tx: Tx) => {
      // Of two first sign-ins at once the second finds the user that the first one made.
      await sql`select pg_advisory_xact_lock(hashtext('identity.oidc'), hashtext(${grant.subject}))`.execute(
        tx,
      )
      const bound = await findAccount(tx, account)
      const user =
        linkTo === null
          ? (bound ?? (await userOfClaims(tx, signIn, account)))
          : await linked(tx, signIn, { account, bound, linkTo })
      // What was made for approval is kept, and refused after the commit.
      if (user.status !== 'active') return user
      const session = await insertSession(tx, { userId: user.id, address, agent })
      await putProviderSession(tx, {
        tokenHash: hashSecret(session),
        value: sealed,
        freshUntil: grant.freshUntil,
      })
      await record(tx, signIn, user, 'session.create', { by: 'oidc' })
      return session
    })
    .then((made) => {
      if (typeof made === 'string') return made
      throw notActive(made)
    })
}

async function userOfClaims(tx: Tx, signIn: ProviderSignIn, account: Account): Promise<User> {
  const { grant, signup } = signIn
  const username = usernameOf(grant)
  const known = await findUserByName(tx, username)
  if (known !== undefined) {
    if (await hasSignIn(tx, known.id)) throw nameTaken(username, account.subject)
    await insertAccount(tx, account, known.id)
    await record(tx, signIn, known, 'user.oidc_link', account)
    return known
  }
  if (signup === 'closed') throw closedSignup(username)
  const status = signup === 'approval' ? 'pending' : 'active'
  const { id } = await insertUserOfClaims(tx, { username, status, ...fieldsOf(grant) })
  await insertAccount(tx, account, id)
  const made = await findUser(tx, id)
  if (made === undefined) throw new Error('a user that was made a moment ago is there')
  await record(tx, signIn, made, 'user.create', { by: 'oidc', status, ...account })
  return made
}

interface Link {
  account: Account
  bound: User | undefined
  linkTo: number
}

async function linked(tx: Tx, signIn: ProviderSignIn, { account, bound, linkTo }: Link): Promise<User> {
  if (bound !== undefined && bound.id !== linkTo) throw accountTaken()
  const user = bound ?? (await findUser(tx, linkTo))
  if (user === undefined) throw new Fault('not_found', 'identity.user_missing', 'User not found')
  if (bound === undefined) {
    await insertAccount(tx, account, linkTo)
    await record(tx, signIn, user, 'user.oidc_link', account)
  }
  return user
}

/** As Keycloak spells it; other providers may know an e-mail address only. */
function usernameOf({ claims, subject }: Grant): string {
  const name = text(claims['preferred_username']) ?? text(claims['email']) ?? subject
  if ('value' in parseBySchema(Username, name, ['claims'])) return name
  throw new Fault(
    'forbidden',
    'identity.oidc_username',
    'The sign-in provider names you by a user name that cannot be one here: it has blanks or signs other than letters, digits and . _ @ + -, ' +
      'or is longer than 256. Ask for another one there.',
  )
}

function fieldsOf({ claims }: Grant) {
  const email = text(claims['email'])
  return {
    email: 'value' in parseBySchema(Email, email, ['claims']) ? email : null,
    first_name: text(claims['given_name']),
    middle_name: text(claims['middle_name']),
    last_name: text(claims['family_name']),
    display_name: text(claims['name']) ?? '',
  }
}

function text(claim: unknown): string | null {
  if (typeof claim !== 'string' || claim.trim() === '') return null
  return Array.from(claim.trim()).slice(0, 256).join('')
}

function record(
  tx: Tx,
  { address, requestId }: ProviderSignIn,
  user: User,
  action: string,
  details: object,
): Promise<void> {
  const { id: userId, username, is_superuser: isSuperuser } = user
  const by = { kind: 'session' } as const
  const caller = makeCaller({ userId, username, isSuperuser, groups: [], by, address, requestId })
  const what = { action, groupId: null, objectId: userId, objectName: username }
  return audit(tx, caller, { ...what, details: { ...details } })
}

function notActive({ username, status }: User): Fault {
  const words =
    status === 'pending'
      ? `Your account "${username}" waits for an administrator to approve it.`
      : `This account was closed. An administrator can open it again.`
  return new Fault('forbidden', 'identity.user_not_active', words)
}

function nameTaken(username: string, subject: string): Fault {
  const id = /^[\w.:@|-]+$/.test(subject) ? subject : '…'
  return new Fault(
    'conflict',
    'identity.oidc_name_taken',
    `There is a user "${username}" here who signs in by other means. If that is you, sign in that way and link the two accounts under "My account"; ` +
      `or an administrator runs \`crosstie user link ${username} --subject ${id}\`.`,
  )
}

function accountTaken(): Fault {
  return new Fault(
    'conflict',
    'identity.oidc_account_taken',
    'This account at the sign-in provider is linked to another user here. Sign out at the provider and choose another account there.',
  )
}

function closedSignup(username: string): Fault {
  return new Fault(
    'forbidden',
    'identity.oidc_signup_closed',
    `There is no user "${username}" here, and a sign-in does not make one. Ask an administrator: crosstie user create ${username}`,
  )
}
