/** What one group's members can see and do of another's rows: nothing, on any table, whatever their levels. */
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'

interface Tenant {
  id: number
  uuid: string
}
interface TenantTable {
  name: string
  column: 'group_id' | 'company_id'
}

let database: TestDatabase
let db: Database
let tenants: [Tenant, Tenant]
let tables: TenantTable[]

beforeAll(async () => {
  database = await createTestDatabase()
  db = openDatabase(database.url, { connections: 2 })
  tenants = [await fill('left'), await fill('right')]
  tables = await database.sql<{ name: string; column: 'group_id' | 'company_id' }>(`
    select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, a.attname as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname in ('group_id', 'company_id')
    where c.relkind = 'r' and n.nspname not like 'pg\\_%' and has_table_privilege('crosstie_app', c.oid, 'select')
    order by 1`)
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

/** A refusal by right or by constraint is as good as no row; anything else is a mistake of the test. */
function refused(error: unknown): { rows: { tenant: unknown }[]; rowCount: number } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // insufficient_privilege, check and foreign key violations, what a generated column refuses
  if (['42501', '23514', '23503', '428C9'].includes(code)) return { rows: [], rowCount: 0 }
  throw error
}
