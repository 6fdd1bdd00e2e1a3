import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestPostgres, type TestPostgres } from '../testing/postgres.ts'
import { type Migration, readMigrations } from './files.ts'
import { lastRelease, migrateDown, migrateUp } from './migrate.ts'

let postgres: TestPostgres
let count = 0
let url: string

beforeAll(async () => {
  postgres = await startTestPostgres()
})
afterAll(() => postgres.stop())

beforeEach(async () => {
  const name = `m${++count}`
  await postgres.createDatabase(name)
  const admin = await postgres.connect(name)
  await admin.query(
    `grant create, connect on database ${name} to crosstie_owner; grant create on schema public to crosstie_owner`,
  )
  await admin.end()
  url = postgres.url.replace('/crosstie?', `/${name}?`)
})

const plain = (id: string, up: string, down: string): Migration => ({
  id,
  room: 'demo',
  up,
  down,
  checksum: id,
})
const one = plain('0001_one', 'create table public.one (id int)', 'drop table public.one')
const two = plain('0002_two', 'create table public.two (id int)', 'drop table public.two')

test('several hubs that start at once migrate once', async () => {
  const results = await Promise.all([1, 2, 3, 4].map(() => migrateUp(url, [one, two], '1.0.0')))
  expect(results.flatMap(({ applied }) => applied).toSorted()).toEqual(['0001_one', '0002_two'])
})

test('a migration that fails is undone, named, and done again by the next start', async () => {
  const broken = { ...two, up: 'create table public.two (id int); select nothing' }
  await expect(migrateUp(url, [one, broken], '1.0.0')).rejects.toThrow(
    /Migration 0002_two failed .*"nothing"/,
  )
  expect(await migrateUp(url, [one, two], '1.0.0')).toEqual({ applied: ['0002_two'] })
})

test('down undoes the last release and nothing older', async () => {
  await migrateUp(url, [one], '1.0.0')
  await migrateUp(url, [one, two], '1.1.0')
  expect(await lastRelease(url)).toEqual({ release: '1.1.0', undone: ['0002_two'] })
  expect(await migrateDown(url, [one, two])).toEqual({ release: '1.1.0', undone: ['0002_two'] })
  expect(await migrateUp(url, [one, two], '1.1.0')).toEqual({ applied: ['0002_two'] })
})

test('a database of a newer release is refused by name, untouched', async () => {
  await migrateUp(url, [one, two], '2.0.0')
  await expect(migrateUp(url, [one], '1.0.0')).rejects.toThrow(/newer release \(0002_two of 2\.0\.0\)/)
})

test('a released migration that was edited is refused', async () => {
  await migrateUp(url, [one], '1.0.0')
  const edited = { ...one, checksum: 'other' }
  await expect(migrateUp(url, [edited], '1.0.0')).rejects.toThrow(/0001_one is not the one/)
})

test('the hub’s own migrations go up, down and up again', async () => {
  const migrations = await readMigrations(path.resolve(import.meta.dirname, '..', '..'))
  const ids = migrations.map(({ id }) => id)
  expect(await migrateUp(url, migrations, '1.0.0')).toEqual({ applied: ids })
  expect((await migrateDown(url, migrations)).undone).toEqual(ids.toReversed())
  expect(await migrateUp(url, migrations, '1.0.0')).toEqual({ applied: ids })
})
