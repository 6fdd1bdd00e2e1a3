import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { operatorCaller } from '../caller.ts'
import { operateIdentity } from '../operate.ts'
import { type Answer, startTestHub, type TestHub } from '../../../test/harness/hub.ts'
import { type OpenIdServer, startOpenIdServer } from '../../../test/harness/openid.ts'

let openid: OpenIdServer
let hub: TestHub
let count = 0
beforeAll(async () => {
  openid = await startOpenIdServer()
  hub = await startTestHub({ settings: openid.settings })
  openid.register(`${hub.url}/auth/callback`)
})
afterAll(async () => {
  await hub.stop()
  await openid.stop()
})
beforeEach(() => Object.assign(openid.manner, { accessTokenS: 300, claimsInIdToken: false, down: false }))

/** A browser: it keeps the hub's cookies. */
function browser() {
  const cookies: { [name: string]: string } = {}
  const ask = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    more: object = {},
  ): Promise<Answer> => {
    const headers = { 'x-crosstie-csrf': '1' }
    const answer = await hub.anonymous.request({ method, url, cookies, headers, ...more })
    for (const line of [answer.headers['set-cookie'] ?? []].flat().map(String)) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') delete cookies[name]
      else cookies[name] = value
    }
    return answer
  }
  /** The path that the page then asks the API with: what stands in its own address. */
  const callback = (back: URL) => `/v1${back.pathname}${back.search}`
  return {
    cookies,
    ask,
    callback,
    begin: async (next = '/') => {
      const answer = await ask('GET', `/v1/auth/login?next=${encodeURIComponent(next)}`)
      return String(answer.headers.location)
    },
    signIn: async (subject: string, next = '/') => {
      const answer = await ask('GET', `/v1/auth/login?next=${encodeURIComponent(next)}`)
      const back = await openid.signIn(String(answer.headers.location), subject)
      return ask('GET', callback(back))
    },
    me: () => ask('GET', '/v1/users/me'),
  }
}

/** Somebody whom the provider knows. */
function person(claims: Record<string, string> = {}) {
  const subject = `subject-${++count}`
  const username = claims['preferred_username'] ?? `person${count}`
  openid.people.set(subject, { preferred_username: username, ...claims })
  return { subject, username }
}

const words = (answer: Answer) => [answer.status, answer.body?.error.message]

describe('the first sign-in', () => {
  test('makes a user of the claims, and comes back to where one was going', async () => {
    const { subject, username } = person({
      email: 'zoe@example.com',
      given_name: 'Zoë',
      middle_name: 'M.',
      family_name: 'Zed',
      name: 'Zoë Zed',
    })
    const window = browser()
    const answer = await window.signIn(subject, '/transfers?group=3#x')
    expect([answer.status, answer.headers['x-crosstie-next']]).toEqual([204, '/transfers?group=3#x'])
    expect((await window.me()).body).toMatchObject({ username, is_superuser: false })
    const [row] = await hub.sql(
      'select email, first_name, middle_name, last_name, display_name, status from identity."user" where username = $1',
      [username],
    )
    expect(row).toEqual({
      email: 'zoe@example.com',
      first_name: 'Zoë',
      middle_name: 'M.',
      last_name: 'Zed',
      display_name: 'Zoë Zed',
      status: 'active',
    })
    expect(Object.keys(window.cookies)).toEqual(['crosstie_session'])
  })

  test('works with a provider that puts the claims into the ID token', async () => {
    openid.manner.claimsInIdToken = true
    openid.register(`${hub.url}/auth/callback`)
    const { subject, username } = person()
    const window = browser()
    await window.signIn(subject)
    expect((await window.me()).body.username).toBe(username)
  })

  test('twice at once makes one user', async () => {
    const { subject, username } = person()
    const answers = await Promise.all(
      [browser(), browser(), browser()].map((window) => window.signIn(subject)),
    )
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
    expect(await hub.sql('select from identity."user" where username = $1', [username])).toHaveLength(1)
  })

  test('is the same user later on, whose fields stay as they are here', async () => {
    const { subject, username } = person({ email: 'old@example.com' })
    await browser().signIn(subject)
    openid.people.set(subject, { preferred_username: 'renamed', email: 'new@example.com' })
    const window = browser()
    await window.signIn(subject)
    const me = await window.ask('GET', '/v1/users/me?view=full')
    expect(me.body).toMatchObject({ username, email: 'old@example.com' })
  })

  test('is that of a user without a password who was made beforehand', async () => {
    const { subject, username } = person()
    const made = await hub.createUser(username, { superuser: true })
    const window = browser()
    await window.signIn(subject)
    expect((await window.me()).body).toEqual({ id: made.id, username, is_superuser: true })
  })

  test('does not take over a user with a password, or one of another account, by the name alone', async () => {
    const victim = person()
    await hub.createUser(victim.username, { password: 'correct horse' })
    const answer = await browser().signIn(victim.subject)
    expect(answer.status).toBe(409)
    expect(answer.body.error.message).toContain('link the two accounts')

    const first = person()
    await browser().signIn(first.subject)
    const second = person({ preferred_username: first.username })
    expect((await browser().signIn(second.subject)).status).toBe(409)
  })

  test('refuses a name that cannot be one here', async () => {
    const { subject } = person({ preferred_username: 'two words' })
    expect((await browser().signIn(subject)).status).toBe(403)
  })
})

describe('a user who is not active', () => {
  test.each([
    ['closed', 'forbidden', 'was closed'],
    ['waiting', 'pending', 'waits for an administrator'],
  ])('%s is refused in words', async (_case, status, expected) => {
    const { subject, username } = person()
    await browser().signIn(subject)
    await hub.sql('update identity."user" set status = $2 where username = $1', [username, status])
    const window = browser()
    const answer = await window.signIn(subject)
    expect(answer.status).toBe(403)
    expect(answer.body.error.message).toContain(expected)
    expect(window.cookies).toEqual({})
  })

  test('closed for good is not made anew', async () => {
    await hub.createUser('closer', { superuser: true })
    const { subject, username } = person()
    const window = browser()
    await window.signIn(subject)
    const { id } = (await window.me()).body
    expect((await hub.as('closer').delete(`/v1/users/${id}`)).status).toBe(204)
    expect((await window.me()).status).toBe(401)
    expect((await browser().signIn(subject)).status).toBe(403)
    expect(await hub.sql('select from identity."user" where username = $1', [username])).toEqual([])
  })
})

describe('a sign-in that does not fit', () => {
  const callbackOf = async (
    window: ReturnType<typeof browser>,
    subject: string,
    change: (url: URL) => void,
  ) => {
    const url = new URL(await window.begin())
    change(url)
    return openid.signIn(url.href, subject)
  }

  test('with another state is refused', async () => {
    const window = browser()
    const back = await callbackOf(window, person().subject, () => {})
    back.searchParams.set('state', 'another')
    const answer = await window.ask('GET', window.callback(back))
    expect(words(answer)).toEqual([401, expect.stringContaining('Begin again')])
  })

  test('with another nonce is refused', async () => {
    const window = browser()
    const back = await callbackOf(window, person().subject, (url) => url.searchParams.set('nonce', 'another'))
    const answer = await window.ask('GET', window.callback(back))
    expect(words(answer)).toEqual([401, expect.stringContaining('does not belong to this sign-in')])
  })

  test('begun in another browser is refused, also without a state', async () => {
    const attacker = browser()
    const back = await callbackOf(attacker, person().subject, () => {})
    const victim = browser()
    expect((await victim.ask('GET', victim.callback(back))).status).toBe(401)
    await victim.begin()
    const code = back.searchParams.get('code') ?? ''
    expect((await victim.ask('GET', `/v1/auth/callback?code=${code}`)).status).toBe(401)
    expect(victim.cookies).toEqual({})
  })

  test('from another issuer is refused', async () => {
    const window = browser()
    const back = await callbackOf(window, person().subject, () => {})
    back.searchParams.set('iss', 'https://other.example.com')
    expect((await window.ask('GET', window.callback(back))).status).toBe(401)
  })

  test('whose code was used already is refused', async () => {
    const window = browser()
    const back = await callbackOf(window, person().subject, () => {})
    const kept = { ...window.cookies }
    expect((await window.ask('GET', window.callback(back))).status).toBe(204)
    Object.assign(window.cookies, kept)
    const again = await window.ask('GET', window.callback(back))
    expect(words(again)).toEqual([401, expect.stringContaining('invalid_grant')])
  })

  test('that took longer than ten minutes is refused', async () => {
    const window = browser()
    const back = await callbackOf(window, person().subject, () => {})
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 })
    const answer = await window.ask('GET', window.callback(back)).finally(() => vi.useRealTimers())
    expect(words(answer)).toEqual([401, expect.stringContaining('ten minutes')])
  })

  test('with a cookie that was made up is refused', async () => {
    const window = browser()
    const back = await callbackOf(window, person().subject, () => {})
    window.cookies['crosstie_oidc'] = 'eyJhbGciOiJkaXIifQ..x.y.z'
    expect((await window.ask('GET', window.callback(back))).status).toBe(401)
  })

  test('has no next page but the hub’s own', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example']) {
      const answer = await browser().signIn(person().subject, next)
      expect([next, answer.headers['x-crosstie-next']]).toEqual([next, '/'])
    }
  })
})

describe('an anonymous request', () => {
  test('is told where to sign in, as SyncMaster’s clients expect, who hand on the code alone', async () => {
    const window = browser()
    const refused = await window.ask('GET', '/v1/users/me')
    expect(refused).toMatchObject({
      status: 401,
      body: { error: { code: 'unauthorized', message: 'Please authorize using provided URL' } },
    })
    const url = refused.body.error.details
    expect(url).toMatch(new RegExp(`^${openid.issuer}/`))
    expect((await window.ask('GET', '/v1/groups')).body.error.details).toBe(url)
    const { subject, username } = person()
    const back = await openid.signIn(url, subject)
    const code = back.searchParams.get('code') ?? ''
    const answer = await window.ask('GET', `/v1/auth/callback?code=${encodeURIComponent(code)}`)
    expect(answer.status).toBe(204)
    expect((await window.me()).body.username).toBe(username)
  })

  test('that tried a token is told in the usual words', async () => {
    const answer = await hub.withAuthorization('Bearer wrong').get('/v1/users/me')
    expect(answer.body.error).toEqual({ code: 'unauthorized', message: 'Not authenticated', details: null })
  })

  test('that comes back without a code is 422', async () => {
    expect((await hub.anonymous.get('/v1/auth/callback')).status).toBe(422)
  })
})

describe('a session from the provider', () => {
  const soon = () => new Promise((resolve) => setTimeout(resolve, 1_100))
  const tokenRequests = () => openid.asked.get('/token') ?? 0

  test('is refreshed on the way, once for all requests of a moment', async () => {
    openid.manner.accessTokenS = 1
    const { subject, username } = person()
    const window = browser()
    await window.signIn(subject)
    for (const round of [1, 2]) {
      await soon()
      if (round === 2) openid.manner.accessTokenS = 300
      const before = tokenRequests()
      const answers = await Promise.all(Array.from({ length: 8 }, () => window.me()))
      for (const { body } of answers) expect(body.username).toBe(username)
      expect(tokenRequests() - before).toBe(1)
    }
    const before = tokenRequests()
    await window.me()
    expect(tokenRequests()).toBe(before)
  })

  test('ends when the provider refuses to refresh it, and the way back is told', async () => {
    openid.manner.accessTokenS = 1
    const { subject } = person()
    const window = browser()
    await window.signIn(subject)
    await openid.revoke(subject)
    await soon()
    expect(words(await window.me())).toEqual([401, 'Please authorize using provided URL'])
    openid.manner.accessTokenS = 300
    expect((await window.me()).status).toBe(401)
  })

  test('waits while the provider is away: 503 in words, and it goes on later', async () => {
    openid.manner.accessTokenS = 1
    const { subject } = person()
    const window = browser()
    await window.signIn(subject)
    await soon()
    openid.manner.down = true
    expect(words(await window.me())).toEqual([503, expect.stringContaining('does not answer')])
    openid.manner.down = false
    expect((await window.me()).status).toBe(200)
  })

  test('ends here and there by logout', async () => {
    openid.manner.accessTokenS = 1
    const { subject } = person()
    const window = browser()
    await window.signIn(subject)
    const kept = { ...window.cookies }
    const before = openid.asked.get('/token/revocation') ?? 0
    expect((await window.ask('GET', '/v1/auth/logout')).status).toBe(204)
    expect(openid.asked.get('/token/revocation')).toBe(before + 1)
    expect(window.cookies).toEqual({})
    Object.assign(window.cookies, kept)
    expect((await window.me()).status).toBe(401)
  })

  test('ends here by logout although the provider is away, and not by a link of another site', async () => {
    const window = browser()
    await window.signIn(person().subject)
    const foreign = await window.ask('GET', '/v1/auth/logout', {
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(foreign.status).toBe(403)
    expect((await window.me()).status).toBe(200)
    openid.manner.down = true
    const kept = { ...window.cookies }
    expect((await window.ask('DELETE', '/v1/auth/session')).status).toBe(204)
    openid.manner.down = false
    Object.assign(window.cookies, kept)
    expect((await window.me()).status).toBe(401)
  })

  test('keeps the provider’s tokens sealed', async () => {
    await browser().signIn(person().subject)
    const rows = await hub.sql<{ value: string }>('select value from identity.oidc_session')
    for (const { value } of rows) {
      const header = JSON.parse(Buffer.from(value.split('.')[0] ?? '', 'base64url').toString())
      expect(header).toMatchObject({ alg: 'dir', enc: 'A256GCM' })
    }
    expect(rows.length).toBeGreaterThan(0)
  })
})

describe('linking', () => {
  const signedIn = async (username: string) => {
    const window = browser()
    const payload = { username, password: 'correct horse' }
    expect((await window.ask('POST', '/v1/auth/session', { payload })).status).toBe(200)
    return window
  }

  test('binds one’s account at the provider to the user one is', async () => {
    const { subject } = person()
    const username = `local${++count}`
    const made = await hub.createUser(username, { password: 'correct horse' })
    const window = await signedIn(username)
    const { body } = await window.ask('POST', '/v1/auth/link', { payload: { next: '/me' } })
    const answer = await window.ask('GET', window.callback(await openid.signIn(body.url, subject)))
    expect([answer.status, answer.headers['x-crosstie-next']]).toEqual([204, '/me'])
    const other = browser()
    await other.signIn(subject)
    expect((await other.me()).body.id).toBe(made.id)
  })

  test('is not done for somebody else’s account, nor for another user than the one who began it', async () => {
    const taken = person()
    await browser().signIn(taken.subject)
    const names = [`local${++count}`, `local${++count}`] as const
    for (const name of names) await hub.createUser(name, { password: 'correct horse' })
    const window = await signedIn(names[0])
    const first = await window.ask('POST', '/v1/auth/link', { payload: {} })
    const answer = await window.ask(
      'GET',
      window.callback(await openid.signIn(first.body.url, taken.subject)),
    )
    expect(words(answer)).toEqual([409, expect.stringContaining('linked to another user')])

    const second = await window.ask('POST', '/v1/auth/link', { payload: {} })
    const back = await openid.signIn(second.body.url, person().subject)
    const { crosstie_session } = (await signedIn(names[1])).cookies
    Object.assign(window.cookies, { crosstie_session: crosstie_session ?? '' })
    expect((await window.ask('GET', window.callback(back))).status).toBe(401)
  })

  test('by an operator works, and unlinking ends what was begun there', async () => {
    const { subject } = person({ preferred_username: 'renamed there' })
    const username = `local${++count}`
    await hub.createUser(username, { password: 'correct horse' })
    const { users } = operateIdentity(hub.db, operatorCaller('tester'))
    await users.link(username, { issuer: openid.issuer, subject })
    const byPassword = await signedIn(username)
    const window = browser()
    await window.signIn(subject)
    expect((await window.me()).body.username).toBe(username)
    expect(await users.unlink(username, openid.issuer)).toBe(1)
    expect((await window.me()).status).toBe(401)
    expect((await byPassword.me()).status).toBe(200)
    expect((await browser().signIn(subject)).status).toBe(403)
  })

  test('is begun by the page only: a link of another site would bind a stranger’s account', async () => {
    const username = `local${++count}`
    await hub.createUser(username, { password: 'correct horse' })
    const window = await signedIn(username)
    expect((await window.ask('POST', '/v1/auth/link', { payload: {}, headers: {} })).status).toBe(403)
    expect((await hub.as(username).post('/v1/auth/link', {})).status).toBe(400)
  })
})

test('methods tell the provider’s name', async () => {
  expect((await hub.anonymous.get('/v1/auth/methods')).body).toMatchObject({
    oidc: true,
    oidc_name: 'Office',
  })
})

describe('another hub', () => {
  let other: TestHub | undefined
  afterEach(async () => {
    await other?.stop()
    other = undefined
  })

  test('whose provider is away starts, lets in by password, and says what is the matter', async () => {
    const settings = { oidc_issuer: 'http://127.0.0.1:9', oidc_client_id: 'x' }
    other = await startTestHub({ settings })
    await other.createUser('ada')
    expect((await other.as('ada').get('/v1/users/me')).status).toBe(200)
    expect(words(await other.anonymous.get('/v1/users/me'))).toEqual([401, 'Not authenticated'])
    expect(words(await other.anonymous.get('/v1/auth/login'))).toEqual([
      503,
      expect.stringContaining('CROSSTIE_OIDC_ISSUER'),
    ])
    const page = await other.anonymous.request({
      method: 'GET',
      url: '/v1/auth/login?next=/runs',
      headers: { accept: 'text/html' },
    })
    expect([page.status, page.headers.location]).toEqual([
      302,
      '/sign-in?problem=identity.oidc_unavailable&to=%2Fruns',
    ])
  })

  test('with a wrong secret says so', async () => {
    other = await startTestHub({
      settings: {
        ...openid.settings,
        oidc_client_secret: 'wrong',
        oidc_redirect_url: `${hub.url}/auth/callback`,
      },
    })
    const login = await other.anonymous.get('/v1/auth/login')
    const cookie = String(login.headers['set-cookie']).split(';')[0] ?? ''
    const back = await openid.signIn(String(login.headers.location), person().subject)
    const url = `/v1${back.pathname}${back.search}`
    const answer = await other.anonymous.request({ method: 'GET', url, headers: { cookie } })
    expect(words(answer)).toEqual([503, expect.stringContaining('CROSSTIE_OIDC_CLIENT_SECRET')])
  })

  test('takes nobody in that is not a user already, or only after approval, as it is set', async () => {
    const redirect = { oidc_redirect_url: `${hub.url}/auth/callback` }
    for (const [oidc_signup, expected] of [
      ['closed', 'does not make one'],
      ['approval', 'waits for an administrator'],
    ] as const) {
      other = await startTestHub({ settings: { ...openid.settings, ...redirect, oidc_signup } })
      const login = await other.anonymous.get('/v1/auth/login')
      const cookie = String(login.headers['set-cookie']).split(';')[0] ?? ''
      const back = await openid.signIn(String(login.headers.location), person().subject)
      const url = `/v1${back.pathname}${back.search}`
      const answer = await other.anonymous.request({ method: 'GET', url, headers: { cookie } })
      expect(words(answer)).toEqual([403, expect.stringContaining(expected)])
      const rows = await other.sql<{ status: string }>('select status from identity."user" where kind = 0')
      expect(rows.map(({ status }) => status)).toEqual(oidc_signup === 'closed' ? [] : ['pending'])
      await other.stop()
      other = undefined
    }
  })

  test('with half of the settings does not start', async () => {
    const started = startTestHub({ settings: { oidc_issuer: openid.issuer } })
    await expect(started).rejects.toThrow(/CROSSTIE_OIDC_CLIENT_ID/)
    const plain = startTestHub({ settings: { oidc_issuer: 'http://login.example.com' } })
    await expect(plain).rejects.toThrow(/https/)
  })

  test('without a provider says what to set', async () => {
    other = await startTestHub()
    expect(words(await other.anonymous.get('/v1/auth/login'))).toEqual([
      404,
      expect.stringContaining('CROSSTIE_OIDC_ISSUER'),
    ])
    expect((await other.anonymous.get('/v1/auth/callback?code=x')).status).toBe(404)
  })
})
