import { aConnection } from './connect.ts'
import { byRole, fromRole, type Operations, signedIn, type World } from './operation.ts'

const made = async (world: World, path: string, body: object): Promise<number> => {
  const answer = await world.hub.as('owner').post(path, body)
  return answer.body.id
}

const aQueue = (world: World) =>
  made(world, '/v1/queues', { group_id: world.group.id, name: `queue ${world.next()}` })

const transferBody = async (world: World) => {
  const connection = await aConnection(world)
  return {
    group_id: world.group.id,
    queue_id: await aQueue(world),
    name: `transfer ${world.next()}`,
    source_connection_id: connection,
    target_connection_id: connection,
    source_params: { type: 'postgres', table_name: 'public.orders' },
    target_params: { type: 'postgres', table_name: 'public.copies' },
  }
}

const aTransfer = async (world: World) => made(world, '/v1/transfers', await transferBody(world))

/** Without `queued_at`, so that no worker takes it and each role meets the state that it is about. */
async function aRun(world: World, status: 'CREATED' | 'FINISHED'): Promise<number> {
  const [run] = await world.hub.sql<{ id: number }>(
    `insert into transfer.run (transfer_id, group_id, status, transfer_dump) values ($1, $2, $3, '{"name": "of a test"}')
     returning id::int`,
    [await aTransfer(world), world.group.id, status],
  )
  return run?.id ?? 0
}

const queue = async (world: World) => ({ path: `/v1/queues/${await aQueue(world)}` })
const transfer = async (world: World, more = '') => ({
  path: `/v1/transfers/${await aTransfer(world)}${more}`,
})
const run = async (world: World, more: string, status: 'CREATED' | 'FINISHED' = 'FINISHED') => ({
  path: `/v1/runs/${await aRun(world, status)}${more}`,
})

/** A group that the caller does not see is 403 here, as in SyncMaster. */
const intoTheGroup = (status: number) => ({ ...fromRole('developer', status), outsider: 403 })

export const TRANSFER: Operations = {
  'GET /v1/queues': {
    ask: ({ group }) => ({ path: `/v1/queues?group_id=${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/queues': {
    ask: (world) => ({
      path: '/v1/queues',
      body: { group_id: world.group.id, name: `queue ${world.next()}` },
    }),
    answers: fromRole('maintainer', 200),
  },
  'GET /v1/queues/{queue_id}': { ask: queue, answers: fromRole('guest', 200) },
  'PUT /v1/queues/{queue_id}': {
    ask: async (world) => ({ ...(await queue(world)), body: { name: 'another name' } }),
    answers: fromRole('maintainer', 200),
  },
  'DELETE /v1/queues/{queue_id}': { ask: queue, answers: fromRole('maintainer', 204) },

  'GET /v1/transfers': {
    ask: ({ group }) => ({ path: `/v1/transfers?group_id=${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/transfers': {
    ask: async (world) => ({ path: '/v1/transfers', body: await transferBody(world) }),
    answers: intoTheGroup(200),
  },
  // Nothing answers at the other end, so whoever may ask hears that, as 503.
  'POST /v1/transfers/explain': {
    ask: async (world) => ({ path: '/v1/transfers/explain', body: await transferBody(world) }),
    answers: intoTheGroup(503),
  },
  'GET /v1/transfers/{transfer_id}/explain': {
    ask: (world) => transfer(world, '/explain'),
    answers: fromRole('developer', 503),
  },
  'GET /v1/transfers/{transfer_id}': { ask: (world) => transfer(world), answers: fromRole('guest', 200) },
  'PUT /v1/transfers/{transfer_id}': {
    ask: async (world) => ({ ...(await transfer(world)), body: await transferBody(world) }),
    answers: fromRole('developer', 200),
  },
  'DELETE /v1/transfers/{transfer_id}': {
    ask: (world) => transfer(world),
    answers: fromRole('maintainer', 204),
  },
  'POST /v1/transfers/{transfer_id}/copy_transfer': {
    ask: async (world) => ({
      ...(await transfer(world, '/copy_transfer')),
      body: {
        new_group_id: world.group.id,
        new_queue_id: await aQueue(world),
        new_name: `copy ${world.next()}`,
        new_source_connection_name: `copy of connection ${world.next()}`,
      },
    }),
    answers: fromRole('developer', 200),
  },

  'POST /v1/schedules/preview': {
    ask: () => ({ path: '/v1/schedules/preview', body: { schedule: '0 3 * * *' } }),
    answers: signedIn(200),
  },

  'GET /v1/runs': {
    ask: async (world) => ({ path: `/v1/runs?transfer_id=${await aTransfer(world)}` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/runs': {
    ask: async (world) => ({ path: '/v1/runs', body: { transfer_id: await aTransfer(world) } }),
    answers: fromRole('developer', 200),
  },
  'GET /v1/runs/{run_id}': { ask: (world) => run(world, ''), answers: fromRole('guest', 200) },
  'POST /v1/runs/{run_id}/stop': {
    ask: (world) => run(world, '/stop', 'CREATED'),
    answers: fromRole('developer', 200),
  },
  'POST /v1/runs/{run_id}/retry': {
    ask: (world) => run(world, '/retry'),
    answers: fromRole('developer', 200),
  },
  'GET /v1/runs/{run_id}/log': { ask: (world) => run(world, '/log'), answers: fromRole('guest', 200) },
  'GET /v1/runs/{run_id}/events': {
    ask: (world) => run(world, '/events'),
    answers: byRole({
      guest: 200,
      developer: 200,
      maintainer: 200,
      owner: 200,
      superuser: 200,
      outsider: 404,
    }),
  },
}
