import { createHmac, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'

const KEY = randomBytes(24)
const OLD_KEY = randomBytes(24)
const whsec = (key: Buffer) => `whsec_${key.toString('base64')}`

let hub: TestHub
let group: TestGroup
let developer: Client
let hook: { id: number; uuid: string }

beforeAll(async () => {
  hub = await startTestHub({ settings: { health_minutes: '0', limit_hooks: '40/minute' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
  // Two secrets: one is being replaced.
  hook = await webhook({}, `${whsec(KEY)} ${whsec(OLD_KEY)}`)
})
afterAll(() => hub.stop())

let made = 0
async function webhook(connection_data: object, secret: string): Promise<{ id: number; uuid: string }> {
  const { status, body } = await developer.post('/v1/connections?view=full', {
    group_id: group.id,
    name: `hook ${++made}`,
    description: '',
    type: 'webhook',
    connection_data,
    auth_data: { type: 'hmac', secret },
  })
  expect(status).toBe(200)
  return body
}

interface Sent {
  id?: string
  at?: number
  key?: Buffer
  body?: string
  more?: string
  uuid?: string
}

function send({
  id = randomBytes(8).toString('hex'),
  at,
  key = KEY,
  body = '{"type":"a"}',
  more = '',
  uuid,
}: Sent) {
  const seconds = String(Math.floor((at ?? Date.now()) / 1000))
  const mac = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return hub.anonymous.request({
    method: 'POST',
    url: `/hooks/${uuid ?? hook.uuid}`,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1a,no v1,AAAA ${more}v1,${mac}`,
    },
    payload: body,
  })
}

const kept = () =>
  hub.sql<{ group_id: number; payload: { id: string; type: string; payload: unknown } }>(
    `select group_id::int, payload from platform.event where kind = 'hook.received' order by id`,
  )

describe('Standard Webhooks', () => {
  test('a proved call is an event of the group, once however often it is made', async () => {
    const body = '{"type":"order.paid","data":{"id":7}}'
    expect(await send({ id: 'msg_1', body })).toMatchObject({ status: 200, body: { ok: true } })
    expect((await send({ id: 'msg_1', body })).status).toBe(200)
    expect(await kept()).toEqual([
      {
        group_id: group.id,
        payload: expect.objectContaining({
          id: 'msg_1',
          type: 'order.paid',
          payload: { type: 'order.paid', data: { id: 7 } },
        }),
      },
    ])
  })

  test('the secret that is being replaced is good too, another is not', async () => {
    expect((await send({ key: OLD_KEY })).status).toBe(200)
    expect((await send({ key: randomBytes(24) })).status).toBe(401)
  })

  test('five minutes are the window, before and after', async () => {
    expect((await send({ at: Date.now() - 290_000 })).status).toBe(200)
    expect((await send({ at: Date.now() - 310_000 })).status).toBe(401)
    expect((await send({ at: Date.now() + 310_000 })).status).toBe(401)
  })

  test('the vector that two implementations agree on', async () => {
    const secret = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3'
    const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(
      'msg_1.1700000000.{"a":1}',
    )
    expect(mac.digest('base64')).toBe('WUgAXU8H0NQ1/7M+TtMwKma2b74a3/TCgekiM3YUdN8=')
  })

  test('text that is no JSON, and bytes that are no text, are kept as they are', async () => {
    await send({ id: 'plain', body: 'hello' })
    await send({ id: 'zero', body: '{"a":"\\u0000"}' })
    const last = (await kept()).slice(-2).map(({ payload }) => payload.payload)
    expect(last).toEqual([{ text: 'hello' }, { base64: Buffer.from('{"a":"\\u0000"}').toString('base64') }])
  })

  test('nobody learns whether there is a connection: unknown, of another kind, switched off', async () => {
    const { body: other } = await developer.post('/v1/connections?view=full', {
      group_id: group.id,
      name: 'database',
      description: '',
      type: 'postgres',
      connection_data: { host: '127.0.0.1', port: 1, database_name: 'x' },
      auth_data: { type: 'basic', user: 'u', password: 'p' },
    })
    const unknown = await send({ uuid: '00000000-0000-4000-8000-000000000000' })
    expect(unknown.status).toBe(404)
    expect((await send({ uuid: 'no-uuid' })).status).toBe(422)
    expect(await send({ uuid: other.uuid })).toMatchObject({ status: 404, body: unknown.body })
    await developer.put(`/v1/connections/${hook.id}/status`, { status: 'inactive' })
    expect(await send({})).toMatchObject({ status: 404, body: unknown.body })
    await developer.put(`/v1/connections/${hook.id}/status`, { status: 'active' })
  })
})

describe('plain HMAC', () => {
  const call = (uuid: string, headers: Record<string, string>, payload: string) =>
    hub.anonymous.request({ method: 'POST', url: `/hooks/${uuid}`, headers, payload })

  test("as GitHub signs it, by its delivery's id", async () => {
    const { uuid } = await webhook(
      { scheme: 'hmac', signature_header: 'X-Hub-Signature-256', id_header: 'X-GitHub-Delivery' },
      'a secret of ours',
    )
    const body = '{"action":"opened"}'
    const signature = `sha256=${createHmac('sha256', 'a secret of ours').update(body).digest('hex')}`
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': 'd1' }
    expect((await call(uuid, headers, body)).status).toBe(200)
    expect((await call(uuid, headers, `${body} `)).status).toBe(401)
    expect((await call(uuid, { 'x-github-delivery': 'd1' }, body)).status).toBe(401)
    expect((await kept()).at(-1)).toMatchObject({ payload: { id: 'd1', payload: { action: 'opened' } } })
  })
})

test('one that is flooded is told when to come again', async () => {
  const answers = await Promise.all(Array.from({ length: 45 }, () => send({ key: OLD_KEY })))
  const last = answers.find(({ status }) => status === 429)
  expect(last?.headers).toHaveProperty('retry-after')
})
