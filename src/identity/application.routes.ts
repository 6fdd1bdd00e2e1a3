import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import * as applications from './application.ts'
import { type Application, APPLICATION_SORT, listApplications } from './application.store.ts'
import type { Tx } from './tables.ts'

const ApplicationPath = Type.Object({ application_id: Id })

const Name = Type.String({ minLength: 1, maxLength: 128 })
const ApplicationType = Type.Enum(['read_only', 'publish', 'all'])
const Status = Type.Enum(['enabled', 'disabled'])
const Description = Type.String({ maxLength: 127 })
const Scopes = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 64 })
const Time = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])

const ApplicationFields = {
  id: Type.Integer(),
  appid: Type.String(),
  name: Type.String(),
  type: ApplicationType,
  status: Status,
  description: Type.String(),
  scopes: Type.Array(Type.String()),
  user_id: Type.Union([Type.Integer(), Type.Null()]),
  group_id: Type.Union([Type.Integer(), Type.Null()]),
  expires_at: Time,
  used_at: Time,
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
}
const ApplicationRead = Type.Object(ApplicationFields)
const Secret = Type.String({ description: 'Shown this once: `xt_<id>_<secret>`' })

const NewApplication = Type.Object(
  {
    name: Name,
    type: ApplicationType,
    user: Type.Optional(Type.Boolean()),
    group_id: Type.Optional(Type.Union([Id, Type.Null()])),
    description: Type.String({ maxLength: 127, default: '' }),
    scopes: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 64, default: [] }),
    expires_at: Type.Optional(Time),
  },
  {
    check: (body: { user?: boolean; group_id?: number | null }) =>
      body.user === true && typeof body.group_id === 'number'
        ? 'An application belongs to oneself or to a group, not to both'
        : null,
  },
)

export function addApplicationRoutes(app: Server, db: Database): void {
  const tags = ['applications']

  app.get(
    '/v1/applications',
    {
      schema: {
        tags,
        summary: 'List one’s own applications, or a group’s (its maintainers)',
        querystring: Type.Object({
          ...PageQuery,
          sort: SortQuery(Object.keys(APPLICATION_SORT)),
          group_id: Type.Optional(Id),
        }),
        response: { 200: PageOf(ApplicationRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const { group_id } = query
        if (group_id !== undefined) await applications.administeredGroup(tx, caller, group_id)
        const owner = group_id === undefined ? { user_id: caller.userId } : { group_id }
        const found = await listApplications(tx, owner, query)
        return pageOf(query, found.total, found.applications.map(present))
      }),
  )

  app.post(
    '/v1/applications',
    {
      schema: {
        tags,
        summary: 'Make an application of one’s own or of a group; its secret is shown this once',
        body: NewApplication,
        response: { 200: Type.Object({ ...ApplicationFields, secret: Secret }) },
      },
    },
    async ({ caller, body }) => {
      applications.requirePerson(caller)
      const { name, type, group_id, description, scopes } = body
      const made = await applications.createApplication(db, caller, {
        name,
        type,
        description,
        scopes,
        status: 'enabled',
        expires_at: timeOf(body.expires_at ?? null),
        owner: typeof group_id === 'number' ? { group_id } : { user_id: caller.userId },
      })
      return { ...present(made), secret: made.secret }
    },
  )

  app.get(
    '/v1/applications/:application_id',
    {
      schema: {
        tags,
        summary: 'Read an application',
        params: ApplicationPath,
        response: { 200: ApplicationRead },
      },
    },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) =>
        present(await applications.existingApplication(tx, params.application_id)),
      ),
  )

  app.put(
    '/v1/applications/:application_id',
    {
      schema: {
        tags,
        summary: 'Change an application; what is left out stays. A disabled one is refused at once',
        params: ApplicationPath,
        body: Type.Object({
          name: Type.Optional(Name),
          type: Type.Optional(ApplicationType),
          status: Type.Optional(Status),
          description: Type.Optional(Description),
          scopes: Type.Optional(Scopes),
          expires_at: Type.Optional(Time),
        }),
        response: { 200: ApplicationRead },
      },
    },
    async ({ caller, params, body }) => {
      applications.requirePerson(caller)
      const { expires_at, ...rest } = body
      const change = { ...rest, ...(expires_at === undefined ? {} : { expires_at: timeOf(expires_at) }) }
      return present(await applications.updateApplication(db, caller, params.application_id, change))
    },
  )

  app.delete(
    '/v1/applications/:application_id',
    {
      schema: {
        tags,
        summary: 'Delete an application; its secret ends at once',
        params: ApplicationPath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      applications.requirePerson(caller)
      await applications.deleteApplication(db, caller, params.application_id)
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/v1/applications/:application_id/rotate',
    {
      schema: {
        tags,
        summary: 'Give an application a new secret; the old one ends at once',
        params: ApplicationPath,
        response: { 200: Type.Object({ secret: Secret }) },
      },
    },
    async ({ caller, params }) => {
      applications.requirePerson(caller)
      return { secret: await applications.rotateSecret(db, caller, params.application_id) }
    },
  )
}

const timeOf = (text: string | null): Date | null => (text === null ? null : new Date(text))

function present(application: Application): Static<typeof ApplicationRead> {
  const { expires_at, used_at, created_at, updated_at } = application
  return {
    id: application.id,
    appid: application.appid,
    name: application.name,
    type: application.type,
    status: application.status,
    description: application.description,
    scopes: application.scopes,
    user_id: application.user_id,
    group_id: application.group_id,
    expires_at: expires_at?.toISOString() ?? null,
    used_at: used_at?.toISOString() ?? null,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}
