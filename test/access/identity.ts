import type { TestGroup } from '../harness/hub.ts'
import {
  byRole,
  fromRole,
  open,
  type Operations,
  type Role,
  signedIn,
  superusersOnly,
  type World,
} from './operation.ts'

const PASSWORD = 'long enough'

/** The user who asks, as the world knows it; of somebody who is not signed in, anybody. */
const self = (world: World, role: Role) => world.hub.user(role === 'anonymous' ? 'outsider' : role)

const aUser = (world: World, more: { password?: string } = {}) =>
  world.hub.createUser(`user${world.next()}`, more)

/** Another group with the same roles in it, to be changed or deleted. */
const aGroup = (world: World): Promise<TestGroup> =>
  world.hub.createGroup(`Group ${world.next()}`, {
    owner: 'owner',
    members: { guest: 'guest', developer: 'developer', maintainer: 'maintainer', inactive: 'guest' },
  })

const aMember = async (world: World): Promise<string> => {
  const user = await aUser(world)
  await world.hub.sql(
    `insert into identity.user_group (group_id, user_id, role_id) values ($1, $2, 'guest')`,
    [world.group.id, user.id],
  )
  return `/v1/groups/${world.group.id}/users/${user.id}`
}

/** An application of the asked user's own, or of the group. */
const anApplication = async (world: World, owner: { user_id: number } | { group_id: number }) => {
  const [column, id] = Object.entries(owner)[0] ?? []
  const [row] = await world.hub.sql<{ id: string }>(
    `insert into identity.application (${column}, name, type, secret_hash) values ($1, 'robot', 'all', '') returning id`,
    [id],
  )
  return `/v1/applications/${row?.id ?? ''}`
}

export const IDENTITY: Operations = {
  'GET /monitoring/ping': { ask: () => ({ path: '/monitoring/ping' }), answers: open(200) },
  'GET /monitoring/metrics': { ask: () => ({ path: '/monitoring/metrics' }), answers: open(200) },
  'GET /v1/auth/methods': { ask: () => ({ path: '/v1/auth/methods' }), answers: open(200) },
  'POST /v1/auth/token': {
    ask: async (world) => {
      const { username } = await aUser(world, { password: PASSWORD })
      return { path: '/v1/auth/token', form: { username, password: PASSWORD } }
    },
    answers: open(200),
  },
  'POST /v1/auth/session': {
    ask: async (world) => {
      const { username } = await aUser(world, { password: PASSWORD })
      return { path: '/v1/auth/session', body: { username, password: PASSWORD } }
    },
    answers: open(200),
  },
  'DELETE /v1/auth/session': { ask: () => ({ path: '/v1/auth/session' }), answers: signedIn(204) },
  // This world's hub has no provider: `oidc.test.ts` goes the whole way.
  'GET /v1/auth/login': { ask: () => ({ path: '/v1/auth/login' }), answers: open(404) },
  'GET /v1/auth/callback': { ask: () => ({ path: '/v1/auth/callback?code=x' }), answers: open(404) },
  'GET /v1/auth/logout': { ask: () => ({ path: '/v1/auth/logout' }), answers: signedIn(204) },
  'POST /v1/auth/link': { ask: () => ({ path: '/v1/auth/link', body: {} }), answers: signedIn(404) },
  'POST /v1/auth/setup': {
    ask: () => ({
      path: '/v1/auth/setup',
      body: { token: 'used up', username: 'first', password: PASSWORD },
    }),
    answers: open(410),
  },

  'GET /v1/auth/supabase': { ask: () => ({ path: '/v1/auth/supabase' }), answers: signedIn(200) },
  'POST /v1/auth/supabase': {
    ask: ({ group }) => ({ path: '/v1/auth/supabase', body: { group_id: group.id } }),
    answers: fromRole('guest', 200),
  },

  'GET /v1/users': { ask: () => ({ path: '/v1/users' }), answers: signedIn(200) },
  'POST /v1/users': {
    ask: (world) => ({ path: '/v1/users', body: { username: `made${world.next()}` } }),
    answers: superusersOnly(200),
  },
  'GET /v1/users/me': { ask: () => ({ path: '/v1/users/me' }), answers: signedIn(200) },
  'PUT /v1/users/me': {
    ask: () => ({ path: '/v1/users/me', body: { display_name: 'Me' } }),
    answers: signedIn(200),
  },
  'PUT /v1/users/me/password': {
    // With a wrong password: the right one would end the token that asks.
    ask: () => ({
      path: '/v1/users/me/password',
      body: { current_password: 'wrong', new_password: PASSWORD },
    }),
    answers: signedIn(400),
  },
  'POST /v1/users/me/revoke_sessions': {
    ask: () => ({ path: '/v1/users/me/revoke_sessions' }),
    answers: signedIn(204),
  },
  'GET /v1/users/{user_id}': {
    ask: async (world) => ({ path: `/v1/users/${(await aUser(world)).id}` }),
    answers: signedIn(200),
  },
  'PUT /v1/users/{user_id}': {
    ask: async (world) => ({ path: `/v1/users/${(await aUser(world)).id}`, body: { display_name: 'X' } }),
    answers: superusersOnly(200),
  },
  'DELETE /v1/users/{user_id}': {
    ask: async (world) => ({ path: `/v1/users/${(await aUser(world)).id}` }),
    answers: superusersOnly(204),
  },
  'PUT /v1/users/{user_id}/password': {
    ask: async (world) => ({
      path: `/v1/users/${(await aUser(world)).id}/password`,
      body: { new_password: PASSWORD },
    }),
    answers: superusersOnly(204),
  },

  'GET /v1/groups': { ask: () => ({ path: '/v1/groups' }), answers: signedIn(200) },
  'POST /v1/groups': {
    ask: (world) => ({ path: '/v1/groups', body: { name: `Made ${world.next()}`, description: '' } }),
    answers: signedIn(200),
  },
  'GET /v1/groups/{group_id}': {
    ask: ({ group }) => ({ path: `/v1/groups/${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'PUT /v1/groups/{group_id}': {
    ask: async (world) => {
      const group = await aGroup(world)
      const owner_id = world.hub.user('owner').id
      const body = { name: `Renamed ${world.next()}`, description: '', owner_id }
      return { path: `/v1/groups/${group.id}`, body }
    },
    answers: fromRole('owner', 200),
  },
  'DELETE /v1/groups/{group_id}': {
    ask: async (world) => ({ path: `/v1/groups/${(await aGroup(world)).id}` }),
    // SyncMaster: nobody but superusers is told whether the group is there.
    answers: superusersOnly(204),
  },
  'GET /v1/groups/{group_id}/users': {
    ask: ({ group }) => ({ path: `/v1/groups/${group.id}/users` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/groups/{group_id}/users/{user_id}': {
    ask: async (world) => ({
      path: `/v1/groups/${world.group.id}/users/${(await aUser(world)).id}`,
      body: { role: 'Guest' },
    }),
    answers: fromRole('owner', 204),
  },
  'PUT /v1/groups/{group_id}/users/{user_id}': {
    ask: async (world) => ({ path: await aMember(world), body: { role: 'Developer' } }),
    answers: fromRole('owner', 200),
  },
  'DELETE /v1/groups/{group_id}/users/{user_id}': {
    ask: async (world) => ({ path: await aMember(world) }),
    answers: fromRole('owner', 204),
  },

  'GET /v1/applications': {
    ask: ({ group }) => ({ path: `/v1/applications?group_id=${group.id}` }),
    answers: fromRole('maintainer', 200),
  },
  'POST /v1/applications': {
    ask: ({ group }) => ({
      path: '/v1/applications',
      body: { name: 'robot', type: 'all', group_id: group.id },
    }),
    answers: fromRole('maintainer', 200),
  },
  'GET /v1/applications/{application_id}': {
    ask: async (world) => ({ path: await anApplication(world, { group_id: world.group.id }) }),
    answers: hiddenBelowMaintainer(200),
  },
  'PUT /v1/applications/{application_id}': {
    ask: async (world) => ({
      path: await anApplication(world, { group_id: world.group.id }),
      body: { status: 'disabled' },
    }),
    answers: hiddenBelowMaintainer(200),
  },
  'DELETE /v1/applications/{application_id}': {
    ask: async (world) => ({ path: await anApplication(world, { group_id: world.group.id }) }),
    answers: hiddenBelowMaintainer(204),
  },
  'POST /v1/applications/{application_id}/rotate': {
    ask: async (world, role) => ({
      path: `${await anApplication(world, { user_id: self(world, role).id })}/rotate`,
    }),
    answers: signedIn(200),
  },

  'GET /v1/audit': {
    ask: ({ group }) => ({ path: `/v1/audit?group_id=${group.id}` }),
    answers: fromRole('maintainer', 200),
  },
}

/** What a group's guests and developers are not even shown. */
function hiddenBelowMaintainer(status: number) {
  const told = { maintainer: status, owner: status, superuser: status }
  return byRole({ guest: 404, developer: 404, outsider: 404, ...told })
}
