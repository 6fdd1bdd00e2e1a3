import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import type { EngineEvent } from '../../engine/job.ts'
import { jobOf, leftovers, loginOf, rowsOf, runHere, tableSource, tableTarget } from '../../engine/testing.ts'
import { openTarget, tableHasRows } from './target.ts'
import { stagingTable, wasCommitted } from './witness.ts'

let server: TestPostgres
let url: string
let client: pg.Client

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('target')
  client = await server.connect('target')
  await client.query(
    "create table source (id int, name text); insert into source values (1, 'one'), (2, 'two')",
  )
})
afterEach(async () => {
  expect(await leftovers(client)).toEqual([])
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

const source = () => tableSource(url, 'source')
const SOURCE_ROWS = ['(1,one)', '(2,two)']

test('a new target is made and filled, with nothing beside it', async () => {
  const result = await runHere(jobOf(source(), tableTarget(url, 'made_new')))
  expect(result).toMatchObject({ route: 'copy', rows: 2, written: 'public.made_new' })
  expect(await rowsOf(client, 'made_new')).toEqual(SOURCE_ROWS)
})

test.each(['stage', 'direct'] as const)('%s replaces or appends as told', async (write) => {
  await client.query(
    `create table mode_${write} (id int, name text); insert into mode_${write} values (9, 'old')`,
  )
  await runHere(jobOf(source(), tableTarget(url, `mode_${write}`, { write, mode: 'append' })))
  expect(await rowsOf(client, `mode_${write}`)).toEqual([...SOURCE_ROWS, '(9,old)'])
  await runHere(jobOf(source(), tableTarget(url, `mode_${write}`, { write, mode: 'replace' })))
  expect(await rowsOf(client, `mode_${write}`)).toEqual(SOURCE_ROWS)
})

test.each(['stage', 'direct'] as const)(
  '%s keeps grants, indexes, keys, triggers, views, defaults, identity and generated columns',
  async (write) => {
    await client.query(`
      create schema keep_${write}; set search_path to keep_${write};
      create role reader_${write};
      create table noted (what text);
      create table kept (id int generated always as identity primary key, name text unique not null,
        upper_name text generated always as (upper(name)) stored, made date default '2024-01-01',
        check (length(name) < 10));
      create index by_made on kept (made);
      create view names as select name from kept;
      grant select on kept to reader_${write};
      create function note() returns trigger language plpgsql as
        $$ begin insert into keep_${write}.noted values (tg_op || ' ' || coalesce(new.name, old.name)); return null; end $$;
      create trigger note after insert or delete on kept for each row execute function note();
      insert into kept (name) values ('old');
      set search_path to public`)
    const shape = async () =>
      (
        await client.query(
          `select c.oid, c.relacl::text, array(select indexrelid from pg_index where indrelid = c.oid order by 1) as indexes,
                  array(select oid from pg_trigger where tgrelid = c.oid order by 1) as triggers,
                  array(select oid from pg_constraint where conrelid = c.oid order by 1) as constraints
           from pg_class c where c.oid = $1::regclass`,
          [`keep_${write}.kept`],
        )
      ).rows
    const before = await shape()
    await runHere(jobOf(source(), tableTarget(url, `keep_${write}.kept`, { write })))
    expect(await shape()).toEqual(before)
    expect(await rowsOf(client, `keep_${write}.kept`)).toEqual([
      '(1,one,ONE,2024-01-01)',
      '(2,two,TWO,2024-01-01)',
    ])
    expect(await rowsOf(client, `keep_${write}.names`)).toEqual(['(one)', '(two)'])
    // A table with a trigger on delete is emptied by DELETE, so that the trigger hears of each row.
    expect(await rowsOf(client, `keep_${write}.noted`)).toEqual(
      ['("DELETE old")', '("INSERT old")', '("INSERT one")', '("INSERT two")'].sort(),
    )
  },
)

test('a generated column of the source is left to the target that computes it, and this is told', async () => {
  await client.query(`create table with_sum (a int, b int generated always as (a * 2) stored); insert into with_sum values (4);
    create table with_sum_to (like with_sum including generated)`)
  const events: EngineEvent[] = []
  await runHere(jobOf(tableSource(url, 'with_sum'), tableTarget(url, 'with_sum_to')), events)
  expect(await rowsOf(client, 'with_sum_to')).toEqual(['(4,8)'])
  expect(events).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('"b" is left out') }),
  )
})

test('a partitioned table and a view take staged rows', async () => {
  await client.query(`create table parted (id int, name text) partition by range (id);
    create table parted_1 partition of parted for values from (0) to (2);
    create table parted_2 partition of parted for values from (2) to (9);
    create table under_view (id int, name text); create view over_it as select * from under_view`)
  await runHere(jobOf(source(), tableTarget(url, 'parted')))
  await runHere(jobOf(source(), tableTarget(url, 'over_it')))
  expect(await rowsOf(client, 'parted')).toEqual(SOURCE_ROWS)
  expect(await rowsOf(client, 'parted_2')).toEqual(['(2,two)'])
  expect(await rowsOf(client, 'under_view')).toEqual(SOURCE_ROWS)
})

test('a table that another refers to is emptied by DELETE, and a row still in use stops the run', async () => {
  await client.query(`create table referred (id int primary key, name text); insert into referred values (7, 'free');
    create table refers (id int references referred)`)
  await runHere(jobOf(source(), tableTarget(url, 'referred')))
  expect(await rowsOf(client, 'referred')).toEqual(SOURCE_ROWS)
  await client.query('insert into refers values (1)')
  await expect(runHere(jobOf(source(), tableTarget(url, 'referred')))).rejects.toMatchObject({
    code: 'transfer.value_refused',
    message: expect.stringContaining('refers'),
  })
  expect(await rowsOf(client, 'referred')).toEqual(SOURCE_ROWS)
})

test.each(['cascade', 'set null'])(
  'replacing is refused where a key on delete %s would change another table',
  async (action) => {
    const name = action.replace(' ', '_')
    await client.query(`create table parent_${name} (id int primary key, name text); insert into parent_${name} values (1, 'x');
    create table child_${name} (id int references parent_${name} on delete ${action}); insert into child_${name} values (1)`)
    await expect(runHere(jobOf(source(), tableTarget(url, `parent_${name}`)))).rejects.toMatchObject({
      kind: 'conflict',
      code: 'transfer.replace_would_cascade',
      message: expect.stringContaining(`child_${name}`),
    })
    expect(await rowsOf(client, `child_${name}`)).toEqual(['(1)'])
  },
)

test('columns that do not match are named with their table', async () => {
  await client.query(
    'create table narrow (id int); create table strict (id int, name text, must int not null)',
  )
  await expect(runHere(jobOf(source(), tableTarget(url, 'narrow')))).rejects.toMatchObject({
    code: 'transfer.column_extra',
    message: expect.stringMatching(/column "name".*public\.narrow/),
  })
  await expect(runHere(jobOf(source(), tableTarget(url, 'strict')))).rejects.toMatchObject({
    code: 'transfer.column_missing',
    message: expect.stringMatching(/public\.strict.*"must"/),
  })
})

test('a trigger that drops rows in silence is noticed by the count, and nothing is changed', async () => {
  await client.query(`create table picky (id int, name text); insert into picky values (5, 'old');
    create function pick() returns trigger language plpgsql as $$ begin return case when new.id = 1 then new end; end $$;
    create trigger pick before insert on picky for each row execute function pick()`)
  await expect(runHere(jobOf(source(), tableTarget(url, 'picky')))).rejects.toMatchObject({
    code: 'transfer.count_differs',
  })
  expect(await rowsOf(client, 'picky')).toEqual(['(5,old)'])
})

test('without the right to make tables staging says so, and a direct write goes on without a witness', async () => {
  await client.query(`create role poor login password 'poor'; create table poor_target (id int, name text);
    grant select on source to poor; grant select, insert, delete on poor_target to poor; revoke create on schema public from public`)
  const poor = new URL(url)
  poor.username = 'poor'
  poor.password = 'poor'
  await expect(runHere(jobOf(source(), tableTarget(poor.href, 'poor_target')))).rejects.toMatchObject({
    kind: 'forbidden',
    code: 'transfer.staging_not_allowed',
    message: expect.stringContaining('write: direct'),
  })
  const events: EngineEvent[] = []
  await runHere(jobOf(source(), tableTarget(poor.href, 'poor_target', { write: 'direct' })), events)
  expect(events).toContainEqual({ type: 'prepared', rows: 2, mark: undefined, witness: false })
  expect(await rowsOf(client, 'poor_target')).toEqual(SOURCE_ROWS)
})

test('a schema that is not there is named', async () => {
  await expect(runHere(jobOf(source(), tableTarget(url, 'nowhere.table')))).rejects.toMatchObject({
    kind: 'not_found',
    message: expect.stringContaining('no schema "nowhere"'),
  })
})

test.each(['stage', 'direct', 'new'] as const)(
  'the witness of a %s write stands until the rows are visible',
  async (write) => {
    const login = loginOf(url)
    const name = `witness_${write}`
    if (write !== 'new') await client.query(`create table ${name} (id int, name text)`)
    const target = tableTarget(url, name, { write: write === 'direct' ? 'direct' : 'stage' })
    const id = `w_${write}`
    const open = await openTarget(login, target, [{ name: 'id', type: 'integer' }], id)
    await open.client.query(`insert into ${open.table.name} (id) values (1)`)
    const table = stagingTable(target.table, id)
    expect((await client.query('select to_regclass($1) as there', [table.name])).rows[0]).toEqual({
      there: table.name,
    })
    await open.commit(1)
    expect(await wasCommitted(login, target.table, id)).toBe(true)
    expect(await tableHasRows(login, target.table)).toBe(true)
  },
)

test('abandoning leaves nothing behind, may be done twice, and the witness then says no more', async () => {
  const login = loginOf(url)
  const open = await openTarget(
    login,
    tableTarget(url, 'abandoned'),
    [{ name: 'id', type: 'integer' }],
    'abandon',
  )
  await open.client.query('insert into abandoned values (1)')
  await open.abandon()
  await open.abandon()
  expect(await tableHasRows(login, { schema: 'public', name: 'abandoned' })).toBe(false)
})

test('what a crashed try of the same job left is cleared by the next one', async () => {
  const job = jobOf(source(), tableTarget(url, 'retried'))
  await client.query(
    `create table retried (id int, name text); create unlogged table crosstie_${job.id} (other int)`,
  )
  await runHere(job)
  expect(await rowsOf(client, 'retried')).toEqual(SOURCE_ROWS)
})
