import { type Static, Type } from 'typebox'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server, SortQuery } from '#http'
import { audit } from './audit.ts'
import { type Caller, levelIn, requireLevel, requireSuperuser } from './caller.ts'
import { createGroup, keepsItsName, requireOwner, SLUG_PATTERN, slugProblem, visibleGroup } from './group.ts'
import * as store from './group.store.ts'
import { memberRole, ROLE_NAMES, roleOfLevel } from './roles.ts'
import { existingUser, userMissing } from './user.ts'

const View = { view: Type.Optional(Type.Literal('full')) }
const Name = Type.String({ minLength: 3, maxLength: 128 })
const GroupPath = Type.Object({ group_id: Id })
const MemberPath = Type.Object({ group_id: Id, user_id: Id })

const GroupBody = {
  name: Name,
  description: Type.String({ maxLength: 512 }),
}

const GroupRead = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  description: Type.String(),
  owner_id: Type.Integer(),
  uuid: Type.Optional(Type.String()),
  slug: Type.Optional(Type.String()),
  personal: Type.Optional(Type.Boolean()),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
})
const RoleRead = Type.Enum(['Guest', 'Developer', 'Maintainer', 'Owner', 'Superuser'])
const GroupWithRole = Type.Object({ data: GroupRead, role: RoleRead })
const MemberRead = Type.Object({ id: Type.Integer(), username: Type.String(), role: RoleRead })

/** Pydantic puts this one at the body itself, with the whole body as input. */
const MemberBody = Type.Object(
  { role: Type.String() },
  {
    check: (body: { role: string }) =>
      memberRole(body.role) === null ? 'Input should be one of: Maintainer, Developer, Guest' : null,
  },
)

export function addGroupRoutes(app: Server, db: Database): void {
  const tags = ['groups']

  app.get(
    '/v1/groups',
    {
      schema: {
        tags,
        summary: 'List groups that the caller may see',
        querystring: Type.Object({
          ...PageQuery,
          sort: SortQuery(Object.keys(store.GROUP_SORT)),
          role: Type.Optional(RoleRead),
          search_query: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
          personal: Type.Boolean({ default: false }),
          ...View,
        }),
        response: { 200: PageOf(GroupWithRole) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: store.Tx) => {
        const { total, groups } = await store.listGroups(tx, {
          ...query,
          search: query.search_query ?? null,
          ids: idsWithRole(caller, query.role),
          ownerFirst: caller.isSuperuser ? null : caller.userId,
        })
        return pageOf(
          query,
          total,
          groups.map((group) => withRole(caller, group, query.view)),
        )
      }),
  )

  app.post(
    '/v1/groups',
    {
      schema: {
        tags,
        summary: 'Make a group; the caller owns it',
        querystring: Type.Object(View),
        body: Type.Object({
          ...GroupBody,
          slug: Type.Optional(Type.String({ pattern: SLUG_PATTERN, check: slugProblem })),
          owner_id: Type.Optional(Id),
        }),
        response: { 200: GroupRead },
      },
    },
    async ({ caller, body, query }) => {
      if (body.owner_id !== undefined && body.owner_id !== caller.userId) requireSuperuser(caller)
      const group = await createGroup(db, caller, { ...body, ownerId: body.owner_id ?? caller.userId })
      return present(group, query.view)
    },
  )

  app.get(
    '/v1/groups/:group_id',
    {
      schema: {
        tags,
        summary: 'Read a group',
        params: GroupPath,
        querystring: Type.Object(View),
        response: { 200: GroupWithRole },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: store.Tx) =>
        withRole(caller, await visibleGroup(tx, params.group_id), query.view),
      ),
  )

  app.put(
    '/v1/groups/:group_id',
    {
      schema: {
        tags,
        summary: 'Change name, description or owner of a group',
        params: GroupPath,
        querystring: Type.Object(View),
        body: Type.Object({ ...GroupBody, owner_id: Id }),
        response: { 200: GroupRead },
      },
    },
    async ({ caller, params, body, query }) =>
      db.withCaller(caller, async (tx: store.Tx) => {
        const before = await visibleGroup(tx, params.group_id)
        requireLevel(levelIn(caller, before.id), 'owner')
        if (body.owner_id !== before.owner_id) await requireOwner(tx, before, body.owner_id)
        const after = { name: body.name, description: body.description, ownerId: body.owner_id }
        const group = await keepsItsName(() => store.updateGroup(tx, before, after))
        await audit(tx, caller, {
          action: 'group.update',
          groupId: group.id,
          objectId: group.id,
          objectName: group.name,
          details: { before: { name: before.name, owner_id: before.owner_id }, after: body },
        })
        return present(group, query.view)
      }),
  )

  app.delete(
    '/v1/groups/:group_id',
    {
      schema: {
        tags,
        summary: 'Delete a group and everything in it',
        params: GroupPath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      // SyncMaster: 403 to everybody but superusers, whether the group is there or not.
      requireSuperuser(caller)
      await db.withCaller(caller, async (tx: store.Tx) => {
        const group = await visibleGroup(tx, params.group_id)
        if (group.personal) {
          throw new Fault('conflict', 'identity.group_personal', 'A personal group lives as long as its user')
        }
        await store.deleteGroup(tx, group.id)
        await audit(tx, caller, {
          action: 'group.delete',
          groupId: group.id,
          objectId: group.id,
          objectName: group.name,
        })
      })
      return reply.status(204).send(null)
    },
  )

  addMemberRoutes(app, db)
}

function addMemberRoutes(app: Server, db: Database): void {
  const tags = ['groups']

  app.get(
    '/v1/groups/:group_id/users',
    {
      schema: {
        tags,
        summary: 'List the members of a group, the owner apart',
        params: GroupPath,
        querystring: Type.Object(PageQuery),
        response: { 200: PageOf(MemberRead) },
      },
    },
    async ({ caller, params, query }) =>
      db.withCaller(caller, async (tx: store.Tx) => {
        const group = await visibleGroup(tx, params.group_id)
        const { total, members } = await store.listMembers(tx, group.id, query)
        return pageOf(
          query,
          total,
          members.map((member) => ({ ...member, role: ROLE_NAMES[member.role] })),
        )
      }),
  )

  app.post(
    '/v1/groups/:group_id/users/:user_id',
    {
      schema: {
        tags,
        summary: 'Add a member',
        params: MemberPath,
        body: MemberBody,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params, body }, reply) => {
      await db.withCaller(caller, async (tx: store.Tx) => {
        const group = await ownedGroup(tx, caller, params.group_id)
        await existingUser(tx, params.user_id)
        if (group.owner_id === params.user_id) {
          throw new Fault('conflict', 'identity.already_owner', 'User already is group owner')
        }
        if ((await store.findMember(tx, group.id, params.user_id)) !== undefined) {
          throw new Fault('conflict', 'identity.already_member', 'User already is group member')
        }
        await putMember(tx, caller, group, params.user_id, body.role, 'member.add')
      })
      return reply.status(204).send(null)
    },
  )

  app.put(
    '/v1/groups/:group_id/users/:user_id',
    {
      schema: {
        tags,
        summary: 'Change the role of a member',
        params: MemberPath,
        body: MemberBody,
        response: { 200: Type.Object({ role: RoleRead }) },
      },
    },
    async ({ caller, params, body }) =>
      db.withCaller(caller, async (tx: store.Tx) => {
        const group = await ownedGroup(tx, caller, params.group_id)
        if ((await store.findMember(tx, group.id, params.user_id)) === undefined) {
          throw userMissing()
        }
        const role = await putMember(tx, caller, group, params.user_id, body.role, 'member.change')
        return { role: ROLE_NAMES[role] }
      }),
  )

  app.delete(
    '/v1/groups/:group_id/users/:user_id',
    {
      schema: {
        tags,
        summary: 'Remove a member, or leave',
        params: MemberPath,
        response: { 204: Type.Null() },
      },
    },
    async ({ caller, params }, reply) => {
      await db.withCaller(caller, async (tx: store.Tx) => {
        const group = await visibleGroup(tx, params.group_id)
        if (params.user_id !== caller.userId) requireLevel(levelIn(caller, group.id), 'owner')
        if (!(await store.deleteMember(tx, group.id, params.user_id))) {
          throw new Fault('conflict', 'identity.not_member', 'User already is not group member')
        }
        await audit(tx, caller, { action: 'member.remove', groupId: group.id, objectId: params.user_id })
      })
      return reply.status(204).send(null)
    },
  )
}

async function putMember(
  tx: store.Tx,
  caller: Caller,
  group: store.Group,
  userId: number,
  roleName: string,
  action: string,
) {
  const role = memberRole(roleName) ?? 'guest' // the body's check let only the three through
  await store.putMember(tx, group.id, userId, role)
  await audit(tx, caller, { action, groupId: group.id, objectId: userId, details: { role } })
  return role
}

async function ownedGroup(tx: store.Tx, caller: Caller, id: number): Promise<store.Group> {
  const group = await visibleGroup(tx, id)
  requireLevel(levelIn(caller, group.id), 'owner')
  if (group.personal) {
    throw new Fault(
      'conflict',
      'identity.group_personal',
      'A personal group has no members. Make a group to share with others.',
    )
  }
  return group
}

/**
 * The filter `role` means that role or a higher one; a superuser's own memberships do not matter. A member's groups
 * are always named, though the policies would leave out the others: so they are looked up, not sifted.
 */
function idsWithRole(caller: Caller, role: Static<typeof RoleRead> | undefined): number[] | null {
  if (caller.isSuperuser) return null
  if (role === undefined) return [...caller.groups.keys()]
  if (role === 'Superuser') return []
  const wanted = role === 'Owner' ? 'owner' : (memberRole(role) ?? 'guest')
  return store.groupsWithRole(caller.groups, wanted)
}

function withRole(
  caller: Caller,
  group: store.Group,
  view: 'full' | undefined,
): Static<typeof GroupWithRole> {
  const level = caller.groups.get(group.id)
  const role = caller.isSuperuser || level === undefined ? 'Superuser' : ROLE_NAMES[roleOfLevel(level)]
  return { data: present(group, view), role }
}

function present(group: store.Group, view: 'full' | undefined): Static<typeof GroupRead> {
  const { id, name, description, owner_id, uuid, slug, personal, created_at } = group
  const plain = { id, name, description, owner_id }
  return view === 'full' ? { ...plain, uuid, slug, personal, created_at: created_at.toISOString() } : plain
}
