import type { Kysely } from 'kysely'
import type { Database } from '#database'
import { Fault } from '#fault'
import { audit } from './audit.ts'
import type { Caller } from './caller.ts'
import { findGroup, type Group, insertGroup } from './group.store.ts'
import type { IdentityTables, Tx } from './tables.ts'
import { existingUser } from './user.ts'

export interface NewGroup {
  name: string
  description: string
  ownerId: number
  /** Asked for by name, so a taken one is refused; left out, one is made of the name. */
  slug?: string | undefined
}

export async function createGroup(db: Database, caller: Caller, group: NewGroup): Promise<Group> {
  return db.withCaller(caller, async (tx: Tx) => {
    await activeOwner(tx, group.ownerId)
    const made = await keepsItsName(() => insertGroup(tx, group))
    await audit(tx, caller, {
      action: 'group.create',
      groupId: made.id,
      objectId: made.id,
      objectName: made.name,
      details: { slug: made.slug, owner_id: made.owner_id },
    })
    return made
  })
}

/** Paths of our own doors: no group is called so. The database keeps derived slugs from them, this those asked for. */
const RESERVED_SLUGS = new Set('v1 npm composer generic hooks yapkg foreseen rest realtime system'.split(' '))

export const SLUG_PATTERN = '^[a-z0-9][a-z0-9._-]{0,62}$'

/** What is wrong with a slug that was asked for by name; null when nothing is. */
export function slugProblem(slug: string): string | null {
  if (!new RegExp(SLUG_PATTERN).test(slug)) {
    return 'A slug has 1 to 63 lower-case letters, digits, ".", "_" or "-", and begins with a letter or digit'
  }
  return RESERVED_SLUGS.has(slug) ? `The slug "${slug}" is reserved` : null
}

/** The owner that a group is given must exist and own it by choice of its present one. */
export async function requireOwner(tx: Tx, group: Group, ownerId: number): Promise<void> {
  if (group.personal) {
    throw new Fault('conflict', 'identity.group_personal', 'A personal group stays with its user')
  }
  await activeOwner(tx, ownerId)
}

/** Nobody could give the group on, were its owner shut out. */
async function activeOwner(tx: Tx, id: number): Promise<void> {
  const { status, username } = await existingUser(tx, id)
  if (status === 'active') return
  throw new Fault(
    'conflict',
    'identity.owner_inactive',
    `${username} cannot own a group: the account is not active.`,
  )
}

/** @throws Fault 404, the same for a group that is not there and one that the caller may not see. */
export async function visibleGroup<T extends IdentityTables>(tx: Kysely<T>, id: number): Promise<Group> {
  const group = await findGroup(tx as unknown as Tx, id) // a room's tables hold identity's
  if (group === undefined) throw new Fault('not_found', 'identity.group_missing', 'Group not found')
  return group
}

/** Says in SyncMaster's words what the database's constraints refuse. */
export async function keepsItsName<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const constraint = constraintOf(error)
    if (constraint === 'group_name') {
      throw new Fault('conflict', 'identity.group_name_taken', 'Group name already taken', { cause: error })
    }
    if (constraint === 'group_slug_key') {
      throw new Fault('conflict', 'identity.slug_taken', 'Group slug already taken', { cause: error })
    }
    throw error
  }
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined
}
