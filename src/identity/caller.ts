import type { Claimant } from '#database'
import { LEVELS, type GroupRole, type Level, noPower } from './roles.ts'

/** Who a request acts for, read from the database at each request. */
export interface Caller extends Claimant {
  userId: number
  username: string
  isSuperuser: boolean
  /** Group id → level, owned groups included. */
  groups: ReadonlyMap<number, Level>
  /** How the caller signed in; an application may do less than its user. */
  by:
    | { kind: 'token' | 'session' | 'command' | 'system' }
    | { kind: 'application'; applicationId: number; type: ApplicationType }
  /** For the audit log. */
  address: string | null
  requestId: string | null
}

export type ApplicationType = 'read_only' | 'publish' | 'all'

export interface CallerFacts {
  userId: number
  username: string
  isSuperuser: boolean
  groups: { id: number; uuid: string; level: Level }[]
  by: Caller['by']
  address?: string | null
  requestId?: string | null
}

/** The claims are all that policies see; they are made here and nowhere else. */
export function makeCaller(facts: CallerFacts): Caller {
  const { userId, username, isSuperuser, groups, by } = facts
  return {
    databaseRole: 'crosstie_app',
    claims: {
      user_id: userId,
      superuser: isSuperuser,
      groups: Object.fromEntries(groups.map(({ id, level }) => [id, level])),
      companies: Object.fromEntries(groups.map(({ uuid, level }) => [uuid, level])),
    },
    userId,
    username,
    isSuperuser,
    groups: new Map(groups.map(({ id, level }) => [id, level])),
    by,
    address: facts.address ?? null,
    requestId: facts.requestId ?? null,
  }
}

/** An operator's command: whoever may read the data folder may do what superusers may, and is no user. */
export function operatorCaller(systemUser: string): Caller {
  const caller = makeCaller({
    userId: 0,
    username: `operator ${systemUser}`,
    isSuperuser: true,
    groups: [],
    by: { kind: 'command' },
  })
  return { ...caller, claims: { superuser: true, groups: {}, companies: {} } }
}

/** 0 when the caller may not see the group at all. A superuser acts in any group as its owner does. */
export function levelIn(caller: Caller, groupId: number): Level | 0 {
  return caller.isSuperuser ? LEVELS.owner : (caller.groups.get(groupId) ?? 0)
}

/**
 * The level that counts where the operation asks for the group itself (lists, create): a superuser who is a
 * member of that group has only that membership's level (syncmaster-contract §3).
 */
export function memberLevelIn(caller: Caller, groupId: number): Level | 0 {
  const own = caller.groups.get(groupId)
  return own ?? (caller.isSuperuser ? LEVELS.owner : 0)
}

/** Refuses with 403 what the caller's level does not reach; whether it may be seen was decided before. */
export function requireLevel(level: Level | 0, needed: GroupRole): void {
  if (level < LEVELS[needed]) throw noPower()
}

export function requireSuperuser(caller: Caller): void {
  if (!caller.isSuperuser) throw noPower()
}
