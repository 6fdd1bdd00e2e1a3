import { Fault } from '#fault'

/** A member's role in a group, as the database spells it; the owner stands in `group.owner_id`. */
export type GroupRole = 'guest' | 'developer' | 'maintainer' | 'owner'

/** What a role lets one do: read, write, delete, own. Numbers as the policies' helpers read them. */
export const LEVELS = { guest: 1, developer: 2, maintainer: 3, owner: 4 } as const satisfies Record<
  GroupRole,
  number
>

export type Level = (typeof LEVELS)[GroupRole]

/** As SyncMaster spells them in JSON. */
export const ROLE_NAMES = {
  guest: 'Guest',
  developer: 'Developer',
  maintainer: 'Maintainer',
  owner: 'Owner',
} as const

export function roleOfLevel(level: Level): GroupRole {
  return level === 4 ? 'owner' : level === 3 ? 'maintainer' : level === 2 ? 'developer' : 'guest'
}

/** The role that a member can be given, from SyncMaster's spelling; null for anything else. */
export function memberRole(name: string): Exclude<GroupRole, 'owner'> | null {
  const found = (['guest', 'developer', 'maintainer'] as const).find((role) => ROLE_NAMES[role] === name)
  return found ?? null
}

/** SyncMaster's answer to a role that is too low, where reading is allowed. */
export function noPower(): Fault {
  return new Fault('forbidden', 'identity.role_too_low', 'You have no power here')
}
