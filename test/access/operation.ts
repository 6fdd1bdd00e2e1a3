/**
 * The table roles × operations: what each role is answered by each operation of `/openapi.json`.
 *
 * An operation that is not in the table fails `access.test.ts`. A new one gets a line in its room's file here:
 *
 * ```ts
 * 'DELETE /v1/queues/{queue_id}': {
 *   ask: async (world) => ({ path: `/v1/queues/${await aQueue(world)}` }),
 *   answers: byRole({ guest: 403, developer: 403, maintainer: 204, owner: 204, superuser: 204, outsider: 404 }),
 * },
 * ```
 */
import type { TestGroup, TestHub } from '../harness/hub.ts'

/** Who asks. The first four are members of `world.group`; the inactive one was a guest and has a valid token. */
export const ROLES = [
  'guest',
  'developer',
  'maintainer',
  'owner',
  'superuser',
  'outsider',
  'anonymous',
  'inactive',
] as const

export type Role = (typeof ROLES)[number]

export interface World {
  hub: TestHub
  /** The group that the roles are roles of. */
  group: TestGroup
  /** A number that no other question of this run got, for names. */
  next: () => number
}

export interface Question {
  path: string
  body?: unknown
  /** Sent in place of JSON. */
  form?: Record<string, string>
}

export interface Operation {
  /** Makes what is asked about, anew for each role, so that one role's deed does not change the next one's answer. */
  ask: (world: World, role: Role) => Promise<Question> | Question
  answers: Record<Role, number>
}

export type Operations = Record<string, Operation>

type SignedIn = Exclude<Role, 'anonymous' | 'inactive'>

/** Everything but the public asks who one is first (401), and then whether one is active (403). */
export const byRole = (answers: Record<SignedIn, number>): Operation['answers'] => ({
  ...answers,
  anonymous: 401,
  inactive: 403,
})

/** The same for whoever is signed in. */
export const signedIn = (status: number): Operation['answers'] =>
  byRole({
    guest: status,
    developer: status,
    maintainer: status,
    owner: status,
    superuser: status,
    outsider: status,
  })

/** For superusers; others may know that it is there, or it is theirs to see. */
export const superusersOnly = (status: number, others = 403): Operation['answers'] => ({
  ...signedIn(others),
  superuser: status,
})

/** The same for anybody, signed in or not. */
export const open = (status: number): Operation['answers'] => ({
  ...signedIn(status),
  anonymous: status,
  inactive: status,
})

/** Members from `least` on are answered `status`, lower ones 403, outsiders 404. */
export function fromRole(least: 'guest' | 'developer' | 'maintainer' | 'owner', status: number) {
  const order = ['guest', 'developer', 'maintainer', 'owner'] as const
  const of = (role: (typeof order)[number]) => (order.indexOf(role) < order.indexOf(least) ? 403 : status)
  return byRole({
    guest: of('guest'),
    developer: of('developer'),
    maintainer: of('maintainer'),
    owner: of('owner'),
    superuser: status,
    outsider: 404,
  })
}
