import { byRole, fromRole, open, type Operations, signedIn, type World } from './operation.ts'

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

/** A sync of a connection of the group, in a state that nobody changes. */
async function aSync(world: World, more = '', state = 'succeeded'): Promise<{ path: string }> {
  const connection = await aConnection(world)
  const [row] = await world.hub.sql<{ id: string }>(
    `insert into connect.sync (connection_id, group_id, "trigger", state, lease_owner, lease_until)
     values ($1, $2, 'manual', $3, gen_random_uuid(), now() + interval '1 day') returning id`,
    [connection, world.group.id, state],
  )
  return { path: `/v1/syncs/${row?.id ?? ''}${more}` }
}

async function aCatalog(world: World): Promise<{ path: string }> {
  const connection = await aConnection(world)
  await world.hub.sql(
    `insert into connect.catalog_version (connection_id, group_id, version, change, hash, tables, catalog)
     values ($1, $2, 1, 'first', '', 0, '[]')`,
    [connection, world.group.id],
  )
  return { path: `/v1/connections/${connection}/catalogs/1` }
}

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

  'POST /v1/connections/{connection_id}/sync': {
    ask: (world) => at(world, '/sync'),
    answers: fromRole('developer', 200),
  },
  'GET /v1/connections/{connection_id}/syncs': {
    ask: (world) => at(world, '/syncs'),
    answers: fromRole('guest', 200),
  },
  'GET /v1/syncs/{sync_id}': { ask: (world) => aSync(world), answers: fromRole('guest', 200) },
  'GET /v1/syncs/{sync_id}/changes': {
    ask: (world) => aSync(world, '/changes'),
    answers: fromRole('guest', 200),
  },
  'POST /v1/syncs/{sync_id}/stop': {
    ask: (world) => aSync(world, '/stop', 'running'),
    answers: fromRole('developer', 200),
  },
  'GET /v1/connections/{connection_id}/schedule': {
    ask: (world) => at(world, '/schedule'),
    answers: fromRole('guest', 200),
  },
  'PUT /v1/connections/{connection_id}/schedule': {
    ask: async (world) => ({ ...(await at(world, '/schedule')), body: { type: 'manual' } }),
    answers: fromRole('developer', 200),
  },
  'PUT /v1/connections/{connection_id}/status': {
    ask: async (world) => ({ ...(await at(world, '/status')), body: { status: 'inactive' } }),
    answers: fromRole('developer', 200),
  },
  // It signs in by a password, so whoever may begin hears that there is nothing to begin.
  'POST /v1/connections/{connection_id}/oauth/authorize': {
    ask: (world) => at(world, '/oauth/authorize'),
    answers: fromRole('developer', 400),
  },
  // Nobody has begun a sign-in.
  'GET /v1/oauth/callback': {
    ask: () => ({ path: '/v1/oauth/callback?state=x&code=y' }),
    answers: signedIn(400),
  },
  'GET /v1/connections/{connection_id}/health': {
    ask: (world) => at(world, '/health'),
    answers: fromRole('guest', 200),
  },
  'GET /v1/connections/{connection_id}/hook_calls': {
    ask: (world) => at(world, '/hook_calls'),
    answers: fromRole('maintainer', 200),
  },
  'GET /v1/connections/{connection_id}/catalogs': {
    ask: (world) => at(world, '/catalogs'),
    answers: fromRole('guest', 200),
  },
  'GET /v1/connections/{connection_id}/catalogs/{version}': {
    ask: (world) => aCatalog(world),
    answers: fromRole('guest', 200),
  },
  'GET /v1/connections/{connection_id}/files': {
    ask: (world) => at(world, '/files'),
    answers: fromRole('guest', 200),
  },
  // Nobody is told whether there is a connector before the call is proved.
  'POST /hooks/{connector_id}': {
    ask: () => ({ path: '/hooks/00000000-0000-4000-8000-000000000000', body: {} }),
    answers: open(404),
  },
}
