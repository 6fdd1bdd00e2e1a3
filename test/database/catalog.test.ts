import pg from 'pg'
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { tenancyProblems } from './tenant-rules.ts'

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})
beforeEach(async () => {
  await client.query('begin')
})
afterEach(async () => {
  await client.query('rollback')
})

/** What is found after `sql`, which is undone again. */
const problemsAfter = async (sql: string) => {
  await client.query(sql)
  return tenancyProblems(client)
}

test('every table of ours keeps the rules of tenancy', async () => {
  expect(await tenancyProblems(client)).toEqual([])
})

test('a new table without any of it is found, rule by rule', async () => {
  const problems = await problemsAfter(`
    create table notify_task (id bigint primary key, group_id bigint, connection_id bigint references connect.connection (id));
    grant select, update on notify_task to crosstie_app, public`)
  expect(problems).toEqual([
    'notify_task_connection_id_fkey of public.notify_task does not carry group_id to connect.connection',
    'public.notify_task has no policy for crosstie_owner',
    'public.notify_task has no row-level security',
    'public.notify_task has no whole index that begins with group_id',
    'public.notify_task is open to public',
    'public.notify_task: crosstie_app may write group_id, and no trigger keeps it',
  ])
})

test('a policy for everybody, one that reads a table, and one that calls a helper per row are found', async () => {
  const problems = await problemsAfter(`
    create policy everybody on transfer.queue using (true);
    create policy looks_up on transfer.queue to crosstie_app
      using (group_id in (select m.group_id from identity.user_group m));
    create policy slow on transfer.queue to crosstie_app
      using (group_id = any (identity.caller_groups(1)))`)
  expect(problems).toEqual([
    'transfer.queue has a policy for every role: everybody',
    'transfer.queue: policy "looks_up" reads a table',
    'transfer.queue: policy "slow" calls identity.caller_groups() for every row',
  ])
})

test('a table whose security is off or not forced, a view and a function that reach past it are found', async () => {
  const problems = await problemsAfter(`
    alter table transfer.run no force row level security;
    alter table transfer.queue disable row level security;
    create view transfer.all_runs as select * from transfer.run;
    create function transfer.peek() returns bigint language sql security definer
      return (select count(*) from transfer.run)`)
  expect(problems).toEqual([
    'transfer.all_runs is a view without security_invoker',
    'transfer.peek is security definer without a search_path',
    'transfer.queue has no row-level security',
    'transfer.run does not force row-level security on its owner',
  ])
})
