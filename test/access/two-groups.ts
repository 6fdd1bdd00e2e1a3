/**
 * Two groups, and requests at random by members of the one with ids of both: whatever is asked, nothing of the other
 * is shown, counted or changed.
 */
import fc from 'fast-check'
import type { TestHub } from '../harness/hub.ts'
import { type Ids, type Operation, operationsOf, randomRequest } from './random-request.ts'

/** Stands in every text of the other group and in no request, so that an answer with it is a leak. */
const MARK = 'ofTheOthers'
const ROLES = ['guest', 'developer', 'maintainer', 'owner'] as const

interface Side {
  group: number
  uuid: string
  users: number[]
  ids: Ids
}

export interface Worlds {
  hub: TestHub
  operations: Operation[]
  others: Side
  tables: { name: string; column: 'group_id' | 'company_id' }[]
}

/** What would reach out to another system, never ends, or ends the token that asks. */
const LEFT_OUT =
  /\/(test|browse|columns|explain|events|sync|discover|revoke_sessions|password)$|^\/v1\/auth\/|^\/hooks/

export async function openWorlds(hub: TestHub): Promise<Worlds> {
  const { body } = await hub.anonymous.get('/openapi.json')
  const operations = operationsOf(body).filter(({ path }) => !LEFT_OUT.test(path))
  const tables = await hub.sql<Worlds['tables'][number]>(`
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, a.attname as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname in ('group_id', 'company_id')
    where c.relkind = 'r' and n.nspname not like 'pg\\_%' order by 1`)
  return { hub, operations, others: await furnish(hub, 'b', MARK), tables }
}

/** A group with a member of each role and one of everything, made as people make it. */
async function furnish(hub: TestHub, prefix: string, mark: string): Promise<Side> {
  const as = (role: (typeof ROLES)[number]) => `${prefix}-${role}`
  const group = await hub.createGroup(`${mark} ${prefix}`, {
    owner: as('owner'),
    members: { [as('guest')]: 'guest', [as('developer')]: 'developer', [as('maintainer')]: 'maintainer' },
  })
  const made = async (path: string, body: object): Promise<number> => {
    const answer = await hub.as(as('owner')).post(path, body)
    if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
    return answer.body.id
  }
  const text = { name: `${mark} thing`, description: mark }
  const connection = await made('/v1/connections', {
    ...text,
    group_id: group.id,
    type: 'postgres',
    connection_data: { host: '127.0.0.1', port: 1, database_name: mark },
    auth_data: { type: 'basic', user: mark, password: mark },
  })
  const queue = await made('/v1/queues', { ...text, group_id: group.id })
  const ends = { source_connection_id: connection, target_connection_id: connection }
  const transfer = await made('/v1/transfers', {
    ...text,
    ...ends,
    group_id: group.id,
    queue_id: queue,
    source_params: { type: 'postgres', table_name: `public.${mark}` },
    target_params: { type: 'postgres', table_name: 'public.orders' },
  })
  const run = await made('/v1/runs', { transfer_id: transfer })
  const template = await made('/v1/templates', { ...text, group_id: group.id, content: mark })
  const account = await made('/v1/accounts', {
    group_id: group.id,
    user_id: hub.user(as('guest')).id,
    connection_id: connection,
    account: mark,
  })
  const [task, item] = await tellSomebody(hub, group.id, hub.user(as('guest')).id, mark)
  const application = await made('/v1/applications', { ...text, type: 'all', group_id: group.id })
  await hub.sql(
    `insert into transfer.run_log (run_id, group_id, seq, level, message) values ($1, $2, 1, 'info', $3)`,
    [run, group.id, mark],
  )
  const users = ROLES.map((role) => hub.user(as(role)).id)
  const ids = {
    group: [group.id],
    connection: [connection],
    queue: [queue],
    transfer: [transfer],
    run: [run],
    template: [template],
    account: [account],
    task: [task],
    item: [item],
  }
  return {
    group: group.id,
    uuid: group.uuid,
    users,
    ids: { ...ids, application: [application], user: users },
  }
}

/** A message that waits, and one that stands in an inbox: numbers of the task and the item. */
async function tellSomebody(
  hub: TestHub,
  group: number,
  user: number,
  mark: string,
): Promise<[number, number]> {
  const [row] = await hub.sql<{ task: number; item: number }>(
    `with m as (insert into notify.message (group_id, content, title) values ($1, $3, $3) returning id),
       t as (insert into notify.task (group_id, message_id, user_id, address, due_at)
             select $1, id, $2, $3, now() + interval '1 day' from m returning id),
       i as (insert into notify.inbox (group_id, user_id, content) values ($1, $2, $3) returning id)
     select t.id::int as task, i.id::int as item from t, i`,
    [group, user, mark],
  )
  return [row?.task ?? 0, row?.item ?? 0]
}

/** One number for all that the others have: their rows in every table with tenants, and their users. */
async function fingerprint({ hub, others, tables }: Worlds): Promise<string> {
  const parts = tables.map(({ name, column }) => {
    const tenant = column === 'group_id' ? String(others.group) : `'${others.uuid}'`
    return `select '${name}' as place, to_jsonb(t)::text as row from ${name} t where ${column} = ${tenant}`
  })
  const people = others.users.join(', ')
  const all = [
    ...parts,
    `select 'group', to_jsonb(g)::text from identity."group" g
     where id = ${others.group} or personal and owner_id in (${people})`,
    `select 'user', to_jsonb(u)::text from identity."user" u where id in (${people})`,
  ]
  const [sum] = await hub.sql<{ hash: string }>(
    `select md5(string_agg(place || row, '|' order by place, row)) as hash from (${all.join(' union all ')}) x`,
  )
  return sum?.hash ?? ''
}

export interface Trial {
  seed: number
  /** Each with a new group of ours. */
  rounds: number
  requests: number
  /** A fault put in before the requests are made, to see that it is noticed. */
  plant?: (users: number[]) => Promise<void>
}

let count = 0

/** @throws with the request that showed, counted or changed what is the others'. */
export async function tryRequests(worlds: Worlds, { seed, rounds, requests, plant }: Trial): Promise<void> {
  const { hub, operations, others } = worlds
  const step = fc.record({
    at: fc.nat(operations.length - 1),
    role: fc.nat(ROLES.length - 1),
    dice: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.noBias(fc.array(step, { minLength: requests, maxLength: requests })),
      async (steps) => {
        count += 1
        const prefix = `a${count}`
        const mine = await furnish(hub, prefix, `mine${count}`)
        await plant?.(mine.users)
        const ids = Object.fromEntries(
          Object.entries(others.ids).map(([kind, theirs]) => [kind, [...(mine.ids[kind] ?? []), ...theirs]]),
        )
        const before = await fingerprint(worlds)
        const reads = new Map<string, { who: string; answer: string }>()
        for (const { at, role, dice } of steps) {
          const operation = operations[at]
          if (operation === undefined) continue
          const who = `${prefix}-${ROLES[role]}`
          const request = randomRequest(operation, ids, dice)
          const answer = await hub.as(who).request(request)
          const told = `${who} ${request.method} ${request.url} ${JSON.stringify(request.payload ?? {})}`
          if (JSON.stringify(answer.body).includes(MARK)) throw new Error(`shown: ${told}`)
          if ((await fingerprint(worlds)) !== before) throw new Error(`changed: ${told}`)
          if (request.method === 'GET' && answer.status === 200) reads.set(request.url, { who, answer: '' })
        }
        await countsNothing(worlds, reads)
      },
    ),
    { seed, numRuns: rounds, endOnFailure: true },
  )
}

/** Whatever the others do, an answer to us stays as it was: it counts nothing of theirs. */
async function countsNothing(
  worlds: Worlds,
  reads: Map<string, { who: string; answer: string }>,
): Promise<void> {
  const { hub, others } = worlds
  const ask = async (who: string, url: string) => still((await hub.as(who).get(url)).body)
  for (const [url, read] of reads) read.answer = await ask(read.who, url)
  count += 1
  const queue = { group_id: others.group, name: `${MARK} ${count}` }
  const { body: made } = await hub.as('b-owner').post('/v1/queues', queue)
  await hub.as('b-owner').post('/v1/runs', { transfer_id: others.ids.transfer?.[0] })
  for (const [url, { who, answer }] of reads) {
    if (/^\/(metrics|monitoring)/.test(url)) continue
    if ((await ask(who, url)) !== answer) throw new Error(`counted: ${who} GET ${url}`)
  }
  await hub.as('b-owner').delete(`/v1/queues/${made.id}`)
}

/** Without what moves with the clock. */
function still(body: unknown): string {
  return JSON.stringify(body, (name, value: unknown) =>
    ['duration_ms', 'next_runs', 'used_at'].includes(name) ? undefined : value,
  )
}
