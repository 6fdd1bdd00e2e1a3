import { Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, offsetOf, PageOf, pageOf, PageQuery, type Server } from '#http'
import { findCatalog, findNewestCatalog, type FullCatalog, listCatalogs } from './catalog.store.ts'
import { ConnectionPath } from './connection.routes.ts'
import { visibleConnection } from './connection.ts'
import type { Tx } from './connection.store.ts'
import { findFiles } from './file.store.ts'

const Version = {
  version: Type.Integer(),
  sync_id: Type.Union([Type.Integer(), Type.Null()]),
  change: Type.Enum(['first', 'non_breaking', 'breaking']),
  tables: Type.Integer(),
  created_at: Type.String({ format: 'date-time' }),
}

const Table = Type.Object({
  name: Type.String(),
  kind: Type.Enum(['table', 'view']),
  columns: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.String(),
      nullable: Type.Boolean(),
      primary_key: Type.Boolean(),
    }),
  ),
  rows: Type.Optional(Type.Integer({ description: 'An estimate of the time of this version.' })),
})

const Change = Type.Object({
  kind: Type.Enum(['added', 'updated', 'deleted']),
  item: Type.String(),
  note: Type.Optional(Type.String()),
  breaking: Type.Optional(Type.Boolean()),
})

const Full = Type.Object({ ...Version, catalog: Type.Array(Table), diff: Type.Array(Change) })
const VersionPath = Type.Object({
  connection_id: Id,
  version: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }),
})

const File = Type.Object({
  path: Type.String(),
  size_bytes: Type.Integer(),
  modified_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  etag: Type.Union([Type.String(), Type.Null()]),
})

export function addCatalogRoutes(app: Server, db: Database): void {
  const tags = ['syncs']

  app.get(
    '/v1/connections/:connection_id/catalogs',
    {
      schema: {
        tags,
        summary: "List the versions of a database's tables, newest first",
        params: ConnectionPath,
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(Type.Object(Version)) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { id } = await visibleConnection(tx, params.connection_id)
        const { total, found } = await listCatalogs(tx, { ...query, connectionId: id })
        return pageOf(
          query,
          total,
          found.map((one) => ({ ...one, created_at: one.created_at.toISOString() })),
        )
      }),
  )

  app.get(
    '/v1/connections/:connection_id/catalogs/:version',
    {
      schema: {
        tags,
        summary: 'Read the tables and columns of a version, and what changed with it; 0 is the newest',
        params: VersionPath,
        response: { 200: Full },
      },
    },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { id } = await visibleConnection(tx, params.connection_id)
        const found =
          params.version === 0 ? await findNewestCatalog(tx, id) : await findCatalog(tx, id, params.version)
        if (found === undefined) {
          throw new Fault('not_found', 'connect.catalog_missing', 'Catalog version not found')
        }
        return presentFull(found)
      }),
  )

  app.get(
    '/v1/connections/:connection_id/files',
    {
      schema: {
        tags,
        summary: 'List the files of a store as its last sync found them',
        params: ConnectionPath,
        querystring: Type.Object({
          ...PageQuery,
          search_query: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
        }),
        response: { 200: PageOf(File) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { id } = await visibleConnection(tx, params.connection_id)
        const { total, found } = await findFiles(tx, {
          connectionId: id,
          search: query.search_query ?? null,
          limit: query.page_size,
          offset: offsetOf(query),
        })
        return pageOf(
          query,
          total,
          found.map((file) => ({ ...file, modified_at: file.modified_at?.toISOString() ?? null })),
        )
      }),
  )
}

function presentFull({ version, sync_id, change, tables, created_at, catalog, diff }: FullCatalog) {
  return { version, sync_id, change, tables, created_at: created_at.toISOString(), catalog, diff }
}
