/** Every table, field, value, index and rule of the documents is in a migrated database; a new document is a file. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { documentProblems } from './compare.ts'
import type { SeedDocument } from './document.ts'

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'))
const documentOf = (file: string) =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8')) as SeedDocument // our own files

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

test('there is a document for each system that this release stands in for', () => {
  expect(files).toEqual(
    expect.arrayContaining(['foreseen.json', 'integration-connectors.json', 'syncmaster.json']),
  )
})

test.each(files)('all of %s is in the database', async (file) => {
  expect(await documentProblems(client, documentOf(file))).toEqual([])
})

test.each([
  [
    'a column that is gone',
    'drop view syncmaster.queue; create view syncmaster.queue with (security_invoker) as select id, name, slug, group_id, created_at, updated_at from transfer.queue',
    'syncmaster.queue.description: there is no such column',
  ],
  [
    'a type that is narrower',
    'drop view syncmaster.queue; create view syncmaster.queue with (security_invoker) as select id, name::varchar(64), slug, group_id, description, created_at, updated_at from transfer.queue',
    'syncmaster.queue.name is character varying(64), not character varying(128)',
  ],
  [
    'a default that is another',
    `alter table public.integration_connectors alter status set default 'active'`,
    `public.integration_connectors.status has the default 'active'::character varying, not 'inactive'::character varying`,
  ],
  [
    'a column too many',
    'alter table public.integration_connectors add more text',
    'public.integration_connectors.more is not in the document',
  ],
  [
    'a value that is refused',
    `alter table transfer.run drop constraint run_status_check, add check (status in ('CREATED', 'DONE'))`,
    'syncmaster.run.status takes created, done, not CREATED, STARTED, FAILED, SEND_STOP_SIGNAL, STOPPED, FINISHED',
  ],
  [
    'an index that is gone',
    'drop index public.idx_integration_connectors_company_id',
    'public.integration_connectors: there is no index idx_integration_connectors_company_id on company_id',
  ],
  [
    'a policy that says something else',
    `alter policy "Connectors readable within company" on public.integration_connectors using (true)`,
    'public.integration_connectors: the policy "Connectors readable within company" uses true',
  ],
  [
    'a key that is gone',
    'alter table transfer.run drop constraint run_group_id_transfer_id_fkey',
    'syncmaster.run.transfer_id → syncmaster.transfer: there is no such foreign key',
  ],
  [
    'a secret in sight',
    'create or replace view syncmaster.auth_data with (security_invoker) as select connection_id, value, created_at, updated_at from connect.auth_data',
    'syncmaster.auth_data.value is shown',
  ],
  [
    'a role that is missing',
    'alter role service_role rename to somebody_else',
    'there is no role service_role',
  ],
])('%s is found', async (_what, fault, sentence) => {
  await client.query(fault)
  const found: string[] = []
  for (const file of files) found.push(...(await documentProblems(client, documentOf(file))))
  expect(found).toContain(sentence)
})
