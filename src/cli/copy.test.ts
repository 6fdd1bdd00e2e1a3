import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestPostgres, type TestPostgres } from '../platform/testing/postgres.ts'

/** As it is typed, errors and exit codes included. */
const program = path.join(import.meta.dirname, 'main.ts')

let server: TestPostgres
let url: string
let client: pg.Client
let folder: string

beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.createDatabase('shop')
  client = await server.connect('shop')
  await client.query(
    "create table orders (id int, item text); insert into orders values (1, 'nut'), (2, 'bolt, long')",
  )
  folder = await mkdtemp(path.join(tmpdir(), 'crosstie-cli-'))
})
afterAll(async () => {
  await client.end()
  await server.stop()
  await rm(folder, { recursive: true })
})

interface Ran {
  code: number | null
  out: string
  err: string
}

interface RunOptions {
  input?: string
  env?: Record<string, string>
  /** Sends what Ctrl-C sends. */
  interrupt?: AbortSignal
}

function copy(args: string[], { input, env, interrupt }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, ['--conditions=source', program, 'copy', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const ran: Ran = { code: null, out: '', err: '' }
  child.stdout?.on('data', (text: Buffer) => (ran.out += text.toString()))
  child.stderr?.on('data', (text: Buffer) => (ran.err += text.toString()))
  interrupt?.addEventListener('abort', () => child.kill('SIGINT'))
  child.stdin?.end(input)
  return new Promise((resolve) => child.once('close', (code) => resolve({ ...ran, code })))
}

const table = (name: string) => `${url}?table=${name}`

test('a table is copied, and the result says how much, where to and how fast', async () => {
  const ran = await copy([table('orders'), table('copied')])
  expect(ran).toMatchObject({ code: 0, err: '' })
  expect(ran.out).toMatch(/^2 rows to public\.copied in \d+\.\d s \(\d+ rows\/s\)\n$/)
  expect((await client.query('select * from copied')).rowCount).toBe(2)
})

test('a table with rows needs a decision: append or overwrite', async () => {
  await client.query('create table full_one (id int, item text); insert into full_one values (9, null)')
  expect(await copy([table('orders'), table('full_one')])).toMatchObject({
    code: 5,
    out: '',
    err: 'crosstie: public.full_one has rows already. Say --append to add to them, or --overwrite to replace them.\n',
  })
  expect((await copy([table('orders'), table('full_one'), '--append'])).code).toBe(0)
  expect((await client.query('select * from full_one')).rowCount).toBe(3)
  expect((await copy([table('orders'), table('full_one'), '--overwrite', '--write', 'direct'])).code).toBe(0)
  expect((await client.query('select * from full_one')).rowCount).toBe(2)
})

test('CSV goes to standard output and comes back by standard input', async () => {
  const out = await copy([table('orders'), '-', '--format', 'csv'])
  expect(out).toMatchObject({ code: 0, out: 'id,item\n1,nut\n2,"bolt, long"\n' })
  expect(out.err).toContain('2 rows to standard output')
  await client.query('create table back (id int, item text)')
  expect(await copy(['-', table('back'), '--format', 'csv'], { input: out.out })).toMatchObject({ code: 0 })
  expect((await client.query('select * from back')).rowCount).toBe(2)
})

test('a file says its format by its name, and is not written over', async () => {
  expect(await copy([table('orders'), 'orders.csv', '--columns', 'item', '--quiet'])).toEqual({
    code: 0,
    out: '',
    err: '',
  })
  expect(await readFile(path.join(folder, 'orders.csv'), 'utf8')).toBe('item\nnut\n"bolt, long"\n')
  expect((await copy([table('orders'), 'orders.csv'])).code).toBe(5)
  expect(await copy([table('orders'), 'orders.xyz'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--format'),
  })
})

test('an increment tells its mark, and the next one starts there', async () => {
  const first = await copy([table('orders'), table('grown'), '--incremental', 'id', '--json'])
  expect(JSON.parse(first.out)).toMatchObject({ route: 'copy', rows: 2, mark: '2', written: 'public.grown' })
  await client.query("insert into orders values (3, 'nail')")
  const second = await copy([table('orders'), table('grown'), '--incremental', 'id', '--after', '2'])
  await client.query('delete from orders where id = 3')
  expect(second.out).toMatch(/^1 row to public\.grown .*\nNext time: --after '3'\n$/)
  expect((await client.query('select * from grown')).rowCount).toBe(3)
})

test('explaining shows the way, the steps and the rows, and does nothing', async () => {
  const ran = await copy([table('orders'), table('unmade'), '--explain'])
  expect(ran.code).toBe(0)
  for (const part of ['binary form', '1. Read public.orders', '2. Make public.unmade', 'bolt, long']) {
    expect(ran.out).toContain(part)
  }
  expect((await client.query("select to_regclass('unmade') as there")).rows).toEqual([{ there: null }])
})

test('the password may come by PGPASSWORD, and a wrong one is never shown', async () => {
  const bare = new URL(url)
  const { password } = bare
  bare.password = ''
  const args = [`${bare.href}?table=orders`, '-', '--format', 'csv']
  expect((await copy(args, { env: { PGPASSWORD: decodeURIComponent(password) } })).code).toBe(0)
  bare.password = 'hunter2'
  const wrong = await copy([`${bare.href}?table=orders`, '-', '--format', 'csv', '--json'])
  expect(wrong.code).toBe(4)
  expect(JSON.parse(wrong.err)).toMatchObject({ error: { code: 'transfer.wrong_password' } })
  expect(wrong.err).not.toContain('hunter2')
})

test('each kind of failure has its exit code', async () => {
  expect((await copy([table('nowhere'), '-', '--format', 'csv'])).code).toBe(3)
  expect((await copy([url, '-', '--format', 'csv'])).code).toBe(2)
  expect((await copy([table('orders'), table('x'), '--append', '--overwrite'])).code).toBe(2)
  expect((await copy([table('orders'), table('x'), '--after', '1'])).code).toBe(2)
  await client.query('create view broken as select 1 / 0 as x')
  expect((await copy([table('broken'), '-', '--format', 'csv'])).code).toBe(1)
})

test('Ctrl-C stops cleanly: exit code 130, the table as it was, nothing left behind', async () => {
  await client.query(`create table slow_to (id int);
    create view slow as select i as id from generate_series(1, 1000000000) i`)
  const interrupt = new AbortController()
  const run = copy([table('slow'), table('slow_to')], { interrupt: interrupt.signal })
  const sessions = async () =>
    (
      await client.query(
        "select 1 from pg_stat_activity where application_name ~ '^crosstie job' and query ~ '^copy'",
      )
    ).rowCount
  await expect.poll(sessions, { timeout: 10_000 }).toBe(2)
  interrupt.abort()
  expect(await run).toEqual({
    code: 130,
    out: '',
    err: 'crosstie: Stopped on request. public.slow_to is as it was.\n',
  })
  expect(await sessions()).toBe(0)
  const left = await client.query("select relname from pg_class where relname ~ '^crosstie_'")
  expect(left.rows).toEqual([])
})
