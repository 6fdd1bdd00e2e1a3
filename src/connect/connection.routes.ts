import { type Static, Type } from 'typebox'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { visibleGroup } from '#identity'
import { type ConnectionBody, connectionBodies } from './connection.body.ts'
import {
  changeConnection,
  type ConnectionRules,
  copyConnection,
  createConnection,
  removeConnection,
  visibleConnection,
} from './connection.ts'
import { type Connection, CONNECTION_SORT, listConnections, type Tx } from './connection.store.ts'
import { secretsOf } from './credentials.ts'
import { HealthRead, HealthState, presentHealth } from './health.read.ts'
import type { Providers } from './manifests.ts'

const View = { view: Type.Optional(Type.Literal('full')) }
export const ConnectionPath = Type.Object({ connection_id: Id })
/** SyncMaster's clients know these, and would not know what to do with another. */
const SYNCMASTERS_TYPES = [
  'postgres',
  'hive',
  'iceberg',
  'oracle',
  'clickhouse',
  'mssql',
  'mysql',
  's3',
  'hdfs',
  'sftp',
  'ftp',
  'ftps',
  'webdav',
  'samba',
]
const Values = Type.Record(Type.String(), Type.Unknown())

const ConnectionRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  name: Type.String(),
  description: Type.String(),
  type: Type.String(),
  connection_data: Values,
  auth_data: Type.Union([Values, Type.Null()], { description: 'What may be read back: never a secret.' }),
  uuid: Type.Optional(Type.String()),
  connector_type: Type.Optional(Type.String()),
  status: Type.Optional(Type.String()),
  last_synced_at: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  secrets: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({ set: Type.Boolean(), updated_at: Type.Union([Type.String(), Type.Null()]) }),
    ),
  ),
  health: Type.Optional(HealthRead),
  last_sync: Type.Optional(
    Type.Union([
      Type.Object({
        id: Type.Integer(),
        state: Type.String(),
        queued_at: Type.String({ format: 'date-time' }),
        ended_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
      }),
      Type.Null(),
    ]),
  ),
  schedule: Type.Optional(Type.Unknown()),
  next_sync_at: Type.Optional(Type.Union([Type.String({ format: 'date-time' }), Type.Null()])),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
  updated_at: Type.Optional(Type.String({ format: 'date-time' })),
})

/** Whoever asks by what SyncMaster does not have is no client of it. */
function isOfOurs({ view, health }: { view?: 'full'; health?: unknown }): boolean {
  return view === 'full' || (health ?? null) !== null
}

export function addConnectionRoutes(app: Server, rules: ConnectionRules): void {
  const { db, providers } = rules
  const types = providers.all.map(({ provider }) => provider)
  const { CreateBody, UpdateBody } = connectionBodies(providers.all)
  const shown = present.bind(null, providers)
  const tags = ['connections']

  app.get(
    '/v1/connections',
    {
      schema: {
        tags,
        summary:
          'List the connections of a group; types that SyncMaster does not know with view=full, or when asked by type or health',
        querystring: Type.Object({
          group_id: Id,
          ...PageQuery,
          sort: SortQuery(Object.keys(CONNECTION_SORT)),
          type: Type.Optional(Type.Union([Type.Array(Type.Enum(types)), Type.Null()])),
          health: Type.Optional(Type.Union([Type.Array(HealthState), Type.Null()])),
          search_query: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
          ...View,
        }),
        response: { 200: PageOf(ConnectionRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const [, { total, found }] = await Promise.all([
          visibleGroup(tx, query.group_id),
          listConnections(tx, {
            ...query,
            groupId: query.group_id,
            types: query.type ?? (isOfOurs(query) ? [] : SYNCMASTERS_TYPES),
            states: query.health ?? [],
            search: query.search_query ?? null,
          }),
        ])
        return pageOf(
          query,
          total,
          found.map((connection) => shown(connection, query.view)),
        )
      }),
  )

  app.get(
    '/v1/connections/known_types',
    {
      schema: {
        tags,
        summary: "List the types of connections: SyncMaster's, and with view=full all",
        querystring: Type.Object(View),
        response: { 200: Type.Array(Type.String()) },
      },
    },
    async ({ query }) => (query.view === 'full' ? types : SYNCMASTERS_TYPES),
  )

  app.post(
    '/v1/connections',
    {
      schema: {
        tags,
        summary: 'Make a connection; its secrets are sealed and never read back',
        querystring: Type.Object(View),
        body: CreateBody,
        response: { 200: ConnectionRead },
      },
    },
    async ({ caller, body, query }) => {
      // Every member of the union is made by `bodySchema`, so it holds these fields.
      const given = body as unknown as ConnectionBody
      const made = await db.withCaller(caller, (tx: Tx, afterCommit) =>
        createConnection(rules, { tx, afterCommit, caller }, given),
      )
      return shown(made, query.view)
    },
  )

  app.get(
    '/v1/connections/:connection_id',
    {
      schema: {
        tags,
        summary: 'Read a connection',
        params: ConnectionPath,
        querystring: Type.Object(View),
        response: { 200: ConnectionRead },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) =>
        shown(await visibleConnection(tx, params.connection_id), query.view),
      ),
  )

  app.put(
    '/v1/connections/:connection_id',
    {
      schema: {
        tags,
        summary: 'Change a connection; a secret that is left out stays',
        params: ConnectionPath,
        querystring: Type.Object(View),
        body: UpdateBody,
        response: { 200: ConnectionRead },
      },
    },
    async ({ caller, params, body, query }) => {
      // Every member of the union is made by `bodySchema`, so it holds these fields.
      const given = body as unknown as ConnectionBody
      const changed = await db.withCaller(caller, (tx: Tx, afterCommit) =>
        changeConnection(rules, { tx, afterCommit, caller }, params.connection_id, given),
      )
      return shown(changed, query.view)
    },
  )

  app.delete(
    '/v1/connections/:connection_id',
    {
      schema: {
        tags,
        summary: 'Delete a connection that no transfer uses',
        params: ConnectionPath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      await db.withCaller(caller, (tx: Tx, afterCommit) =>
        removeConnection(rules, { tx, afterCommit, caller }, params.connection_id),
      )
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/v1/connections/:connection_id/copy_connection',
    {
      schema: {
        tags,
        summary: 'Copy a connection to a group, without its credentials',
        params: ConnectionPath,
        querystring: Type.Object(View),
        body: Type.Object({
          new_group_id: Id,
          new_name: Type.Optional(Type.Union([Type.String({ minLength: 3, maxLength: 128 }), Type.Null()])),
          remove_source: Type.Boolean({ default: false }),
        }),
        response: { 200: ConnectionRead },
      },
    },
    async ({ caller, params, body, query }) => {
      const made = await db.withCaller(caller, (tx: Tx, afterCommit) =>
        copyConnection(rules, { tx, afterCommit, caller }, params.connection_id, body),
      )
      return shown(made, query.view)
    },
  )
}

function present(
  providers: Providers,
  connection: Connection,
  view: 'full' | undefined,
): Static<typeof ConnectionRead> {
  const { id, group_id, name, description, provider, config, auth_shown, uuid, connector_type, status } =
    connection
  const plain = {
    id,
    group_id,
    name,
    description,
    type: provider,
    connection_data: config,
    auth_data: auth_shown,
  }
  if (view !== 'full') return plain
  return {
    ...plain,
    uuid,
    connector_type,
    status,
    last_synced_at: connection.last_synced_at?.toISOString() ?? null,
    secrets: secretsOf(providers, connection),
    health: presentHealth(connection.health),
    last_sync: presentLastSync(connection.last_sync),
    schedule: connection.schedule,
    next_sync_at: connection.next_sync,
    created_at: connection.created_at.toISOString(),
    updated_at: connection.updated_at.toISOString(),
  }
}

function presentLastSync(sync: Connection['last_sync']) {
  if (sync === null) return null
  const { id, state, queued_at: queued, ended_at: ended } = sync
  return {
    id,
    state,
    queued_at: new Date(queued).toISOString(),
    ended_at: ended === null ? null : new Date(ended).toISOString(),
  }
}
