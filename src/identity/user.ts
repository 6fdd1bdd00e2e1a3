import type { Database } from '#database'
import { Fault } from '#fault'
import { audit } from './audit.ts'
import type { Caller } from './caller.ts'
import { hashPassword, verifyPassword } from './sign-in/password.ts'
import { asSignIn, credentialsOf, deletePassword, putPassword } from './sign-in/password.store.ts'
import type { SignInLimiter } from './sign-in/limiter.ts'
import { deleteSessions, insertSession, type NewSession } from './sign-in/session.store.ts'
import type { Tx } from './tables.ts'
import * as store from './user.store.ts'

export interface NewUser {
  username: string
  /** Left out, the user cannot sign in by password until one is set. */
  password?: string | undefined
  email?: string | null | undefined
  display_name?: string | undefined
  is_superuser?: boolean | undefined
}

export async function createUser(db: Database, caller: Caller, user: NewUser): Promise<store.User> {
  const hash = user.password === undefined ? null : await hashPassword(user.password)
  return db.withCaller(caller, async (tx: Tx) => {
    const { username, email = null, display_name = '', is_superuser = false } = user
    const row = { username, email, display_name, is_superuser }
    const made = await keepsItsUsername(() => store.insertUser(tx, row))
    if (hash !== null) await asSignIn(tx, () => putPassword(tx, made.id, hash))
    await auditUser(tx, caller, 'user.create', made, { is_superuser })
    return made
  })
}

export interface UserUpdate {
  email?: string | null | undefined
  display_name?: string | undefined
  is_superuser?: boolean | undefined
  status?: 'pending' | 'active' | 'forbidden' | undefined
}

/** @throws Fault `identity.last_superuser` when nobody would be left to administer the hub. */
export function updateUser(
  db: Database,
  caller: Caller,
  id: number,
  change: UserUpdate,
): Promise<store.User> {
  return db.withCaller(caller, async (tx: Tx) => {
    const before = await existingUser(tx, id)
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const staysSuperuser =
      (change.is_superuser ?? before.is_superuser) && (change.status ?? before.status) === 'active'
    if (!staysSuperuser) await requireAnotherSuperuser(tx, before)
    const user = await store.updateUser(tx, id, given)
    // Whoever is let in again starts with no session from before.
    if (user.status !== 'active') await asSignIn(tx, () => deleteSessions(tx, id))
    const { email, display_name, is_superuser, status } = before
    await auditUser(tx, caller, 'user.update', user, {
      before: { email, display_name, is_superuser, status },
      after: given,
    })
    return user
  })
}

/** A user is closed, not deleted: what was made stays, and says nothing any more of who made it. */
export function closeUser(db: Database, caller: Caller, id: number): Promise<void> {
  return db.withCaller(caller, async (tx: Tx) => {
    const user = await existingUser(tx, id)
    await requireAnotherSuperuser(tx, user)
    const groups = await store.ownedSharedGroups(tx, id)
    if (groups.length > 0) {
      throw new Fault(
        'conflict',
        'identity.owns_groups',
        `${user.username} owns ${groups.map(({ name }) => `"${name}"`).join(', ')}. Give them another owner first.`,
        { details: { groups } },
      )
    }
    const name = `~closed-${id}`
    await asSignIn(tx, async () => {
      await deleteSessions(tx, id)
      await deletePassword(tx, id)
    })
    await store.stripUser(tx, id, name)
    const empty = { email: null, first_name: null, last_name: null, middle_name: null, display_name: '' }
    const closed = { ...empty, username: name, is_superuser: false, status: 'forbidden' } as const
    await store.updateUser(tx, id, { ...closed, sessions_valid_from: new Date() })
    await auditUser(tx, caller, 'user.close', user, {})
  })
}

/** Every session and token from before ends; `keep` begins a new session for the one who asks. */
export function setPassword(
  db: Database,
  caller: Caller,
  { id, password, keep }: { id: number; password: string; keep?: NewSession | null },
): Promise<string | null> {
  return hashPassword(password).then((hash) =>
    db.withCaller(caller, async (tx: Tx) => {
      const user = await existingUser(tx, id)
      const session = await revoke(tx, id, keep ?? null, () => putPassword(tx, id, hash))
      await auditUser(tx, caller, 'user.password', user, {})
      return session
    }),
  )
}

export async function changeOwnPassword(
  db: Database,
  caller: Caller,
  limiter: SignInLimiter,
  change: { current: string; next: string; keep: NewSession | null },
): Promise<string | null> {
  const turn = await limiter.take(caller.address ?? '', caller.username)
  const found = await credentialsOf(db, { userId: caller.userId })
  if (!(await verifyPassword(change.current, found?.hash ?? null))) {
    throw new Fault('bad_request', 'identity.wrong_password', 'The current password is not right')
  }
  await turn.forget()
  return setPassword(db, caller, { id: caller.userId, password: change.next, keep: change.keep })
}

export function revokeSessions(db: Database, caller: Caller, id: number): Promise<void> {
  return db.withCaller(caller, async (tx: Tx) => {
    const user = await existingUser(tx, id)
    await revoke(tx, id, null, async () => {})
    await auditUser(tx, caller, 'user.revoke_sessions', user, {})
  })
}

async function revoke(
  tx: Tx,
  userId: number,
  keep: NewSession | null,
  also: () => Promise<void>,
): Promise<string | null> {
  const now = new Date()
  await store.updateUser(tx, userId, { sessions_valid_from: now })
  return asSignIn(tx, async () => {
    await also()
    await deleteSessions(tx, userId)
    return keep === null ? null : insertSession(tx, keep, now)
  })
}

/** @throws Fault 404 */
export async function existingUser(tx: Tx, id: number): Promise<store.User> {
  const user = await store.findUser(tx, id)
  if (user === undefined) throw userMissing()
  return user
}

export function userMissing(): Fault {
  return new Fault('not_found', 'identity.user_missing', 'User not found')
}

/** @throws Fault `identity.last_superuser` when this is the last one. */
export async function requireMayLeave(tx: Tx, username: string): Promise<void> {
  const user = await store.findUserByName(tx, username)
  if (user === undefined) throw userMissing()
  await requireAnotherSuperuser(tx, user)
}

async function requireAnotherSuperuser(tx: Tx, user: store.User): Promise<void> {
  if (!user.is_superuser || user.status !== 'active') return
  const superusers = await store.lockSuperusers(tx)
  if (superusers.every((id) => id === user.id)) {
    throw new Fault(
      'conflict',
      'identity.last_superuser',
      `${user.username} is the last superuser; make another one first.`,
    )
  }
}

function auditUser(
  tx: Tx,
  caller: Caller,
  action: string,
  user: { id: number; username: string },
  details: Record<string, unknown>,
): Promise<void> {
  return audit(tx, caller, {
    action,
    groupId: null,
    objectId: user.id,
    objectName: user.username,
    details,
  })
}

/** Says in words that the name is taken. */
export async function keepsItsUsername<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    if (cause instanceof Error && 'constraint' in cause && cause.constraint === 'user_username_key') {
      throw new Fault('conflict', 'identity.username_taken', 'User name already taken', { cause })
    }
    throw cause
  }
}
