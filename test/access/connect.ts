import { byRole, fromRole, type Operations, signedIn, type World } from './operation.ts'

/** Nothing answers there, so whoever may ask the other system hears that, as 503. */
const nowhere = (world: World) => ({
  name: `connection ${world.next()}`,
  description: '',
  type: 'postgres',
  connection_data: { host: '127.0.0.1', port: 1, database_name: 'nothing' },
  auth_data: { type: 'basic', user: 'nobody', password: 'of no use' },
})

export async function aConnection(world: World, groupId = world.group.id): Promise<number> {
  const body = { group_id: groupId, ...nowhere(world) }
  const { body: made } = await world.hub.as('owner').post('/v1/connections', body)
  return made.id
}

const at = async (world: World, more = '') => ({ path: `/v1/connections/${await aConnection(world)}${more}` })

export const CONNECT: Operations = {
  'GET /v1/providers': { ask: () => ({ path: '/v1/providers' }), answers: signedIn(200) },
  'GET /v1/connections/known_types': {
    ask: () => ({ path: '/v1/connections/known_types' }),
    answers: signedIn(200),
  },
  'GET /v1/connections': {
    ask: ({ group }) => ({ path: `/v1/connections?group_id=${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/connections': {
    ask: (world) => ({ path: '/v1/connections', body: { group_id: world.group.id, ...nowhere(world) } }),
    answers: fromRole('developer', 200),
  },
  'GET /v1/connections/{connection_id}': { ask: (world) => at(world), answers: fromRole('guest', 200) },
  'PUT /v1/connections/{connection_id}': {
    ask: async (world) => ({ ...(await at(world)), body: { group_id: world.group.id, ...nowhere(world) } }),
    answers: fromRole('developer', 200),
  },
  'DELETE /v1/connections/{connection_id}': {
    ask: (world) => at(world),
    answers: fromRole('maintainer', 204),
  },
  // Into the caller's own personal group, so that the right on the source decides alone.
  'POST /v1/connections/{connection_id}/copy_connection': {
    ask: async (world, role) => {
      const to = world.hub.user(role === 'anonymous' ? 'outsider' : role).personalGroupId
      return { ...(await at(world, '/copy_connection')), body: { new_group_id: to } }
    },
    answers: fromRole('guest', 200),
  },
  'POST /v1/connections/test': {
    ask: (world) => ({ path: '/v1/connections/test', body: nowhere(world) }),
    answers: signedIn(200),
  },
  'POST /v1/connections/{connection_id}/test': {
    ask: (world) => at(world, '/test'),
    answers: fromRole('developer', 200),
  },
  'GET /v1/connections/{connection_id}/browse': {
    ask: (world) => at(world, '/browse'),
    answers: fromRole('developer', 503),
  },
  'GET /v1/connections/{connection_id}/columns': {
    ask: (world) => at(world, '/columns?path=public.orders'),
    answers: byRole({
      guest: 403,
      developer: 503,
      maintainer: 503,
      owner: 503,
      superuser: 503,
      outsider: 404,
    }),
  },
}
