/** To whom a message goes: users become their accounts and the inbox, groups their members. */
import { sql } from 'kysely'
import { visibleConnection } from '#connect'
import { Fault } from '#fault'
import type { Tx } from './tables.ts'

/** As a request names them; exactly one of user, group, account and connection. */
export interface Recipient {
  user?: number | undefined
  /** With a user: this connection only. Alone: the connection itself, or `address` there. */
  connection?: number | undefined
  /** With a user or a group: the inbox only. */
  inbox?: true | undefined
  group?: number | undefined
  /** With a group: members from this role on. */
  role?: 'guest' | 'developer' | 'maintainer' | 'owner' | undefined
  account?: number | undefined
  address?: string | undefined
}

/** One place that a message goes to. */
export interface Place {
  userId: number | null
  connectionId: number | null
  accountId: number | null
  address: string | null
  /** Why nothing can be sent there; the task then says so. */
  failure: { code: string; message: string } | null
}

/** What is wrong with how a recipient is named; null when nothing is. */
export function recipientProblem(to: Recipient): string | null {
  const named = [to.user, to.group, to.account].filter((value) => value !== undefined).length
  const isDirect = named === 0 && to.connection !== undefined
  if (named !== 1 && !isDirect) return 'A recipient is one of user, group, account or connection'
  if (to.address !== undefined && !isDirect) return 'An address goes with a connection alone'
  const isPeople = to.user !== undefined || to.group !== undefined
  if (to.inbox !== undefined && (!isPeople || to.connection !== undefined)) {
    return 'inbox goes with a user or a group'
  }
  if (to.role !== undefined && to.group === undefined) return 'A role goes with a group'
  if (to.connection !== undefined && named === 1 && to.user === undefined) {
    return 'A connection stands alone or with a user'
  }
  return null
}

/** @throws Fault 404 for a user, account or connection that is not the group's. */
export async function findPlaces(tx: Tx, groupId: number, to: readonly Recipient[]): Promise<Place[]> {
  const members = await membersNamed(tx, groupId, to)
  const people = new Map<number, Recipient[]>()
  const want = (user: number, how: Recipient) => people.set(user, [...(people.get(user) ?? []), how])
  for (const recipient of to) {
    if (recipient.user !== undefined) want(recipient.user, recipient)
    if (recipient.group !== undefined) {
      const least = ROLE_LEVELS[recipient.role ?? 'guest']
      for (const { id, level } of members) if (level >= least) want(id, { inbox: recipient.inbox })
    }
  }
  const places = [
    ...(await placesOfUsers(tx, groupId, people)),
    ...(await placesOfAccounts(tx, groupId, to)),
    ...(await placesOfConnections(tx, groupId, to)),
  ]
  const key = ({ userId, connectionId, accountId, address }: Place) =>
    connectionId === null ? `inbox ${userId}` : `${connectionId} ${accountId ?? ''} ${address ?? ''}`
  return [...new Map(places.map((place) => [key(place), place])).values()]
}

const ROLE_LEVELS = { guest: 1, developer: 2, maintainer: 3, owner: 4 }

async function membersNamed(
  tx: Tx,
  groupId: number,
  to: readonly Recipient[],
): Promise<{ id: number; level: number }[]> {
  const groups = to.flatMap(({ group }) => (group === undefined ? [] : [group]))
  if (groups.length === 0) return []
  if (groups.some((id) => id !== groupId)) {
    const message = 'A message goes to members of its own group only. Send one for each group.'
    throw new Fault('bad_request', 'notify.other_group', message)
  }
  const { rows } = await sql<{ id: number; level: number }>`
    select u.id, m.level from (
      select user_id, case role_id when 'maintainer' then 3 when 'developer' then 2 else 1 end as level
      from identity.user_group where group_id = ${groupId}
      union all select owner_id, 4 from identity."group" where id = ${groupId}
    ) m join identity."user" u on u.id = m.user_id where u.is_active
    order by u.id`.execute(tx)
  return rows
}

interface Person {
  id: number
  signs_in: boolean
  is_active: boolean
}

async function placesOfUsers(
  tx: Tx,
  groupId: number,
  people: ReadonlyMap<number, Recipient[]>,
): Promise<Place[]> {
  const ids = [...people.keys()]
  if (ids.length === 0) return []
  const { rows: found } = await sql<Person>`
    select u.id, u.username is not null as signs_in, u.is_active from identity."user" u
    where u.id = any (${ids}::bigint[]) and (
      u.home_group_id = ${groupId}
      or exists (select from identity.user_group m where m.group_id = ${groupId} and m.user_id = u.id)
      or exists (select from identity."group" g where g.id = ${groupId} and g.owner_id = u.id))`.execute(tx)
  const persons = new Map(found.map((person) => [person.id, person]))
  const missing = ids.find((id) => !persons.has(id))
  if (missing !== undefined) {
    throw new Fault('not_found', 'notify.recipient_missing', `User ${missing} is not of this group.`)
  }
  const accounts = await tx
    .selectFrom('notify.account')
    .select(['id', 'user_id', 'connection_id', 'status'])
    .where('group_id', '=', groupId)
    .where('user_id', '=', sql<number>`any (${ids}::bigint[])`)
    .orderBy('id')
    .execute()
  const accountsOf = Map.groupBy(accounts, ({ user_id: userId }) => userId)
  return [...people].flatMap(([id, wanted]) =>
    // Every id was found above.
    wanted.flatMap((how) => placesOf(persons.get(id)!, accountsOf.get(id) ?? [], how)),
  )
}

function placesOf(
  person: Person,
  accounts: { id: number; connection_id: number; status: string }[],
  { connection, inbox }: Recipient,
): Place[] {
  const nowhere = (code: string, message: string): Place => ({
    ...atInbox(person.id),
    connectionId: connection ?? null,
    failure: { code, message },
  })
  if (!person.is_active) return [nowhere('notify.user_inactive', 'The user is not active.')]
  const usable = inbox === true ? [] : accounts.filter((one) => one.status === 'active')
  const places = usable
    .filter((one) => connection === undefined || one.connection_id === connection)
    .map((one) => ({ ...atInbox(person.id), connectionId: one.connection_id, accountId: one.id }))
  const all = person.signs_in && connection === undefined ? [...places, atInbox(person.id)] : places
  if (all.length > 0) return all
  const message = accounts.some((one) => one.status === 'broken')
    ? 'The accounts of this user are broken. Mend one, then replay.'
    : 'This user has no account there, and no inbox. Add an account.'
  return [nowhere('notify.no_account', message)]
}

const atInbox = (userId: number): Place => ({
  userId,
  connectionId: null,
  accountId: null,
  address: null,
  failure: null,
})

async function placesOfAccounts(tx: Tx, groupId: number, to: readonly Recipient[]): Promise<Place[]> {
  const ids = [...new Set(to.flatMap(({ account }) => (account === undefined ? [] : [account])))]
  if (ids.length === 0) return []
  const accounts = await tx
    .selectFrom('notify.account')
    .select(['id', 'user_id', 'connection_id'])
    .where('group_id', '=', groupId)
    .where('id', '=', sql<number>`any (${ids}::bigint[])`)
    .execute()
  const missing = ids.find((id) => !accounts.some((account) => account.id === id))
  if (missing !== undefined) {
    throw new Fault('not_found', 'notify.account_missing', `Account ${missing} is not of this group.`)
  }
  return accounts.map((one) => ({
    userId: one.user_id,
    connectionId: one.connection_id,
    accountId: one.id,
    address: null,
    failure: null,
  }))
}

async function placesOfConnections(tx: Tx, groupId: number, to: readonly Recipient[]): Promise<Place[]> {
  const direct = to.filter(({ user, connection }) => user === undefined && connection !== undefined)
  for (const id of new Set(to.flatMap(({ connection }) => (connection === undefined ? [] : [connection])))) {
    const connection = await visibleConnection(tx, id)
    if (connection.group_id !== groupId) {
      throw new Fault('not_found', 'connect.connection_missing', 'Connection not found')
    }
  }
  return direct.map(({ connection = null, address = null }) => ({
    userId: null,
    connectionId: connection,
    accountId: null,
    address,
    failure: null,
  }))
}
