import { type Static, Type } from 'typebox'
import { visibleConnection } from '#connect'
import type { Database } from '#database'
import { Fault } from '#fault'
import { Id, PageOf, pageOf, PageQuery, type Server } from '#http'
import { audit, levelIn, memberLevelIn, requireLevel, visibleGroup } from '#identity'
import {
  type Account,
  deleteAccount,
  findAccount,
  insertAccount,
  listAccounts,
  updateAccount,
} from './account.store.ts'
import type { Tx } from './tables.ts'

const AccountPath = Type.Object({ account_id: Id })
const Address = Type.String({ minLength: 1, maxLength: 512, pattern: '^[^\\u0000-\\u001f]+$' })
const MaybeId = Type.Optional(Type.Union([Id, Type.Null()]))

const AccountRead = Type.Object({
  id: Type.Integer(),
  group_id: Type.Integer(),
  user_id: Type.Integer(),
  connection_id: Type.Integer(),
  account: Type.String(),
  status: Type.Enum(['active', 'broken']),
  error: Type.Union([Type.String(), Type.Null()], { description: 'Why it is broken.' }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
})

export function addAccountRoutes(app: Server, db: Database): void {
  const tags = ['accounts']

  app.get(
    '/v1/accounts',
    {
      schema: {
        tags,
        summary: 'List what the users of a group are called at other systems',
        querystring: Type.Object({ group_id: Id, user_id: MaybeId, connection_id: MaybeId, ...PageQuery }),
        response: { 200: PageOf(AccountRead) },
      },
    },
    async ({ caller, query }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, query.group_id)
        const { user_id: userId = null, connection_id: connectionId = null } = query
        const { total, accounts } = await listAccounts(tx, {
          ...query,
          groupId: group.id,
          userId,
          connectionId,
        })
        return pageOf(query, total, accounts.map(present))
      }),
  )

  app.post(
    '/v1/accounts',
    {
      schema: {
        tags,
        summary: 'Say what a user is called at a connection',
        body: Type.Object({ group_id: Id, user_id: Id, connection_id: Id, account: Address }),
        response: { 200: AccountRead },
      },
    },
    async ({ caller, body }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const group = await visibleGroup(tx, body.group_id)
        requireLevel(memberLevelIn(caller, group.id), 'developer')
        const connection = await visibleConnection(tx, body.connection_id)
        if (connection.group_id !== group.id) {
          throw new Fault('not_found', 'connect.connection_missing', 'Connection not found')
        }
        const account = await insertAccount(tx, body)
        await audit(tx, caller, { action: 'account.create', ...objectOf(account) })
        return present(account)
      }),
  )

  app.get(
    '/v1/accounts/:account_id',
    { schema: { tags, summary: 'Read an account', params: AccountPath, response: { 200: AccountRead } } },
    async ({ caller, params }) =>
      db.withCaller(caller, async (tx: Tx) => present(await visibleAccount(tx, params.account_id))),
  )

  app.put(
    '/v1/accounts/:account_id',
    {
      schema: {
        tags,
        summary: 'Change an account; one that was broken is used again',
        params: AccountPath,
        body: Type.Object({ account: Address }),
        response: { 200: AccountRead },
      },
    },
    async ({ caller, params, body }) =>
      db.withCaller(caller, async (tx: Tx) => {
        const before = await visibleAccount(tx, params.account_id)
        requireLevel(levelIn(caller, before.group_id), 'developer')
        const account = await updateAccount(tx, before.id, body.account)
        await audit(tx, caller, { action: 'account.update', ...objectOf(account) })
        return present(account)
      }),
  )

  app.delete(
    '/v1/accounts/:account_id',
    {
      schema: { tags, summary: 'Delete an account', params: AccountPath, response: { 204: Type.Null() } },
    },
    async ({ caller, params }, reply) => {
      await db.withCaller(caller, async (tx: Tx) => {
        const account = await visibleAccount(tx, params.account_id)
        requireLevel(levelIn(caller, account.group_id), 'maintainer')
        await deleteAccount(tx, account.id)
        await audit(tx, caller, { action: 'account.delete', ...objectOf(account) })
      })
      return reply.status(204).send(null)
    },
  )
}

async function visibleAccount(tx: Tx, id: number): Promise<Account> {
  const account = await findAccount(tx, id)
  if (account === undefined) throw new Fault('not_found', 'notify.account_missing', 'Account not found')
  return account
}

function objectOf({ id, group_id: groupId, account, user_id, connection_id }: Account) {
  return { groupId, objectId: id, objectName: account, details: { user_id, connection_id } }
}

function present(found: Account): Static<typeof AccountRead> {
  const { id, group_id, user_id, connection_id, account, status, error, created_at, updated_at } = found
  return {
    id,
    group_id,
    user_id,
    connection_id,
    account,
    status,
    error,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}
