import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, startTestHub, type TestGroup, type TestHub } from '../../test/harness/hub.ts'
import { type OpenIdServer, startOpenIdServer } from '../../test/harness/openid.ts'

const BACK = 'http://127.0.0.1:1/back'

let office: OpenIdServer
let hub: TestHub
let group: TestGroup
let developer: Client

beforeAll(async () => {
  office = await startOpenIdServer()
  office.register(BACK)
  office.people.set('ada', { preferred_username: 'ada' })
  // Tokens end before they are a minute away from it: each use refreshes.
  office.manner.accessTokenS = 50
  hub = await startTestHub({ settings: { allow: '127.0.0.1', health_minutes: '0' } })
  group = await hub.createGroup('Shop', { owner: 'owner', members: { dev: 'developer' } })
  developer = hub.as('dev')
})
afterAll(async () => {
  await hub.stop()
  await office.stop()
})

/** What a person's sign-in gives: a refresh token that is good for one use, as each that follows it. */
async function refreshToken(): Promise<string> {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL('/auth', office.issuer)
  url.search = new URLSearchParams({
    client_id: office.settings.oidc_client_id,
    response_type: 'code',
    redirect_uri: BACK,
    scope: 'openid profile',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  const back = await office.signIn(url.href, 'ada')
  const { oidc_client_id: id, oidc_client_secret: secret } = office.settings
  const answer = await fetch(new URL('/token', office.issuer), {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: BACK,
      code_verifier: verifier,
    }),
  })
  const { refresh_token: token } = (await answer.json()) as { refresh_token: string } // the server's own
  return token
}

let made = 0
const bodyOf = async () => ({
  group_id: group.id,
  name: `office ${++made}`,
  description: '',
  type: 'http',
  connection_data: { base_url: office.issuer, check_path: '/me' },
  auth_data: {
    type: 'oauth2',
    token_url: `${office.issuer}/token`,
    client_id: office.settings.oidc_client_id,
    client_secret: office.settings.oidc_client_secret,
    refresh_token: await refreshToken(),
  },
})
async function connection(): Promise<number> {
  const { status, body } = await developer.post('/v1/connections', await bodyOf())
  expect(status).toBe(200)
  return body.id
}
const tried = async (id: number) => (await developer.post(`/v1/connections/${id}/test`)).body

test('a token is refreshed before its use, and the new refresh token is kept', async () => {
  const id = await connection()
  // Rotation: the second works only if what the first was given was kept.
  expect(await tried(id)).toMatchObject({ ok: true })
  expect(await tried(id)).toMatchObject({ ok: true })
  expect(await tried(id)).toMatchObject({ ok: true })
  const { body } = await developer.get(`/v1/connections/${id}?view=full`)
  expect(body.auth_data).not.toHaveProperty('access_token')
  expect(body.auth_data).not.toHaveProperty('refresh_token')
  expect(body.secrets).toMatchObject({ client_secret: { set: true }, refresh_token: { set: true } })
  expect(body.health).toMatchObject({ state: 'ok' })
})

test('one that is good is used again, and of many who want a new one only one asks', async () => {
  office.manner.accessTokenS = 3600
  const id = await connection()
  const before = office.asked.get('/token') ?? 0
  const answers = await Promise.all(Array.from({ length: 8 }, () => tried(id)))
  expect(answers.map(({ ok }) => ok)).toEqual(Array.from({ length: 8 }, () => true))
  expect((office.asked.get('/token') ?? 0) - before).toBe(1)
  office.manner.accessTokenS = 50
})

test('a refused refresh asks for a new sign-in, visibly, once; a new one mends it', async () => {
  const id = await connection()
  await office.revoke('ada')
  expect(await tried(id)).toMatchObject({ ok: false, details: { code: 'connect.reauth_required' } })
  await tried(id)
  const { body } = await developer.get(`/v1/connections/${id}?view=full`)
  expect(body).toMatchObject({
    status: 'reauth_required',
    health: { state: 'broken', code: 'connect.reauth_required', actor: 'you' },
  })
  const events = (kind: string) =>
    hub.sql(`select from platform.event where kind = $1 and payload ->> 'connection_id' = $2`, [
      kind,
      String(id),
    ])
  expect(await events('connection.unhealthy')).toHaveLength(1)
  const changed = await developer.put(`/v1/connections/${id}`, await bodyOf())
  expect(changed.status).toBe(200)
  expect(await tried(id)).toMatchObject({ ok: true })
  expect((await developer.get(`/v1/connections/${id}?view=full`)).body.status).toBe('active')
  expect(await events('connection.recovered')).toHaveLength(1)
})

test('a server that is down is no refusal', async () => {
  const id = await connection()
  office.manner.down = true
  const answer = await tried(id)
  office.manner.down = false
  expect(answer).toMatchObject({ ok: false, details: { code: 'connect.refresh_failed' } })
  const { body } = await developer.get(`/v1/connections/${id}?view=full`)
  expect(body).toMatchObject({ status: 'active', health: { state: 'degraded', actor: 'provider' } })
  expect(await tried(id)).toMatchObject({ ok: true })
})

test('what is not saved is not tried with a token that can be used once only', async () => {
  const answer = await developer.post('/v1/connections/test', await bodyOf())
  expect(answer.body).toMatchObject({ ok: false, details: { code: 'connect.token_unsaved' } })
})
