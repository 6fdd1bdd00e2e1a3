import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../harness/database.ts'
import { createSampleDatabase, type SampleDatabase } from '../transfer/sample-database.ts'
import {
  childrenOf,
  command,
  type HubProcess,
  makePlace,
  type Person,
  type Place,
  signUp,
  startHub,
} from './hub-process.ts'

/** One connection's password is looked for everywhere, after everything was done with it that can be done. */
let place: Place
let hub: HubProcess
let ada: Person
let database: TestDatabase
let sample: SampleDatabase
let marker: string
/** Values for the paths and queries of the API, by name. */
const known: Record<string, number | string> = {}
/** What was read while a run's process was at work. */
let duringRun: string[]

beforeAll(async () => {
  place = await makePlace()
  database = await createTestDatabase()
  sample = await createSampleDatabase(database)
  marker = sample.authData.password
  await sample.sql(
    `create table orders as select n as id, 'order ' || n as note from generate_series(1, 100) n`,
  )
  await sample.sql('create table orders_copy (like orders)')
  hub = await startHub(place, { CROSSTIE_LOG_LEVEL: 'debug' })
  ada = await signUp(place, hub.url)
})

afterAll(async () => {
  await hub.stop()
  await sample.drop()
  await database.drop()
  await place.clear()
})

const made = async (at: string, body: object): Promise<number> => (await ada.ask('POST', at, body)).id

/** The main path and its failures; a test itself, for it waits for things. */
async function live(): Promise<void> {
  const group_id = await made('/v1/groups', { name: 'Secrets', description: '' })
  const queue_id = await made('/v1/queues', { group_id, name: 'main queue', description: '' })
  const connection = { type: 'postgres', connection_data: sample.connectionData, auth_data: sample.authData }
  const connection_id = await made('/v1/connections', {
    group_id,
    name: 'shop',
    description: '',
    ...connection,
  })
  const wrong = { ...connection, auth_data: { ...sample.authData, user: 'nobody' } }
  const wrongId = await made('/v1/connections', { group_id, name: 'wrong', description: '', ...wrong })
  const transfer = async (name: string, source: number, table: string) => {
    const params = (table_name: string) => ({ type: 'postgres', table_name })
    const ends = { source_connection_id: source, target_connection_id: connection_id }
    const what = { source_params: params(table), target_params: params('public.orders_copy') }
    return made('/v1/transfers', { group_id, queue_id, name, description: '', ...ends, ...what })
  }
  const transfer_id = await transfer('copy', connection_id, 'public.orders')
  const application = await ada.ask('POST', '/v1/applications', { name: 'script', type: 'all', user: true })
  const { id: user_id } = await ada.ask('GET', '/v1/users/me')
  Object.assign(known, { group_id, queue_id, connection_id, transfer_id, user_id })
  Object.assign(known, { application_id: application.id, path: 'public.orders' })

  const unlock = await sample.lock('orders_copy')
  const run_id = await made('/v1/runs', { transfer_id })
  await expect.poll(() => childrenOf(hub.pid, 'engine/child'), { timeout: 20_000 }).toHaveLength(1)
  const [child = 0] = await childrenOf(hub.pid, 'engine/child')
  // It has its order and is at work: it waits for the lock.
  await expect
    .poll(() => sample.sql(`select from pg_locks where not granted`), { timeout: 20_000 })
    .not.toHaveLength(0)
  duringRun = await Promise.all(
    [child, hub.pid].flatMap((pid) => [
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/environ`, 'utf8'),
    ]),
  )
  duringRun.push(...(await filesUnder(path.join(place.data, 'tmp'))))
  await unlock()
  Object.assign(known, { run_id })
  expect(await ended(run_id)).toBe('FINISHED')
  for (const id of [
    await transfer('fails at sign-in', wrongId, 'public.orders'),
    await transfer('fails at the table', connection_id, 'public.missing'),
  ]) {
    expect(await ended(await made('/v1/runs', { transfer_id: id }))).toBe('FAILED')
  }
  const syncs = [connection_id, wrongId].map((id) => made(`/v1/connections/${id}/sync`, {}))
  const [sync_id = 0, failing = 0] = await Promise.all(syncs)
  expect(await ended(sync_id, 'syncs', 'state')).toBe('succeeded')
  expect(await ended(failing, 'syncs', 'state')).toBe('failed')
  Object.assign(known, { sync_id, version: 1 })
  await told(group_id, user_id)
}

/** A message by mail to somebody's address, kept to be sent in an hour. */
async function told(group_id: number, user_id: number): Promise<void> {
  const connection_id = await made('/v1/connections', {
    group_id,
    name: 'mail',
    description: '',
    type: 'smtp',
    connection_data: { host: 'mail.invalid', port: 25, from: 'hub@example.org' },
    auth_data: { type: 'basic', user: 'hub', password: marker },
  })
  const account_id = await made('/v1/accounts', {
    group_id,
    user_id,
    connection_id,
    account: 'a@example.org',
  })
  const template_id = await made('/v1/templates', { group_id, name: 'news', content: 'News: ${what}' })
  const sent = await ada.ask('POST', '/v1/notifications', {
    group_id,
    template: 'news',
    arguments: { what: 'none' },
    to: [{ account: account_id }],
    send_at: new Date(Date.now() + 3_600_000).toISOString(),
  })
  Object.assign(known, { account_id, template_id, task_id: sent.tasks[0].id })
}

async function ended(id: number, kind = 'runs', field = 'status'): Promise<string> {
  const status = async () => (await ada.ask('GET', `/v1/${kind}/${id}`))[field]
  await expect.poll(status, { timeout: 30_000 }).toMatch(/FINISHED|FAILED|succeeded|failed/)
  return status()
}

/** As it stands, and as it would stand in a Basic header or a sealed-looking blob. */
function shows(text: string): boolean {
  return text.includes(marker) || text.includes(Buffer.from(marker).toString('base64').replace(/=+$/, ''))
}

test('everything is done with it that can be done: browsed, run, synced, failed', live)

/** What these answer where there is no provider to sign in by. */
const WITHOUT_PROVIDER: Record<string, number> = {
  '/v1/auth/login': 404,
  '/v1/auth/callback': 422,
  '/v1/oauth/callback': 422,
  '/v1/auth/logout': 204,
}

test('no GET of the API shows it, whatever it is asked for', async () => {
  const { paths } = await ada.ask('GET', '/openapi.json')
  const asked: string[] = []
  const problems: string[] = []
  for (const [template, operations] of Object.entries<Record<string, Operation>>(paths)) {
    if (operations.get === undefined) continue
    const filled = fill(template, operations.get)
    for (const at of [filled, `${filled}${filled.includes('?') ? '&' : '?'}view=full`]) {
      const answer = await fetch(hub.url + at, { headers: { authorization: `Bearer ${ada.token}` } })
      const body = await answer.text()
      asked.push(at)
      if (shows(body) || shows(JSON.stringify([...answer.headers]))) problems.push(`${at} shows it`)
      // `view` is not everywhere; but each operation is to have answered once.
      const expected = WITHOUT_PROVIDER[template] ?? 200
      if (at === filled && answer.status !== expected) problems.push(`${at}: ${answer.status} ${body}`)
    }
  }
  expect(problems).toEqual([])
  expect(asked.length).toBeGreaterThan(40)
})

interface Operation {
  parameters?: { name: string; in: string; required?: boolean }[]
}

function fill(template: string, { parameters = [] }: Operation): string {
  const [first = ''] = /(?<=^\/v1\/)\w+?(?=s\/\{)/.exec(template) ?? []
  const values: typeof known = template.endsWith('/browse') ? { ...known, path: 'public' } : known
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String(known[name === 'id' ? `${first}_id` : name] ?? 1),
  )
  const named = parameters.filter(({ name, in: where, required }) => {
    const isWhole = /^\/v1\/(runs|connections|transfers|queues|applications)$/.test(template)
    return (
      where === 'query' &&
      known[name] !== undefined &&
      (required === true || (isWhole && name === 'group_id'))
    )
  })
  return named.length === 0
    ? filled
    : `${filled}?${named.map(({ name }) => `${name}=${values[name]}`).join('&')}`
}

test('what connections answer to tests, and errors in words, do not show it', async () => {
  const bodies = [
    { ...sample.connectionData, host: 'missing.invalid' },
    { ...sample.connectionData, database_name: 'missing' },
    { ...sample.connectionData, port: 'x' },
  ]
  for (const connection_data of bodies) {
    const answer = await fetch(`${hub.url}/v1/connections/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'postgres', connection_data, auth_data: sample.authData }),
    })
    expect(shows(await answer.text())).toBe(false)
  }
  const kept = await ada.ask('POST', `/v1/connections/${known.connection_id}/test`, {})
  expect(kept).toMatchObject({ ok: true })
  expect(shows(JSON.stringify(kept))).toBe(false)
})

test('no log, argument, environment or temporary file shows it', () => {
  expect(hub.said()).toContain('run finished')
  expect(shows(hub.said())).toBe(false)
  expect(duringRun.length).toBeGreaterThanOrEqual(4)
  expect(duringRun.filter(shows)).toEqual([])
})

test('no file of the data folder holds it in clear, the database and a backup included', async () => {
  const file = path.join(place.folder, 'today.backup.gz')
  const backup = await command(place, ['backup', 'create', '--file', file])
  expect(backup).toMatchObject({ code: 0 })
  const rows = (await promisify(gunzip)(await readFile(file))).toString()
  expect(rows).toContain('orders_copy')
  expect(shows(rows)).toBe(false)
  const files = await filesUnder(place.data)
  expect(files.length).toBeGreaterThan(10)
  expect(files.filter(shows).length).toBe(0)
})

/** What lies in all files below a folder, read byte by byte. */
async function filesUnder(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  const read = await Promise.all(
    names.map(async (name) => {
      const at = path.join(folder, name)
      // What the database takes away meanwhile has nothing to show.
      const isFile = await stat(at).then(
        (found) => found.isFile(),
        () => false,
      )
      return isFile ? readFile(at, 'latin1').catch(() => '') : ''
    }),
  )
  return read.filter((content) => content !== '')
}
