import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, startTestHub, type TestHub } from '../../../test/harness/hub.ts'

let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
  await hub.createUser('root', { superuser: true, password: 'correct horse' })
  await hub.createUser('ada', { password: 'correct horse' })
  await hub.createUser('gone', { password: 'correct horse', status: 'forbidden' })
})
afterAll(() => hub.stop())

const form = (fields: Record<string, string>) =>
  hub.anonymous.request({
    method: 'POST',
    url: '/v1/auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  })
const cookieOf = (answer: Answer) => String(answer.headers['set-cookie'])
const tokenIn = (answer: Answer) => /crosstie_session=([\w-]+)/.exec(cookieOf(answer))?.[1] ?? ''
const signIn = (username: string, password = 'correct horse') =>
  hub.anonymous.post('/v1/auth/session', { username, password })
const withCookie = (
  token: string,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  url: string,
  more: object = {},
) => hub.anonymous.request({ method, url, cookies: { crosstie_session: token }, ...more })
const CSRF = { headers: { 'x-crosstie-csrf': '1' } }

describe('a token', () => {
  test('is given for name and password by form, and opens /v1', async () => {
    const answer = await form({ username: 'ada', password: 'correct horse', grant_type: 'password' })
    expect(answer.body).toMatchObject({ token_type: 'bearer' })
    const tenHours = Date.now() / 1000 + 36_000
    expect(Math.abs(answer.body.expires_at - tenHours)).toBeLessThan(5)
    const me = await hub.withAuthorization(`Bearer ${answer.body.access_token}`).get('/v1/users/me')
    expect(me.body).toEqual({ id: hub.user('ada').id, username: 'ada', is_superuser: false })
  })

  test('is not given for a wrong password, an unknown name or an inactive user, and the three look alike', async () => {
    const answers = await Promise.all([
      form({ username: 'ada', password: 'wrong horse' }),
      form({ username: 'nobody', password: 'correct horse' }),
      form({ username: 'gone', password: 'correct horse' }),
    ])
    for (const { status, body } of answers) {
      expect(status).toBe(401)
      expect(body).toEqual({ error: { code: 'unauthorized', message: 'Not authenticated', details: null } })
    }
  })

  test('is not given to a JSON body, as SyncMaster has it', async () => {
    const answer = await hub.anonymous.post('/v1/auth/token', { username: 'ada', password: 'correct horse' })
    expect(answer.status).toBe(422)
    expect(answer.body.error.details.map((detail: { code: string }) => detail.code)).toEqual([
      'missing',
      'missing',
    ])
  })

  test('of a user who became inactive is 403, of one who is gone 404, a forged one 401', async () => {
    await hub.createUser('leaver')
    await hub.sql(`update identity."user" set status = 'forbidden' where username = 'leaver'`)
    expect((await hub.as('leaver').get('/v1/users/me')).status).toBe(403)
    await hub.sql(`delete from identity."user" where username = 'leaver'`)
    const answer = await hub.as('leaver').get('/v1/users/me')
    expect([answer.status, answer.body.error.message]).toEqual([404, 'User not found'])
    expect((await hub.withAuthorization('Bearer e30.e30.e30').get('/v1/users/me')).status).toBe(401)
    expect((await hub.withAuthorization('Digest x').get('/v1/users/me')).status).toBe(401)
  })

  test('is refused at once after its user ended every session', async () => {
    const { body } = await form({ username: 'ada', password: 'correct horse' })
    const client = hub.withAuthorization(`Bearer ${body.access_token}`)
    expect((await client.post('/v1/users/me/revoke_sessions')).status).toBe(204)
    expect((await client.get('/v1/users/me')).status).toBe(401)
    const next = await form({ username: 'ada', password: 'correct horse' })
    const again = await hub.withAuthorization(`Bearer ${next.body.access_token}`).get('/v1/users/me')
    expect(again.status).toBe(200)
  })
})

describe('a session', () => {
  test('comes as a cookie that scripts cannot read, and ends at sign-out', async () => {
    const answer = await signIn('ada')
    expect(answer.body).toEqual({ id: hub.user('ada').id, username: 'ada', is_superuser: false })
    expect(cookieOf(answer)).toMatch(/HttpOnly/)
    expect(cookieOf(answer)).toMatch(/SameSite=Lax/)
    expect(cookieOf(answer)).not.toMatch(/Secure/)
    const token = tokenIn(answer)
    expect((await withCookie(token, 'GET', '/v1/users/me')).status).toBe(200)
    expect((await withCookie(token, 'DELETE', '/v1/auth/session', CSRF)).status).toBe(204)
    expect((await withCookie(token, 'GET', '/v1/users/me')).status).toBe(401)
  })

  test('is stored as a hash only', async () => {
    const token = tokenIn(await signIn('ada'))
    const rows = await hub.sql('select * from identity.session')
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('does not change anything without the header that other sites cannot send, or from a page of the hub’s own host', async () => {
    const token = tokenIn(await signIn('ada'))
    const body = { payload: { display_name: 'Ada' } }
    expect((await withCookie(token, 'PUT', '/v1/users/me', body)).status).toBe(403)
    expect((await withCookie(token, 'PUT', '/v1/users/me', { ...body, ...CSRF })).status).toBe(200)
    const from = (origin: string) =>
      withCookie(token, 'PUT', '/v1/users/me', { ...body, headers: { origin, host: 'hub.example.com' } })
    expect((await from('https://hub.example.com')).status).toBe(200)
    for (const other of ['https://evil.example', 'https://hub.example.com.evil.example', 'null']) {
      expect([other, (await from(other)).status]).toEqual([other, 403])
    }
  })

  test('cannot be begun by the form of another site', async () => {
    const answer = await hub.anonymous.request({
      method: 'POST',
      url: '/v1/auth/session',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'username=ada&password=correct+horse',
    })
    expect(answer.status).toBe(400)
  })

  test('in use is prolonged once a day', async () => {
    const token = tokenIn(await signIn('ada'))
    expect((await withCookie(token, 'GET', '/v1/users/me')).headers['set-cookie']).toBeUndefined()
    await hub.sql(`update identity.session set expires_at = now() + interval '28 days'`)
    expect(cookieOf(await withCookie(token, 'GET', '/v1/users/me'))).toContain(token)
    const [row] = await hub.sql<{ days: number }>(
      `select max(extract(day from expires_at - now()))::int as days from identity.session`,
    )
    expect(row?.days).toBeGreaterThanOrEqual(29)
  })

  test('of the one who changes the password goes on, every other ends', async () => {
    await hub.createUser('eve', { password: 'first password' })
    const other = tokenIn(await signIn('eve', 'first password'))
    const mine = tokenIn(await signIn('eve', 'first password'))
    const change = { current_password: 'first password', new_password: 'second password' }
    const answer = await withCookie(mine, 'PUT', '/v1/users/me/password', { payload: change, ...CSRF })
    expect(answer.status).toBe(204)
    expect((await withCookie(tokenIn(answer), 'GET', '/v1/users/me')).status).toBe(200)
    for (const ended of [other, mine]) {
      expect((await withCookie(ended, 'GET', '/v1/users/me')).status).toBe(401)
    }
    expect((await hub.as('eve').get('/v1/users/me')).status).toBe(401)
    expect((await signIn('eve', 'first password')).status).toBe(401)
    expect((await signIn('eve', 'second password')).status).toBe(200)
  })
})

test('the ways to sign in are told to anybody', async () => {
  const answer = await hub.anonymous.get('/v1/auth/methods')
  expect(answer.body).toEqual({
    password: true,
    oidc: false,
    oidc_name: null,
    signup: 'closed',
    setup_needed: false,
  })
})

test('passwords of up to 1024 characters work, whatever the characters', async () => {
  const password = '😀'.repeat(1024)
  await hub.as('root').post('/v1/users', { username: 'smile', password })
  expect((await signIn('smile', password)).status).toBe(200)
  expect((await signIn('smile', '😀'.repeat(1023))).status).toBe(401)
})

describe('a hub that is reached by https and allows two tries a minute', () => {
  let strict: TestHub
  beforeAll(async () => {
    const settings = { url: 'https://hub.example.com', limit_sign_in: '2/minute' }
    strict = await startTestHub({ settings })
    await strict.createUser('ada', { password: 'correct horse' })
  })
  afterAll(() => strict.stop())

  test('sets its cookie for https only', async () => {
    const body = { username: 'ada', password: 'correct horse' }
    expect(cookieOf(await strict.anonymous.post('/v1/auth/session', body))).toMatch(/Secure/)
  })

  test('refuses the third wrong one, and says when to come back', async () => {
    const wrong = { username: 'ada', password: 'wrong horse' }
    for (const status of [401, 401, 429]) {
      expect((await strict.anonymous.post('/v1/auth/session', wrong)).status).toBe(status)
    }
    const right = { username: 'ada', password: 'correct horse' }
    const answer = await strict.anonymous.post('/v1/auth/session', right)
    expect([answer.status, answer.body.error.code]).toEqual([429, 'too_many_requests'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  })
})
