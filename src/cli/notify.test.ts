import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Provider, startProvider } from '../../test/fakes/provider.ts'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'

let hub: TestHub
let receiver: Provider
let token: string
beforeAll(async () => {
  receiver = await startProvider()
  hub = await startTestHub({ settings: { allow: '127.0.0.0/8' } })
  const { id } = await hub.createGroup('Shop team', { owner: 'ada', members: { bob: 'guest' } })
  token = (hub.as('ada').authorization ?? '').replace('Bearer ', '')
  const made = await hub.as('ada').post('/v1/connections', {
    group_id: id,
    name: 'ops',
    description: '',
    type: 'webhook_out',
    connection_data: { url: receiver.url, type: 'message' },
    auth_data: { type: 'none' },
  })
  expect(made.status).toBe(200)
  await hub
    .as('ada')
    .post('/v1/templates', { group_id: id, name: 'order', content: 'Order {{ id | plus: 1 }}' })
})
afterAll(async () => {
  await hub.stop()
  await receiver.stop()
})

async function crosstie(words: string[], input = '') {
  const main = path.join(import.meta.dirname, 'main.ts')
  const env = { ...process.env, CROSSTIE_URL: hub.url, CROSSTIE_TOKEN: token, CROSSTIE_GROUP: '' }
  const child = spawn(process.execPath, ['--conditions=source', main, 'notify', ...words], { env })
  const ran = { code: null as number | null, out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (ran.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (ran.err += chunk.toString()))
  child.stdin.end(input)
  await once(child, 'close')
  return { ...ran, code: child.exitCode }
}

it('sends a text from standard input over a connection and to a user, and waits for both', async () => {
  const words = [
    'send',
    '-',
    '--plain',
    '--title',
    'Disks',
    '--to-connection',
    'ops',
    '--to-user',
    'bob',
    '--wait',
  ]
  expect(await crosstie(words, 'all full')).toMatchObject({ code: 0, out: 'All 2 are sent.\n', err: '' })
  expect(receiver.calls.at(-1)?.json.data).toMatchObject({
    title: 'Disks',
    text: 'all full',
    format: 'plain',
  })
  expect((await hub.as('bob').get('/v1/inbox')).body.items[0].text).toBe('all full')
})

it('sends a template with arguments once under a key', async () => {
  const words = [
    'send',
    '--template',
    'order',
    '--arg',
    'id=16',
    '--to-members',
    'owner',
    '--key',
    'k',
    '--json',
  ]
  const [first, second] = [await crosstie(words), await crosstie(words)]
  expect([first.code, JSON.parse(second.out)]).toEqual([
    0,
    { ...JSON.parse(first.out), tasks: expect.anything() },
  ])
  const { out } = await crosstie(['inbox'])
  expect(out).toContain('Order 17')
})

it('says what failed, shows it, and replays it', async () => {
  receiver.says({ status: 400, body: 'no' })
  const failed = await crosstie(['send', 'x', '--to-connection', 'ops', '--wait'])
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('1 of 1 failed') })
  const list = await crosstie(['tasks', '--status', 'failed', '--json'])
  const [{ id }] = JSON.parse(list.out)
  expect((await crosstie(['show', String(id)])).out).toContain('answer: HTTP 400 no')
  receiver.says({})
  expect((await crosstie(['replay', String(id)])).out).toBe(`Task ${id} is sent again.\n`)
})

it('says what is missing', async () => {
  expect(await crosstie(['send', 'x'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Say to whom'),
  })
  expect(await crosstie(['send', 'x', '--to-user', 'nobody'])).toMatchObject({ code: 3 })
})
