import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { jobOf, rowsOf, runHere, tableSource, tableTarget } from '../testing.ts'

let server: TestPostgres
let url: string
let client: pg.Client

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('carry')
  client = await server.connect('carry')
  await client.query("create type mood as enum ('sad', 'glad'); create domain short as varchar(3)")
})
afterAll(async () => {
  await client.end()
  await server.stop()
})

/** Copies one value between two columns; answers what arrived, or the fault. */
async function carry(value: string, from: string, to: string): Promise<string | null> {
  await client.query(`drop table if exists carry_from, carry_to; create table carry_from (v ${from});
    create table carry_to (v ${to}); insert into carry_from values (${value})`)
  await runHere(jobOf(tableSource(url, 'carry_from'), tableTarget(url, 'carry_to')))
  const { rows } = await client.query<{ v: string | null }>('select v::text as v from carry_to')
  return rows[0]?.v ?? null
}

describe('a value that fits the other type arrives', () => {
  test.each([
    ['7', 'smallint', 'bigint', '7'],
    ['7', 'bigint', 'smallint', '7'],
    ['7', 'integer', 'numeric(5,2)', '7.00'],
    ['7.00', 'numeric', 'integer', '7'],
    ['1.50', 'numeric', 'numeric(10,2)', '1.50'],
    ["'NaN'", 'numeric', 'numeric(10,2)', 'NaN'],
    ["'NaN'", 'numeric', 'double precision', 'NaN'],
    ["'NaN'", 'double precision', 'numeric', 'NaN'],
    ['1.5', 'numeric(10,2)', 'numeric(12,4)', '1.5000'],
    ['0.1::float8 + 0.2', 'double precision', 'numeric', '0.30000000000000004'],
    ['0.5', 'double precision', 'real', '0.5'],
    ['0.1', 'real', 'double precision', '0.1'],
    ['0.25', 'numeric', 'double precision', '0.25'],
    ["'abc'", 'text', 'varchar(3)', 'abc'],
    ["'abc'", 'varchar(3)', 'text', 'abc'],
    ["'ab'", 'char(5)', 'text', 'ab   '],
    ["'ab'", 'text', 'char(5)', 'ab'],
    ["'glad'", 'text', 'mood', 'glad'],
    ["'glad'", 'mood', 'text', 'glad'],
    ["'abc'", 'text', 'short', 'abc'],
    ['true', 'boolean', 'text', 'true'],
    ["'2024-05-01'", 'date', 'timestamp', '2024-05-01 00:00:00'],
    ["'2024-05-01 00:00'", 'timestamp', 'date', '2024-05-01'],
    ["'infinity'", 'timestamp', 'date', 'infinity'],
    ["'2024-05-01 10:00:00.5'", 'timestamp', 'timestamp(1)', '2024-05-01 10:00:00.5'],
    ["'2024-05-01'", 'text', 'date', '2024-05-01'],
    ["'12.50'", 'text', 'numeric(10,2)', '12.50'],
    [`'{"a": 1}'`, 'json', 'jsonb', '{"a": 1}'],
    ["'10.0.0.0/8'", 'cidr', 'inet', '10.0.0.0/8'],
    ["'{1.50}'", 'numeric[]', 'numeric(10,2)[]', '{1.50}'],
    ["'{ab}'", 'text[]', 'varchar(2)[]', '{ab}'],
    ['null', 'numeric', 'numeric(3,1)', null],
  ])('%s as %s in %s', async (value, from, to, arrived) => {
    expect(await carry(value, from, to)).toBe(arrived)
  })
})

describe('a value that the other type would alter is refused, with column and value', () => {
  test.each([
    ['1.234', 'numeric', 'numeric(10,2)', '1.234'],
    ['1.5', 'numeric', 'integer', '1.5'],
    ['1.234', 'double precision', 'numeric(10,2)', '1.234'],
    ['0.123456789', 'double precision', 'real', '0.123456789'],
    ['1.2345678901234567890123', 'numeric', 'double precision', '1.2345678901234567890123'],
    ['123456789', 'integer', 'real', '123456789'],
    ["'abc   '", 'text', 'varchar(3)', 'abc'],
    ["'abcd'", 'text', 'char(3)', 'abcd'],
    ["'{abc}'", 'text[]', 'varchar(2)[]', '{abc}'],
    ["'{1.234}'", 'numeric[]', 'numeric(10,2)[]', '{1.234}'],
    ["'2024-05-01 10:00:00.56'", 'timestamp', 'timestamp(1)', '2024-05-01 10:00:00.56'],
    ["'2024-05-01 10:00'", 'timestamp', 'date', '2024-05-01 10:00:00'],
    ["'2024-05-01 10:00'", 'text', 'date', '2024-05-01 10:00'],
    ["'2024-05-01 10:00+02'", 'text', 'timestamp', '2024-05-01 10:00+02'],
    ["'1.234'", 'text', 'numeric(10,2)', '1.234'],
    ["'10.1.2.3/8'", 'inet', 'cidr', '10.1.2.3/8'],
  ])('%s as %s in %s', async (value, from, to, shown) => {
    await expect(carry(value, from, to)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'transfer.value_refused',
      message: expect.stringContaining(shown),
    })
    expect(await rowsOf(client, 'carry_to')).toEqual([])
  })
})

test.each([
  ['timestamptz', 'timestamp'],
  ['timestamp', 'timestamptz'],
  ['timetz', 'time'],
  ['date', 'timestamptz'],
])('%s into %s is refused by name, for no time zone is said', async (from, to) => {
  await expect(carry('null', from, to)).rejects.toMatchObject({
    code: 'transfer.type_refused',
    message: expect.stringMatching(/Column "v" is .*time zone/),
  })
})

test('a number out of range is refused', async () => {
  await expect(carry('70000', 'integer', 'smallint')).rejects.toMatchObject({
    code: 'transfer.value_refused',
  })
})
