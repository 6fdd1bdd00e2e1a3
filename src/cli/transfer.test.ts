import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from '../../test/transfer/sample-database.ts'

let hub: TestHub
let sample: SampleDatabase
let files: string
let token: string

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'crosstie-cli-'))
  hub = await startTestHub({ settings: { files } })
  sample = await createSampleDatabase(hub)
  await sample.sql(
    `create table orders as select n as id, 'order ' || n as note from generate_series(1, 40) n`,
  )
  const { id } = await hub.createGroup('Shop team', { owner: 'ada' })
  token = (hub.as('ada').authorization ?? '').replace('Bearer ', '')
  await hub.as('ada').post('/v1/queues', { group_id: id, name: 'main queue' })
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
  await rm(files, { recursive: true, force: true })
})

interface Ran {
  code: number | null
  out: string
  err: string
}

async function crosstie(words: string[], input = '', environment: Record<string, string> = {}): Promise<Ran> {
  const child = start(words, environment)
  const ran: Ran = { code: null, out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()))
  child.stdin.end(input)
  await once(child, 'close')
  return { ...ran, code: child.exitCode }
}

function start(words: string[], environment: Record<string, string> = {}) {
  const main = path.join(import.meta.dirname, 'main.ts')
  return spawn(process.execPath, ['--conditions=source', main, ...words], {
    cwd: files,
    env: { PATH: process.env.PATH, CROSSTIE_URL: hub.url, CROSSTIE_TOKEN: token, ...environment },
  })
}

it('syncs a connection from a terminal, waits for its end, and says how it fares', async () => {
  await crosstie(['connection', 'create', 'folder', '--type', 'local', '--set', 'directory=/'])
  const synced = await crosstie(['connection', 'sync', 'folder', '--wait', '--json'])
  expect(synced).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(synced.out)).toMatchObject({ state: 'succeeded', trigger: 'manual', forced: false })
  expect((await crosstie(['connection', 'sync', 'folder', '--wait'])).out).toMatch(
    /^Sync \d+ of folder: 0 added, 0 updated, 0 deleted/,
  )
  const asked = await crosstie(['connection', 'sync', 'folder', '--force', '--json'])
  expect(JSON.parse(asked.out)).toMatchObject({ state: 'pending', forced: true })
  const health = await crosstie(['connection', 'health', 'folder'])
  expect(health.out).toMatch(/^folder: ok since [^\n]+\nNewest sync: \d+, /)
  expect(JSON.parse((await crosstie(['connection', 'health', 'folder', '--json'])).out)).toMatchObject({
    name: 'folder',
    state: 'ok',
    last_sync: { trigger: 'manual' },
  })

  await crosstie(['connection', 'create', 'missing', '--type', 'local', '--set', 'directory=/not-there'])
  const failed = await crosstie(['connection', 'sync', 'missing', '--wait', '--json'])
  expect(failed.code).toBe(1)
  expect(JSON.parse(failed.err).error).toMatchObject({ details: { error: { actor: 'you' } } })
  expect((await crosstie(['connection', 'health', 'missing'])).out).toContain('Who must act: whoever keeps')
  expect((await crosstie(['connection', 'health', 'nobody'])).code).toBe(3)
})

it('makes connections, a transfer and a run from a terminal, and waits for its end', async () => {
  const { host, port, database_name: database } = sample.connectionData
  const settings = [`host=${host}`, `port=${port}`, `database_name=${database}`]
  const made = await crosstie(
    [
      'connection',
      'create',
      'shop',
      '--type',
      'postgres',
      '--json',
      ...settings.flatMap((field) => ['--set', field]),
      '--user',
      sample.authData.user,
      '--password-stdin',
    ],
    sample.authData.password,
  )
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(made.out)).toMatchObject({ name: 'shop', auth_data: { type: 'basic' } })
  expect(await crosstie(['connection', 'create', 'files', '--type', 'local'])).toMatchObject({ code: 0 })
  expect((await crosstie(['connection', 'test', 'shop'])).out).toMatch(/^Signed in to PostgreSQL/)
  expect((await crosstie(['connection', 'browse', 'shop', 'public'])).out).toContain('public.orders')
  const listed = await crosstie(['connection', 'list'])
  expect(listed.out).toContain(`${host}:${port}/${database}`)

  const transfer = await crosstie([
    'transfer',
    'create',
    'orders out',
    '--from',
    'shop:public.orders',
    '--to',
    'files:/out/orders.csv',
    '--schedule',
    '0 3 * * *',
    '--timezone',
    'Asia/Shanghai',
    '--missed',
    'skip',
    '--overlap',
    'queue',
  ])
  expect(transfer).toMatchObject({ code: 0, err: '' })
  expect((await crosstie(['transfer', 'explain', 'orders out', '--rows', '2'])).out).toContain('order 2')
  const run = await crosstie(['transfer', 'run', 'orders out', '--wait'])
  expect(run).toMatchObject({ code: 0, out: expect.stringMatching(/^Run \d+ finished: 40 rows in /) })
  expect(await readFile(path.join(files, 'out', 'orders.csv'), 'utf8')).toContain('40,order 40')
  const shown = JSON.parse((await crosstie(['transfer', 'list', '--json'])).out)
  expect(shown[0]).toMatchObject({
    last_run: { status: 'FINISHED' },
    next_runs: [expect.any(String), expect.any(String), expect.any(String)],
    timezone: 'Asia/Shanghai',
    missed_runs: 'skip',
    overlap: 'queue',
  })
  const runs = JSON.parse((await crosstie(['transfer', 'runs', 'orders out', '--json'])).out)
  expect((await crosstie(['transfer', 'log', String(runs[0].id)])).out).toContain('40 rows carried')

  // The file is there now, and replacing it was not asked for.
  const again = await crosstie(['transfer', 'run', 'orders out', '--wait'])
  expect(again).toMatchObject({ code: 1, out: '' })
  expect(again.err).toMatch(/crosstie: Run \d+ failed: .*orders\.csv/)
})

it('says which run a run waits for', async () => {
  const unlock = await sample.lock('orders')
  const { id: ahead } = JSON.parse((await crosstie(['transfer', 'run', 'orders out', '--json'])).out)
  const waiting = start(['transfer', 'run', 'orders out', '--wait'])
  for await (const said of waiting.stderr) {
    if (String(said).includes(`Waits until run ${ahead} of this transfer is over.`)) break
  }
  await unlock()
  if (waiting.exitCode === null) await once(waiting, 'close')
})

it('says in one line what went wrong, and exits as scripts rely on', async () => {
  expect(await crosstie(['transfer', 'show', '999999'])).toEqual({
    code: 3,
    out: '',
    err: 'crosstie: Transfer not found\n',
  })
  expect(await crosstie(['transfer', 'list'], '', { CROSSTIE_TOKEN: 'no' })).toMatchObject({ code: 4 })
  expect(await crosstie(['transfer', 'list'], '', { CROSSTIE_TOKEN: '' })).toMatchObject({
    code: 4,
    err: expect.stringContaining('CROSSTIE_TOKEN is not set'),
  })
  expect(await crosstie(['transfer', 'list', '--url', 'http://127.0.0.1:1'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('No hub answers at http://127.0.0.1:1'),
  })
  const bad = await crosstie(['connection', 'create', 'x', '--type', 'postgres', '--json'])
  expect(bad.code).toBe(2)
  expect(JSON.parse(bad.err)).toMatchObject({
    error: { message: expect.stringContaining('postgres.name: String should have at least 3 characters') },
  })
})

it('Ctrl-C while it waits leaves the run running, and says so', async () => {
  await sample.sql('create table busy (id int, note text)')
  await crosstie([
    'transfer',
    'create',
    'to busy',
    '--from',
    'shop:public.orders',
    '--to',
    'shop:public.busy',
  ])
  const unlock = await sample.lock('busy')
  const child = start(['transfer', 'run', 'to busy', '--wait'])
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await new Promise((resolve) => child.stderr.once('data', resolve))
  child.kill('SIGINT')
  await once(child, 'close')
  expect(child.exitCode).toBe(130)
  const run = /run (\d+) goes on/.exec(said)?.[1]
  const stopped = await crosstie(['transfer', 'stop', String(run)])
  expect(stopped).toMatchObject({ code: 0, out: `Run ${run} was asked to stop.\n` })
  await unlock()
})
