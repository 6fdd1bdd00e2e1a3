/** A connection is signed in by the browser, at a real OpenID Connect provider. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'
import { type OpenIdServer, startOpenIdServer } from '../../test/harness/openid.ts'

let office: OpenIdServer
let hub: TestHub
let group: TestGroup
let developer: Client
beforeAll(async () => {
  office = await startOpenIdServer()
  office.people.set('ada', { preferred_username: 'ada' })
  // Tokens end before they are a minute away from it: each use refreshes.
  office.manner.accessTokenS = 50
  hub = await startTestHub({ settings: { allow: '127.0.0.1', health_minutes: '0' } })
  office.register(`${hub.url}/v1/oauth/callback`)
  group = await hub.createGroup('Shop', {
    owner: 'owner',
    members: { dev: 'developer', other: 'developer', guest: 'guest' },
  })
  developer = hub.as('dev')
})
afterAll(async () => {
  await hub.stop()
  await office.stop()
})

let made = 0
const bodyOf = (more: object = {}) => ({
  group_id: group.id,
  name: `office ${++made}`,
  description: '',
  type: 'http',
  connection_data: { base_url: office.issuer, check_path: '/me' },
  auth_data: {
    type: 'oauth2',
    token_url: `${office.issuer}/token`,
    authorization_url: `${office.issuer}/auth`,
    client_id: office.settings.oidc_client_id,
    client_secret: office.clientSecret,
    scope: 'openid profile',
    refresh_token: '',
    ...more,
  },
})
async function connection(more: object = {}): Promise<number> {
  const { status, body } = await developer.post('/v1/connections', bodyOf(more))
  expect(status).toBe(200)
  return body.id
}
async function begin(id: number) {
  const { status, body, headers } = await developer.post(`/v1/connections/${id}/oauth/authorize`)
  expect(status).toBe(200)
  const flags = String(headers['set-cookie'])
  return { ...body, url: new URL(body.url), cookie: flags.split(';')[0] ?? '', flags }
}
/** The browser comes back from the other system. */
const back = (to: URL, cookie: string, { who = developer, accept = 'text/html' } = {}) =>
  who.request({ method: 'GET', url: `${to.pathname}${to.search}`, headers: { cookie, accept } })
const full = async (id: number) => (await developer.get(`/v1/connections/${id}?view=full`)).body

test('signing in at the other system makes it well: sealed, active, and back on its page', async () => {
  const id = await connection()
  const untried = (await developer.post(`/v1/connections/${id}/test`)).body
  expect(untried).toMatchObject({ ok: false, details: { code: 'connect.reauth_required' } })
  expect(await full(id)).toMatchObject({
    status: 'reauth_required',
    health: { state: 'broken', actor: 'you' },
  })

  const begun = await begin(id)
  expect(begun.redirect_uri).toBe(`${hub.url}/v1/oauth/callback`)
  expect(begun.flags).toMatch(/HttpOnly/)
  expect(begun.flags).toMatch(/SameSite=Lax/)
  expect(Object.fromEntries(begun.url.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    scope: 'openid profile',
  })
  const answer = await back(await office.signIn(begun.url.href, 'ada'), begun.cookie)
  expect(answer.status).toBe(302)
  expect(answer.headers['location']).toBe(`/connections/${id}?sign_in=done`)
  expect(String(answer.headers['set-cookie'])).toMatch(/crosstie_connection_flow=;/)

  // Twice: what the refresh gives is kept, as ever.
  expect((await developer.post(`/v1/connections/${id}/test`)).body).toMatchObject({ ok: true })
  expect((await developer.post(`/v1/connections/${id}/test`)).body).toMatchObject({ ok: true })
  const now = await full(id)
  expect(now).toMatchObject({
    status: 'active',
    health: { state: 'ok' },
    secrets: { refresh_token: { set: true, updated_at: expect.any(String) }, client_secret: { set: true } },
  })
  expect(JSON.stringify(now)).not.toMatch(/"(access|refresh)_token":\s*"/)
  const told = await hub.sql<{ kind: string }>(
    `select kind from platform.event where kind like 'connection.%' and payload ->> 'connection_id' = $1 order by id`,
    [String(id)],
  )
  expect(told.map(({ kind }) => kind)).toEqual([
    'connection.created',
    'connection.unhealthy',
    'connection.recovered',
  ])
  const noted = await hub.sql(
    `select from identity.audit where action = 'connection.sign_in' and object_id = $1`,
    [String(id)],
  )
  expect(noted).toHaveLength(1)
})

test('a sign-in ends only where it began: same browser, same user, same state, once', async () => {
  const id = await connection()
  const begun = await begin(id)
  const to = await office.signIn(begun.url.href, 'ada')
  const wrong = new URL(to)
  wrong.searchParams.set('state', 'another')
  const refusals = [
    await back(to, ''),
    await back(to, 'crosstie_connection_flow=made-up'),
    await back(wrong, begun.cookie),
    await back(to, begun.cookie, { who: hub.as('other') }),
  ]
  expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400])
  expect((await back(to, begun.cookie, { who: hub.anonymous })).status).toBe(401)
  expect((await back(to, begun.cookie)).headers['location']).toBe(`/connections/${id}?sign_in=done`)
  // The other system lets a code be used once.
  expect((await back(to, begun.cookie)).headers['location']).toBe(
    `/connections/${id}?sign_in=connect.sign_in_refused`,
  )
})

test('saying no there is told on the page, and to a script in words; nothing is changed', async () => {
  const id = await connection()
  const begun = await begin(id)
  const to = await office.signIn(begun.url.href, '')
  expect((await back(to, begun.cookie)).headers['location']).toBe(
    `/connections/${id}?sign_in=connect.sign_in_refused`,
  )
  const script = await back(to, begun.cookie, { accept: 'application/json' })
  expect(script.status).toBe(400)
  expect(script.body.error.message).toContain('access_denied')
  expect((await full(id)).secrets.refresh_token).toMatchObject({ set: false })
})

test('a code never goes to an address that it was not asked for', async () => {
  const id = await connection()
  const begun = await begin(id)
  const to = await office.signIn(begun.url.href, 'ada')
  const asked = office.asked.get('/token') ?? 0
  await developer.put(`/v1/connections/${id}`, bodyOf({ token_url: `${office.issuer}/elsewhere` }))
  expect((await back(to, begun.cookie)).headers['location']).toBe(
    `/connections/${id}?sign_in=connect.changed_meanwhile`,
  )
  expect(office.asked.get('/token') ?? 0).toBe(asked)
  expect(office.asked.get('/elsewhere')).toBeUndefined()
})

test('who lost the right in between does not end it, and a guest does not begin it', async () => {
  const id = await connection()
  const begun = await begin(id)
  const to = await office.signIn(begun.url.href, 'ada')
  await hub.as('owner').put(`/v1/groups/${group.id}/users/${hub.user('dev').id}`, { role: 'Guest' })
  const answer = await back(to, begun.cookie, { accept: 'application/json' })
  await hub.as('owner').put(`/v1/groups/${group.id}/users/${hub.user('dev').id}`, { role: 'Developer' })
  expect(answer.status).toBe(403)
  expect((await hub.as('guest').post(`/v1/connections/${id}/oauth/authorize`)).status).toBe(403)
})

test('where nobody can sign in by a browser, it says what is missing', async () => {
  const id = await connection({ authorization_url: '' })
  const { status, body } = await developer.post(`/v1/connections/${id}/oauth/authorize`)
  expect(status).toBe(400)
  expect(body.error.message).toContain('authorization_url')
  const script = await connection({ authorization_url: 'javascript:alert(1)' })
  expect((await developer.post(`/v1/connections/${script}/oauth/authorize`)).status).toBe(400)
})
