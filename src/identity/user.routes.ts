import { Type } from 'typebox'
import type { Database } from '#database'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { requirePerson } from './application.ts'
import { type Caller, requireSuperuser } from './caller.ts'
import type { SignInLimiter } from './sign-in/limiter.ts'
import { type SessionCookie } from './sign-in/session-cookie.ts'
import type { Tx } from './tables.ts'
import { DisplayName, Email, NewPassword, presentUser, Status, Username, UserRead } from './user.schema.ts'
import * as store from './user.store.ts'
import * as users from './user.ts'

const View = { view: Type.Optional(Type.Literal('full')) }
const UserPath = Type.Object({ user_id: Id })

export interface UserParts {
  db: Database
  limiter: SignInLimiter
  cookie: SessionCookie
}

export function addUserRoutes(app: Server, parts: UserParts): void {
  const { db } = parts
  const tags = ['users']
  addOwnRoutes(app, parts)

  app.get(
    '/v1/users',
    {
      schema: {
        tags,
        summary: 'List users; others than superusers see the active ones',
        querystring: Type.Object({
          ...PageQuery,
          sort: SortQuery(Object.keys(store.USER_SORT_FULL)),
          search_query: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
          status: Type.Optional(Status),
          ...View,
        }),
        response: { 200: PageOf(UserRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const search = query.search_query?.trim() || null
        const activeOnly = !caller.isSuperuser
        const found = await store.listUsers(tx, { ...query, search, activeOnly })
        return pageOf(
          query,
          found.total,
          found.users.map((user) => presentUser(user, viewOf(caller, user.id, query.view))),
        )
      }),
  )

  app.post(
    '/v1/users',
    {
      schema: {
        tags,
        summary: 'Make a user (superusers)',
        querystring: Type.Object(View),
        body: Type.Object({
          username: Username,
          password: Type.Optional(NewPassword),
          email: Type.Optional(Email),
          display_name: Type.Optional(DisplayName),
          is_superuser: Type.Optional(Type.Boolean()),
        }),
        response: { 200: UserRead },
      },
    },
    async ({ caller, body, query }) => {
      requireSuperuser(caller)
      const user = await users.createUser(db, caller, body)
      return presentUser(user, viewOf(caller, user.id, query.view))
    },
  )

  app.get(
    '/v1/users/:user_id',
    {
      schema: {
        tags,
        summary: 'Read a user',
        params: UserPath,
        querystring: Type.Object(View),
        response: { 200: UserRead },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: Tx) =>
        presentUser(await users.existingUser(tx, params.user_id), viewOf(caller, params.user_id, query.view)),
      ),
  )

  app.put(
    '/v1/users/:user_id',
    {
      schema: {
        tags,
        summary: 'Change a user (superusers); what is left out stays',
        params: UserPath,
        querystring: Type.Object(View),
        body: Type.Object({
          email: Type.Optional(Email),
          display_name: Type.Optional(DisplayName),
          is_superuser: Type.Optional(Type.Boolean()),
          status: Type.Optional(Status),
        }),
        response: { 200: UserRead },
      },
    },
    async ({ caller, params, body, query }) => {
      await requireVisible(db, caller, params.user_id)
      requireSuperuser(caller)
      const user = await users.updateUser(db, caller, params.user_id, body)
      return presentUser(user, viewOf(caller, user.id, query.view))
    },
  )

  app.delete(
    '/v1/users/:user_id',
    {
      schema: {
        tags,
        summary: 'Close a user (superusers): signed out for good, without name, rights and applications',
        params: UserPath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      await requireVisible(db, caller, params.user_id)
      requireSuperuser(caller)
      await users.closeUser(db, caller, params.user_id)
      return reply.status(204).send(null)
    },
  )

  app.put(
    '/v1/users/:user_id/password',
    {
      schema: {
        tags,
        summary: 'Set the password of a user (superusers); the user is signed out everywhere',
        params: UserPath,
        body: Type.Object({ new_password: NewPassword }),
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params, body }, reply) => {
      await requireVisible(db, caller, params.user_id)
      requireSuperuser(caller)
      await users.setPassword(db, caller, { id: params.user_id, password: body.new_password })
      return reply.status(204).send(null)
    },
  )
}

function addOwnRoutes(app: Server, { db, limiter, cookie }: UserParts): void {
  const tags = ['users']

  app.get(
    '/v1/users/me',
    {
      schema: {
        tags,
        summary: 'Read oneself',
        querystring: Type.Object(View),
        response: { 200: UserRead },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const user = await store.findUser(tx, caller.userId)
        // A group's application acts as the group's system user, which has no name to sign in with.
        if (user === undefined) {
          return { id: caller.userId, username: caller.username, is_superuser: caller.isSuperuser }
        }
        if (query.view !== 'full') return presentUser(user, 'plain')
        const personal_group_id = await store.personalGroupId(tx, user.id)
        return { ...presentUser(user, 'private'), personal_group_id }
      }),
  )

  app.put(
    '/v1/users/me',
    {
      schema: {
        tags,
        summary: 'Change one’s own e-mail address and shown name; what is left out stays',
        querystring: Type.Object(View),
        body: Type.Object({ email: Type.Optional(Email), display_name: Type.Optional(DisplayName) }),
        response: { 200: UserRead },
      },
    },
    async ({ caller, body, query }) => {
      const user = await users.updateUser(db, caller, caller.userId, body)
      return presentUser(user, viewOf(caller, user.id, query.view))
    },
  )

  app.put(
    '/v1/users/me/password',
    {
      schema: {
        tags,
        summary: 'Change one’s own password; every other session and every token ends',
        body: Type.Object({
          current_password: Type.String({ maxLength: 1024, writeOnly: true }),
          new_password: NewPassword,
        }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { caller, body, ip } = request
      requirePerson(caller)
      const keep =
        caller.by.kind === 'session'
          ? { userId: caller.userId, address: ip, agent: request.headers['user-agent'] ?? null }
          : null
      const change = { current: body.current_password, next: body.new_password, keep }
      const session = await users.changeOwnPassword(db, caller, limiter, change)
      if (session !== null) cookie.set(reply, session)
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/v1/users/me/revoke_sessions',
    {
      schema: {
        tags,
        summary: 'End every session and token of one’s own, this one included',
        response: { 204: Type.Null() },
      },
    },
    async ({ caller }, reply) => {
      await users.revokeSessions(db, caller, caller.userId)
      cookie.clear(reply)
      return reply.status(204).send(null)
    },
  )
}

async function requireVisible(db: Database, caller: Caller, id: number): Promise<void> {
  await db.withCaller(caller, (tx: Tx) => users.existingUser(tx, id))
}

function viewOf(caller: Caller, userId: number, view: 'full' | undefined): 'plain' | 'public' | 'private' {
  if (view !== 'full') return 'plain'
  return caller.isSuperuser || caller.userId === userId ? 'private' : 'public'
}
