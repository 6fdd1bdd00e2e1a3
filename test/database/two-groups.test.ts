/** What one group's members can see and do of another's rows: nothing, on any table, whatever their levels. */
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { fillTables, type TenantTable, tenantTables } from './fill-tables.ts'

interface Tenant {
  id: number
  uuid: string
}

let database: TestDatabase
let db: Database
let tenants: [Tenant, Tenant]
let tables: TenantTable[]

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { connections: 2 })
  tenants = [await fill('left'), await fill('right')]
  tables = await tenantTables(database.sql)
})
afterAll(async () => {
  await db.close()
  await database.drop()
})

/** A group with a row in every table that has tenants. */
async function fill(name: string): Promise<Tenant> {
  const [made] = await database.sql<{ id: number; uuid: string; owner: number; owner_uuid: string }>(
    `with u as (insert into identity."user" (username) values ($1) returning id, uuid),
          g as (insert into identity."group" (name, owner_id) select $1, id from u returning id, uuid)
     select g.id::int, g.uuid, u.id::int as owner, u.uuid as owner_uuid from g, u`,
    [name],
  )
  if (made === undefined) throw new Error('no row')
  const { id, uuid, owner } = made
  const run = (sql: string, values: unknown[]) => database.sql<{ id: number }>(sql, values)
  await run(`insert into identity."user" (username) values ($1)`, [`${name} member`])
  await run(
    `insert into identity.user_group (user_id, group_id, role_id)
     select id, $1, 'guest' from identity."user" where username = $2`,
    [id, `${name} member`],
  )
  await run(
    `insert into identity.application (group_id, name, secret_hash, type) values ($1, 'robot', '', 'all')`,
    [id],
  )
  await run(`insert into identity.audit (group_id, actor_name, action) values ($1, 'x', 'group.update')`, [
    id,
  ])
  await run(`insert into platform.event (group_id, kind) values ($1, 'group.changed')`, [id])
  await run(
    `insert into public.integration_connectors (company_id, provider, connector_type, created_by)
     values ($1, 'postgres', 'database', $2)`,
    [uuid, made.owner_uuid],
  )
  const [connection] = await run('select id::int from connect.connection where group_id = $1', [id])
  await run(`insert into connect.auth_data (connection_id, group_id, value) values ($1, $2, 'sealed')`, [
    connection?.id,
    id,
  ])
  const [queue] = await run(
    `insert into transfer.queue (group_id, name, slug) values ($1, 'q', $2) returning id::int`,
    [id, name],
  )
  const [transfer] = await run(
    `insert into transfer.transfer
       (group_id, name, source_connection_id, target_connection_id, queue_id, source_params, target_params)
     values ($1, 't', $2, $2, $3, '{}', '{}') returning id::int`,
    [id, connection?.id, queue?.id],
  )
  const [started] = await run(
    'insert into transfer.run (group_id, transfer_id, created_by) values ($1, $2, $3) returning id::int',
    [id, transfer?.id, owner],
  )
  await run(
    `insert into transfer.run_log (group_id, run_id, seq, level, message) values ($1, $2, 1, 'info', 'x')`,
    [id, started?.id],
  )
  await run(`insert into transfer.mark (group_id, transfer_id, name, value) values ($1, $2, 'x', '1')`, [
    id,
    transfer?.id,
  ])
  await run(
    `insert into transfer.skipped (group_id, transfer_id, scheduled_for, reason, message)
     values ($1, $2, now(), 'missed', 'x')`,
    [id, transfer?.id],
  )
  await fillTables(database.sql, { id, uuid })
  return { id, uuid }
}

const level = fc.integer({ min: 0, max: 4 })
const levels = fc.tuple(level, level)

/** Does `work` as a member with these levels in the two groups, and undoes it. */
async function asMember<R>(
  held: readonly [number, number],
  work: (client: pg.ClientBase) => Promise<R>,
): Promise<R> {
  const entries = tenants
    .map((tenant, at) => ({ ...tenant, level: held[at] ?? 0 }))
    .filter((it) => it.level > 0)
  const claims = {
    user_id: 0,
    superuser: false,
    groups: Object.fromEntries(entries.map((it) => [it.id, it.level])),
    companies: Object.fromEntries(entries.map((it) => [it.uuid, it.level])),
  }
  const undo = new Error('undo')
  let result: { value: R } | undefined
  await db
    .withConnection({ databaseRole: 'crosstie_app', claims }, async (client) => {
      result = { value: await work(client) }
      throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  if (result === undefined) throw new Error('nothing was done')
  return result.value
}

/** The level that is held in the group of a row. */
function levelOf(tenant: unknown, held: readonly [number, number]): number {
  const at = tenants.findIndex(({ id, uuid }) => tenant === uuid || Number(tenant) === id)
  return held[at] ?? 0
}

test('every table has a row of both groups, or the properties below would hold of nothing', async () => {
  for (const { name, column } of tables) {
    const rows = await database.sql<{ count: number }>(
      `select count(distinct ${column})::int from ${name} where ${column} is not null`,
    )
    expect([name, rows[0]?.count]).toEqual([name, 2])
  }
  expect(tables.length).toBeGreaterThanOrEqual(11)
})

test('a member sees rows of the groups that the claims name, and of no other', async () => {
  await fc.assert(
    fc.asyncProperty(levels, async (held) => {
      await asMember(held, async (client) => {
        for (const { name, column } of tables) {
          const { rows } = await client.query(
            `select ${column} as tenant from ${name} where ${column} is not null`,
          )
          for (const { tenant } of rows) expect([name, levelOf(tenant, held) >= 1]).toEqual([name, true])
        }
      })
    }),
    { numRuns: 12 },
  )
})

test('a member deletes no row of a group where the level is below developer', async () => {
  await fc.assert(
    fc.asyncProperty(levels, fc.nat(), async (held, pick) => {
      const { name, column } = tables[pick % tables.length] ?? { name: '', column: 'group_id' }
      const gone = await asMember(held, async (client) => {
        const { rows } = await client
          .query(`delete from ${name} where ${column} is not null returning ${column} as tenant`)
          .catch(refused)
        return rows
      })
      for (const { tenant } of gone) expect([name, levelOf(tenant, held) >= 2]).toEqual([name, true])
    }),
    { numRuns: 40 },
  )
})

test('no row moves to another group, also where one may write in both', async () => {
  for (const { name, column } of tables) {
    const other = column === 'group_id' ? tenants[1].id : tenants[1].uuid
    const mine = column === 'group_id' ? tenants[0].id : tenants[0].uuid
    const moved = await asMember([4, 4], async (client) => {
      const update = `update ${name} set ${column} = $1 where ${column} = $2`
      return (await client.query(update, [other, mine]).catch(refused)).rowCount
    })
    expect([name, moved]).toEqual([name, 0])
  }
})

test('a member changes no row of a group where the level is below developer', async () => {
  for (const { name, column } of tables) {
    const [writable] = await database.sql<{ column: string }>(
      `select quote_ident(attname) as column from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
         and attname not in ('group_id', 'company_id') and has_column_privilege('crosstie_app', attrelid, attnum, 'update')
       order by attnum desc limit 1`,
      [name],
    )
    if (writable === undefined) continue
    for (const held of [
      [4, 0],
      [0, 2],
      [4, 1],
    ] as const) {
      const changed = await asMember(held, async (client) => {
        const same = `update ${name} set ${writable.column} = ${writable.column} where ${column} is not null`
        return (await client.query(`${same} returning ${column} as tenant`).catch(refused)).rows
      })
      for (const { tenant } of changed) expect([name, levelOf(tenant, held) >= 2]).toEqual([name, true])
    }
  }
})

test('no row is put into a group that one is no member of', async () => {
  for (const { name, column } of tables) {
    const columns = await database.sql<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`,
      [name],
    )
    const names = columns.map((one) => `"${one.name}"`)
    const [mine, theirs] =
      column === 'group_id' ? [tenants[0].id, tenants[1].id] : [tenants[0].uuid, tenants[1].uuid]
    const values = columns.map((one) => (one.name === column ? '$1' : `"${one.name}"`))
    const copy = `insert into ${name} (${names.join(', ')}) select ${values.join(', ')} from ${name} where ${column} = $2`
    const count = await asMember(
      [4, 0],
      async (client) => (await client.query(copy, [theirs, mine]).catch(refusedBeforeKeys)).rowCount,
    )
    expect([name, count]).toEqual([name, 0])
  }
})

test('no row points at a row of another group, also where one may write in both', async () => {
  const links = await database.sql<{
    name: string
    column: string
    ref: string
    ref_column: string
    together: boolean
  }>(`
    select k.conrelid::regclass::text as name, quote_ident(a.attname) as column, k.confrelid::regclass::text as ref,
           quote_ident(b.attname) as ref_column, t.attnum = any (k.conkey) as together
    from pg_constraint k
    cross join lateral unnest(k.conkey, k.confkey) as p (own, other)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.own
    join pg_attribute b on b.attrelid = k.confrelid and b.attnum = p.other
    join pg_attribute t on t.attrelid = k.conrelid and t.attname = 'group_id'
    join pg_attribute u on u.attrelid = k.confrelid and u.attname = 'group_id'
    where k.contype = 'f' and a.attname <> 'group_id' and k.confrelid <> 'identity."group"'::regclass`)
  expect(links.length).toBeGreaterThanOrEqual(8)
  for (const { name, column, ref, ref_column: key, together } of links) {
    // Said of the key too, since a unique column may refuse before it is asked.
    expect([name, column, together]).toEqual([name, column, true])
    const point = `update ${name} set ${column} = (select ${key} from ${ref} where group_id = $1 limit 1) where group_id = $2`
    const count = await asMember(
      [4, 4],
      async (client) => (await client.query(point, [tenants[1].id, tenants[0].id]).catch(refused)).rowCount,
    )
    expect([name, column, count]).toEqual([name, column, 0])
  }
})

/** A refusal by right or by constraint is as good as no row; anything else is a mistake of the test. */
function refused(error: unknown): { rows: { tenant: unknown }[]; rowCount: number } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // insufficient_privilege, check, foreign key and unique violations, what a generated column refuses
  if (['42501', '23514', '23503', '23505', '428C9'].includes(code)) return { rows: [], rowCount: 0 }
  throw error
}

/** Policies are asked before keys: a duplicate here would mean that the policy had let the row through. */
function refusedBeforeKeys(error: unknown): { rowCount: number } {
  if (error instanceof Error && 'code' in error && error.code === '23505') throw error
  return refused(error)
}
