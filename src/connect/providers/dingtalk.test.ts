import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeDingtalk, startFakeDingtalk } from '../../../test/fakes/dingtalk.ts'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'
import { openCallback, sealCallback, signCallback } from './dingtalk-callback.ts'

const KEYS = {
  token: 'callback-token',
  aesKey: randomBytes(32).toString('base64').slice(0, 43),
}

let hub: TestHub
let group: TestGroup
let fake: FakeDingtalk
let developer: Client
let id: number
let uuid: string

beforeAll(async () => {
  fake = await startFakeDingtalk()
  hub = await startTestHub({ settings: { allow: '127.0.0.1', health_minutes: '0' } })
  group = await hub.createGroup('Firm', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
  fake.departments = [
    { dept_id: 2, name: 'Sales', parent_id: 1 },
    { dept_id: 3, name: 'North', parent_id: 2 },
    { dept_id: 4, name: 'IT', parent_id: 1 },
  ]
  fake.people = Array.from({ length: 230 }, (_, n) => ({
    userid: `u${n}`,
    name: `Person ${n}`,
    departments: [3],
  }))
  fake.people.push(
    { userid: 'wang1', name: '王伟', departments: [2, 4], email: 'wang@firm.example' },
    { userid: 'wang2', name: '王伟', departments: [1] },
  )
  const { status, body } = await developer.post('/v1/connections?view=full', {
    group_id: group.id,
    name: 'people',
    description: '',
    type: 'dingtalk',
    connection_data: { base_url: fake.url },
    auth_data: {
      type: 'dingtalk',
      app_key: fake.appKey,
      app_secret: fake.appSecret,
      callback_token: KEYS.token,
      callback_aes_key: KEYS.aesKey,
    },
  })
  expect(status).toBe(200)
  ;({ id, uuid } = body)
})
afterAll(async () => {
  await hub.stop()
  await fake.stop()
})

async function ended(sync: number) {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(30)) {
    const { body } = await developer.get(`/v1/syncs/${sync}`)
    if (['succeeded', 'failed', 'stopped'].includes(body.state)) return body
  }
  throw new Error('the sync was not over within 20 s')
}
const synced = async () => ended((await developer.post(`/v1/connections/${id}/sync`)).body.id)

const usersOf = () =>
  hub.sql<{ display_name: string; kind: number; status: string; email: string | null; external_id: string }>(
    `select u.display_name, u.kind, u.status, u.email, e.external_id
     from connect.directory_entry e join identity."user" u on u.id = e.user_id
     where e.connection_id = $1 and u.home_group_id = $2 order by e.id`,
    [id, group.id],
  )
const events = () =>
  hub.sql<{ payload: { entries: { change: string; external_id: string; user_id: number }[] } }>(
    `select payload from platform.event where kind = 'directory.changed' order by id`,
  )

describe('a sync', () => {
  test('walks the tree, page by page, and makes users of people and departments', async () => {
    fake.busy = 2
    expect(await synced()).toMatchObject({ state: 'succeeded', added: 235, unchanged: 0, error: null })
    const users = await usersOf()
    expect(users).toHaveLength(235)
    expect(users.filter(({ kind }) => kind === 1).map(({ display_name }) => display_name)).toEqual([
      'Sales',
      'IT',
      'North',
    ])
    // Of one name twice, the second is told apart by its id; who is in two departments comes once.
    expect(users.filter(({ display_name }) => display_name.startsWith('王伟'))).toMatchObject([
      { display_name: '王伟', kind: 0, external_id: 'wang2' },
      { display_name: '王伟 (wang1)', kind: 0, external_id: 'wang1', email: 'wang@firm.example' },
    ])
    const [told] = await events()
    expect(told?.payload.entries).toHaveLength(235)
  })

  test('of an unchanged directory changes nothing', async () => {
    fake.forgetTokens()
    expect(await synced()).toMatchObject({ added: 0, updated: 0, deleted: 0, unchanged: 235 })
    expect(await events()).toHaveLength(1)
  })

  test('closes who left, opens who came back, and tells', async () => {
    const left = fake.people.splice(0, 1)
    fake.people[1] = { userid: 'u2', name: 'Renamed', departments: [4] }
    expect(await synced()).toMatchObject({ added: 0, updated: 1, deleted: 1, unchanged: 233 })
    const of = async (external: string) =>
      (await usersOf()).find(({ external_id }) => external_id === external)
    expect(await of('u0')).toMatchObject({ status: 'forbidden', display_name: 'Person 0' })
    expect(await of('u2')).toMatchObject({ status: 'active', display_name: 'Renamed' })
    fake.people.push(...left)
    expect(await synced()).toMatchObject({ updated: 1, deleted: 0 })
    expect(await of('u0')).toMatchObject({ status: 'active' })
    const told = (await events()).slice(1).flatMap(({ payload }) => payload.entries)
    expect(told.map(({ change, external_id }) => [change, external_id])).toEqual([
      ['updated', 'u2'],
      ['deleted', 'u0'],
      ['updated', 'u0'],
    ])
  })

  test('of a listing that lost most people closes nobody and says so, until somebody says that it is right', async () => {
    const everybody = fake.people
    fake.people = everybody.slice(0, 20)
    const failed = await synced()
    expect(failed).toMatchObject({
      state: 'failed',
      forced: false,
      deleted: 0,
      error: { code: 'connect.too_many_left', actor: 'you' },
    })
    expect(failed.error.message).toMatch(/lacks 212 of the 232 people .* force/)
    expect((await usersOf()).filter(({ status }) => status === 'forbidden')).toEqual([])
    // Just half is believed.
    fake.people = everybody.slice(0, 116)
    expect(await synced()).toMatchObject({ state: 'succeeded', deleted: 116 })
    // Ten of a few are, too.
    fake.people = everybody.slice(0, 20)
    const forced = (await developer.post(`/v1/connections/${id}/sync?force=true`)).body
    expect(await ended(forced.id)).toMatchObject({ state: 'succeeded', forced: true, deleted: 96 })
    fake.people = everybody.slice(0, 10)
    expect(await synced()).toMatchObject({ state: 'succeeded', deleted: 10 })
    fake.people = everybody
    expect(await synced()).toMatchObject({ state: 'succeeded', updated: 222 })
  })

  test('is stopped within two seconds, and what it has read is thrown away', async () => {
    fake.delayMs = 5_000
    const { body } = await developer.post(`/v1/connections/${id}/sync`)
    await expect.poll(async () => (await developer.get(`/v1/syncs/${body.id}`)).body.state).toBe('running')
    const asked = Date.now()
    expect((await developer.post(`/v1/syncs/${body.id}/stop`)).body.state).toBe('stopping')
    const stopped = await ended(body.id)
    fake.delayMs = 0
    expect(stopped).toMatchObject({ state: 'stopped', added: 0, deleted: 0, error: null })
    expect(Date.now() - asked).toBeLessThan(2_000)
  })

  test('with a wrong secret fails in words that hold no secret', async () => {
    const right = fake.appSecret
    fake.appSecret = 'changed at DingTalk'
    const failed = await synced()
    fake.appSecret = right
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'connect.auth_refused', actor: 'you' } })
    expect(JSON.stringify(failed)).not.toContain(right)
    // Nothing that mends itself: broken at once, and in the document's own column.
    const { body } = await developer.get(`/v1/connections/${id}?view=full`)
    expect(body).toMatchObject({ status: 'error', health: { state: 'broken', code: 'connect.auth_refused' } })
    await synced()
    expect((await developer.get(`/v1/connections/${id}?view=full`)).body.status).toBe('active')
  })
})

describe('a callback', () => {
  const call = (text: string, more: { key?: string; owner?: string } = {}) => {
    const timestamp = String(Date.now())
    const keys = { ...KEYS, aesKey: more.key ?? KEYS.aesKey }
    const sealed = sealCallback(keys, { text, owner: more.owner ?? fake.appKey, timestamp, nonce: 'n1' })
    return hub.anonymous.post(
      `/hooks/${uuid}?signature=${sealed.msg_signature}&timestamp=${timestamp}&nonce=n1`,
      { encrypt: sealed.encrypt },
    )
  }
  const opened = ({ body }: Awaited<ReturnType<typeof call>>) =>
    openCallback(KEYS, {
      signature: body.msg_signature,
      timestamp: body.timeStamp,
      nonce: body.nonce,
      encrypt: body.encrypt,
    })

  test('that only tries the address is answered encrypted', async () => {
    const answer = await call(JSON.stringify({ EventType: 'check_url' }))
    expect(answer.status).toBe(200)
    expect(opened(answer)).toEqual({ text: 'success', owner: fake.appKey })
    const kept = await hub.sql(`select from platform.event where kind = 'hook.received'`)
    expect(kept).toHaveLength(0)
  })

  test('about a person starts a sync, once however often it is repeated', async () => {
    fake.people.push({ userid: 'new', name: 'New', departments: [4] })
    const text = JSON.stringify({ EventType: 'user_add_org', TimeStamp: '1', UserId: ['new'] })
    expect((await call(text)).status).toBe(200)
    expect((await call(text)).status).toBe(200)
    const kept = await hub.sql<{ payload: { type: string } }>(
      `select payload from platform.event where kind = 'hook.received'`,
    )
    expect(kept).toMatchObject([{ payload: { type: 'user_add_org' } }])
    const { body } = await developer.get(`/v1/connections/${id}/syncs`)
    const [newest] = body.items
    expect(newest.trigger).toBe('event')
    await ended(newest.id)
    expect((await usersOf()).some(({ external_id }) => external_id === 'new')).toBe(true)
  })

  test('with another key, another app or another signature is refused', async () => {
    const text = JSON.stringify({ EventType: 'user_add_org' })
    const other = randomBytes(32).toString('base64').slice(0, 43)
    expect((await call(text, { key: other })).status).toBe(401)
    expect((await call(text, { owner: 'another' })).status).toBe(401)
    const forged = await hub.anonymous.post(
      `/hooks/${uuid}?signature=${signCallback('guess', '1', 'n', 'x')}&timestamp=${Date.now()}&nonce=n`,
      { encrypt: 'x' },
    )
    expect(forged.status).toBe(401)
  })
})
