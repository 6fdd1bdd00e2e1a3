import { aConnection } from './connect.ts'
import { fromRole, type Operations, signedIn, type World } from './operation.ts'

const text = { content: 'Hello' }

async function aTemplate(world: World, more = ''): Promise<{ path: string }> {
  const body = { group_id: world.group.id, name: `template ${world.next()}`, ...text }
  const { body: made } = await world.hub.as('owner').post('/v1/templates', body)
  return { path: `/v1/templates/${made.id}${more}` }
}

async function anAccount(world: World): Promise<{ path: string }> {
  const body = {
    group_id: world.group.id,
    user_id: world.hub.user('guest').id,
    connection_id: await aConnection(world),
    account: 'guest@example.com',
  }
  const { body: made } = await world.hub.as('owner').post('/v1/accounts', body)
  return { path: `/v1/accounts/${made.id}` }
}

/** One that nobody sends for now. */
async function aTask(world: World, more = '', status = 0): Promise<{ path: string }> {
  const [row] = await world.hub.sql<{ id: string }>(
    `with m as (insert into notify.message (group_id, content) values ($1, 'Hello') returning id)
     insert into notify.task (group_id, message_id, user_id, status, due_at)
     select $1, id, $2, $3, now() + interval '1 day' from m returning id`,
    [world.group.id, world.hub.user('guest').id, status],
  )
  return { path: `/v1/tasks/${row?.id ?? ''}${more}` }
}

export const NOTIFY: Operations = {
  'POST /v1/notifications': {
    ask: ({ group, hub }) => ({
      path: '/v1/notifications',
      body: { group_id: group.id, text: 'Hello', to: [{ user: hub.user('guest').id }] },
    }),
    answers: fromRole('developer', 202),
  },
  'GET /v1/tasks': {
    ask: ({ group }) => ({ path: `/v1/tasks?group_id=${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'GET /v1/tasks/{task_id}': { ask: (world) => aTask(world), answers: fromRole('guest', 200) },
  'POST /v1/tasks/{task_id}/cancel': {
    ask: (world) => aTask(world, '/cancel'),
    answers: fromRole('developer', 200),
  },
  'POST /v1/tasks/{task_id}/replay': {
    ask: (world) => aTask(world, '/replay', 3),
    answers: fromRole('developer', 200),
  },
  'GET /v1/templates': {
    ask: ({ group }) => ({ path: `/v1/templates?group_id=${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/templates': {
    ask: (world) => ({
      path: '/v1/templates',
      body: { group_id: world.group.id, name: `template ${world.next()}`, ...text },
    }),
    answers: fromRole('developer', 200),
  },
  'POST /v1/templates/preview': {
    ask: () => ({ path: '/v1/templates/preview', body: text }),
    answers: signedIn(200),
  },
  'GET /v1/templates/{template_id}': { ask: (world) => aTemplate(world), answers: fromRole('guest', 200) },
  'PUT /v1/templates/{template_id}': {
    ask: async (world) => ({
      ...(await aTemplate(world)),
      body: { name: `template ${world.next()}`, ...text },
    }),
    answers: fromRole('developer', 200),
  },
  'DELETE /v1/templates/{template_id}': {
    ask: (world) => aTemplate(world),
    answers: fromRole('maintainer', 204),
  },
  'POST /v1/templates/{template_id}/preview': {
    ask: async (world) => ({ ...(await aTemplate(world, '/preview')), body: {} }),
    answers: fromRole('guest', 200),
  },
  'GET /v1/accounts': {
    ask: ({ group }) => ({ path: `/v1/accounts?group_id=${group.id}` }),
    answers: fromRole('guest', 200),
  },
  'POST /v1/accounts': {
    ask: async (world) => ({
      path: '/v1/accounts',
      body: {
        group_id: world.group.id,
        user_id: world.hub.user('guest').id,
        connection_id: await aConnection(world),
        account: 'guest@example.com',
      },
    }),
    answers: fromRole('developer', 200),
  },
  'GET /v1/accounts/{account_id}': { ask: (world) => anAccount(world), answers: fromRole('guest', 200) },
  'PUT /v1/accounts/{account_id}': {
    ask: async (world) => ({ ...(await anAccount(world)), body: { account: 'other@example.com' } }),
    answers: fromRole('developer', 200),
  },
  'DELETE /v1/accounts/{account_id}': {
    ask: (world) => anAccount(world),
    answers: fromRole('maintainer', 204),
  },
  'GET /v1/inbox': { ask: () => ({ path: '/v1/inbox' }), answers: signedIn(200) },
  'POST /v1/inbox/read': { ask: () => ({ path: '/v1/inbox/read' }), answers: signedIn(200) },
  // An inbox is its reader's alone: the guest's is not even a superuser's to see.
  'POST /v1/inbox/{item_id}/read': {
    ask: async ({ group, hub }) => {
      const [row] = await hub.sql<{ id: string }>(
        `insert into notify.inbox (group_id, user_id, content) values ($1, $2, 'Hello') returning id`,
        [group.id, hub.user('guest').id],
      )
      return { path: `/v1/inbox/${row?.id ?? ''}/read` }
    },
    answers: { ...signedIn(404), guest: 200 },
  },
}
