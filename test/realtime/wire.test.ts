/** What Supabase's client hides: frames, refusals and limits, by bare sockets. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  aWhile,
  type Bare,
  CONNECTORS,
  listening,
  startStage,
  type Stage,
  until,
  type Version,
  VERSIONS,
} from './stage.ts'

let stage: Stage
let token: string
beforeAll(async () => {
  stage = await startStage({
    settings: {
      limit_realtime_channels: '3',
      limit_realtime_joins: '6/minute',
      limit_realtime_messages: '40/10second',
      limit_realtime_message: '20KiB',
      limit_realtime_sockets: '60',
    },
  })
  token = await stage.tokenOf('gus', stage.shop)
})
afterAll(() => stage.stop())

const is = (event: string) => (message: { event: string }) => message.event === event

describe('a socket is refused', () => {
  test.each([
    ['without a key', '', '401'],
    ['with a key that is none', 'nonsense', '401'],
    ['with a forged token', `${'e30'}.${'eyJyb2xlIjoiYW5vbiJ9'}.AAAA`, '401'],
    ['with an application’s secret that is unknown', `xt_1_${'A'.repeat(43)}`, '401'],
    ['by cookie without one', 'cookie', '401'],
  ])('%s', async (_how, key, status) => {
    await expect(stage.socket(key)).rejects.toThrow(status)
  })

  test('with a version that nobody knows', async () => {
    // Only two are known to the compiler, too.
    await expect(stage.socket(stage.anonKey, '3.0.0' as Version)).rejects.toThrow('400')
  })
})

describe('a browser’s session opens a socket', () => {
  const sessionOf = async () => {
    await stage.hub.createUser('pat', { password: 'correct horse' })
    const answer = await stage.hub.anonymous.post('/v1/auth/session', {
      username: 'pat',
      password: 'correct horse',
    })
    return /crosstie_session=[\w-]+/.exec(String(answer.headers['set-cookie']))?.[0] ?? ''
  }

  test('from the hub’s own page, and from no other site', async () => {
    const cookie = await sessionOf()
    await expect(stage.socket('cookie', '2.0.0', { cookie, origin: 'https://evil.example' })).rejects.toThrow(
      '401',
    )
    await expect(stage.socket('cookie', '2.0.0', { cookie })).rejects.toThrow('401')
    const bare = await stage.socket('cookie', '2.0.0', { cookie, origin: stage.hub.url })
    const { payload } = await bare.join(
      'realtime:page',
      listening({ event: '*', schema: 'hub', table: 'connections' }),
    )
    expect(payload.status).toBe('ok')
    // Signed out, it hears no more.
    await stage.hub.sql(
      `insert into identity.user_group (user_id, group_id, role_id) values ($1, $2, 'guest')`,
      [stage.hub.user('pat').id, stage.shop.id],
    )
    await stage.insert(stage.shop)
    await until(() => bare.changes().length > 0, 'the change')
    const before = bare.changes().length
    await stage.hub.sql('delete from identity.session where user_id = $1', [stage.hub.user('pat').id])
    await stage.insert(stage.shop)
    await bare.next(is('phx_close'), 'the end of the channel')
    expect(bare.changes()).toHaveLength(before)
  })
})

describe.each(VERSIONS)('over version %s', (version) => {
  let bare: Bare
  beforeAll(async () => {
    bare = await stage.socket(stage.anonKey, version)
  })

  test('a join is answered with its bindings in order, each with its id, and then by the system', async () => {
    const bindings = [
      { ...CONNECTORS, event: 'INSERT' },
      { ...CONNECTORS, filter: 'status=eq.active' },
      { event: 'DELETE', schema: 'public' },
    ]
    const { payload, topic } = await bare.join(
      'realtime:public:integration_connectors',
      listening(...bindings),
      token,
    )
    expect([payload.status, topic]).toEqual(['ok', 'realtime:public:integration_connectors'])
    expect(payload.response.postgres_changes).toEqual(
      bindings.map((one) => ({ ...one, id: expect.any(Number) })),
    )
    const system = await bare.next(is('system'), 'the system')
    expect(system.payload).toEqual({
      extension: 'postgres_changes',
      status: 'ok',
      message: 'Subscribed to PostgreSQL',
      channel: 'public:integration_connectors',
    })
    const ids = payload.response.postgres_changes.map((one: { id: number }) => one.id)
    const id = await stage.insert(stage.shop)
    const change = await bare.next(is('postgres_changes'), 'the change')
    expect(change.payload.ids).toEqual([ids[0]])
    expect(change.payload.data).toMatchObject({
      schema: 'public',
      table: 'integration_connectors',
      type: 'INSERT',
      errors: null,
      record: { id },
    })
    expect(change.payload.data.commit_timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(change.payload.data.columns).toContainEqual({ name: 'config', type: 'jsonb' })
    expect(change.payload.data.old_record).toBeUndefined()
  })

  test('a heartbeat is answered, and what has no channel is told so', async () => {
    const ref = bare.send('phoenix', 'heartbeat')
    const beat = await bare.next((message) => message.ref === ref, 'the answer')
    expect([beat.topic, beat.event, beat.payload]).toEqual([
      'phoenix',
      'phx_reply',
      { status: 'ok', response: {} },
    ])
    const lost = bare.send('realtime:nowhere', 'broadcast', { event: 'x' })
    const answer = await bare.next((message) => message.ref === lost, 'the answer')
    expect(answer.payload).toEqual({ status: 'error', response: { reason: 'unmatched topic' } })
  })

  test('a filter that says nothing sensible is told by the system, not at the join', async () => {
    const { payload } = await bare.join(
      'realtime:bad',
      listening({ ...CONNECTORS, filter: 'status=like.%' }, { ...CONNECTORS, filter: 'nothing=eq.1' }),
      token,
    )
    expect(payload.status).toBe('ok')
    const system = await bare.next(
      (message) => message.event === 'system' && message.payload.status === 'error',
      'the system',
    )
    expect(system.payload).toMatchObject({
      extension: 'postgres_changes',
      message: 'There is no column "nothing".',
    })
    bare.send('realtime:bad', 'phx_leave')
  })

  test('a second join of a topic closes the first, and changes come once', async () => {
    await bare.join('realtime:twice', listening(), token)
    await bare.join('realtime:twice', listening(), token)
    await bare.next(
      (message) => message.event === 'phx_close' && message.topic === 'realtime:twice',
      'the close',
    )
    await stage.insert(stage.shop)
    await aWhile()
    expect(bare.changes().filter(({ topic }) => topic === 'realtime:twice')).toHaveLength(1)
    const ref = bare.send('realtime:twice', 'phx_leave')
    expect((await bare.next((message) => message.ref === ref, 'the answer')).payload.status).toBe('ok')
    await stage.insert(stage.shop)
    await aWhile()
    expect(bare.changes().filter(({ topic }) => topic === 'realtime:twice')).toHaveLength(1)
  })
})

describe('a join is refused', () => {
  test.each([
    ['to anon, before there is a token', () => [listening(), undefined], /names no company/],
    [
      'to a table that is not open',
      () => [listening({ event: '*', schema: 'identity', table: 'user' }), token],
      /not open to realtime/,
    ],
    [
      'to a view that is the page’s',
      () => [listening({ event: '*', schema: 'hub', table: 'runs' }), token],
      /not open to authenticated/,
    ],
    ['with a forged token', () => [listening(), `${token.slice(0, -4)}AAAA`], /forged/],
  ])('%s', async (_what, ask, words) => {
    const bare = await stage.socket(stage.anonKey)
    const [config, shown] = ask() as [object, string | undefined] // as written above
    const { payload } = await bare.join('realtime:x', config, shown)
    expect(payload.status).toBe('error')
    expect(payload.response.reason).toMatch(words)
  })
})

describe('limits:', () => {
  test('channels of a socket', async () => {
    const bare = await stage.socket(token)
    const answers = []
    for (let n = 0; n < 4; n += 1) answers.push((await bare.join(`realtime:${n}`)).payload)
    expect(answers.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'error'])
    expect(answers[3].response.reason).toMatch(/3 channels at most/)
  })

  test('joins in a time', async () => {
    const bare = await stage.socket(token)
    const answers = []
    for (let n = 0; n < 7; n += 1) answers.push((await bare.join('realtime:same')).payload.status)
    expect(answers).toEqual([...Array.from({ length: 6 }, () => 'ok'), 'error'])
  })

  test('messages in a time', async () => {
    const bare = await stage.socket(token)
    for (let n = 0; n < 60; n += 1) bare.send('phoenix', 'heartbeat')
    expect((await bare.closed).code).toBe(1008)
  })

  test('the size of a message, and what is no frame', async () => {
    const big = await stage.socket(token)
    big.send('realtime:x', 'broadcast', { text: 'x'.repeat(30_000) })
    expect((await big.closed).code).toBe(1009)
    const odd = await stage.socket(token)
    odd.ws.send('{"a": 1')
    expect((await odd.closed).code).toBe(1003)
    const short = await stage.socket(token)
    short.ws.send(Buffer.from([3, 255, 255, 255, 255, 255, 1, 7]))
    expect((await short.closed).code).toBe(1003)
  })

  test('sockets of the hub', async () => {
    const sockets: Bare[] = []
    let refused = ''
    for (let n = 0; n < 70 && refused === ''; n += 1) {
      await stage.socket(token).then(
        (bare) => sockets.push(bare),
        (error: Error) => (refused = error.message),
      )
    }
    expect(refused).toBe('503')
    for (const { ws } of sockets) ws.terminate()
    await aWhile()
    await stage.socket(token)
  })
})

test('bytes are passed on as they are, to those whose version knows them', async () => {
  const from = await stage.socket(token)
  const to = await stage.socket(token)
  const old = await stage.socket(token, '1.0.0')
  for (const one of [from, to, old]) await one.join('realtime:bytes')
  const parts = ['1', '9', 'realtime:bytes', 'raw', ''].map((part) => Buffer.from(part))
  const head = Buffer.from([3, ...parts.map((part) => part.length), 0])
  from.ws.send(Buffer.concat([head, ...parts, Buffer.from([0, 255, 7])]))
  const heard = await to.next(is('kind 4'), 'the bytes')
  expect([heard.topic, heard.payload.event, [...heard.payload.bytes]]).toEqual([
    'realtime:bytes',
    'raw',
    [0, 255, 7],
  ])
  await aWhile()
  expect(old.heard.filter(({ event }) => event !== 'phx_reply')).toEqual([])
})

test('an application shows its secret in place of a key, and its end is the end of what it hears', async () => {
  const { body } = await stage.hub
    .as('max')
    .post('/v1/applications', { name: 'ears', type: 'read_only', user: true })
  const bare = await stage.socket(body.secret)
  expect((await bare.join('realtime:app', listening())).payload.status).toBe('ok')
  await stage.insert(stage.shop)
  await bare.next(is('postgres_changes'), 'the change')
  await stage.hub.sql(`update identity.application set status = 'disabled' where id = $1`, [body.id])
  await stage.insert(stage.shop)
  await bare.next(is('phx_close'), 'the end')
  expect(bare.changes()).toHaveLength(1)
})
