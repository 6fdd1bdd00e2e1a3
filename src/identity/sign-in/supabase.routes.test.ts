import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keptSecrets } from '#config'
import { startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'
import { createSupabaseTokens } from './supabase-token.ts'

let hub: TestHub
let shop: TestGroup
beforeAll(async () => {
  hub = await startTestHub()
  shop = await hub.createGroup('Shop', { owner: 'ada', members: { max: 'maintainer', gus: 'guest' } })
})
afterAll(() => hub.stop())

test('what one pastes is the address where the hub listens and a key that names nobody', async () => {
  const { body } = await hub.as('gus').get('/v1/auth/supabase')
  expect(body.url).toBe(hub.url)
  expect(decodeJwt(body.anon_key)).toEqual({
    role: 'anon',
    iss: 'crosstie',
    iat: expect.any(Number),
    exp: expect.any(Number),
  })
  // The page shows one key all day, so that what was pasted in the morning is recognised.
  expect((await hub.as('ada').get('/v1/auth/supabase')).body.anon_key).toBe(body.anon_key)
})

test.each([
  ['ada', ['Vibot.admin']],
  ['max', ['Vibot.admin']],
  ['gus', []],
])('the token of %s says who, where, and which role keys', async (username, roleKeys) => {
  const { body, headers } = await hub.as(username).post('/v1/auth/supabase', { group_id: shop.id })
  const claims = decodeJwt(body.access_token)
  expect(claims).toMatchObject({
    role: 'authenticated',
    sub: hub.user(username).uuid,
    company_id: shop.uuid,
    app_metadata: { role_keys: roleKeys },
    exp: body.expires_at,
  })
  expect(Math.abs(body.expires_at - Date.now() / 1000 - 3_600)).toBeLessThan(5)
  expect(headers['cache-control']).toBe('no-store')
})

test('an application gets no token that would outlive it', async () => {
  const { body } = await hub.as('max').post('/v1/applications', { name: 'a', type: 'all', user: true })
  const answer = await hub
    .withAuthorization(`Bearer ${body.secret}`)
    .post('/v1/auth/supabase', { group_id: shop.id })
  expect([answer.status, answer.body.error.message]).toEqual([403, expect.stringContaining('its own secret')])
})

test('the secret of tokens is one of its own', async () => {
  const { jwt_secret, supabase_jwt_secret } = await keptSecrets(hub.settings)
  expect(jwt_secret).not.toBe(supabase_jwt_secret)
  const { body } = await hub.as('ada').post('/v1/auth/supabase', { group_id: shop.id })
  expect(await createSupabaseTokens(jwt_secret).verify(body.access_token)).toBeNull()
  expect(await createSupabaseTokens(supabase_jwt_secret).verify(body.access_token)).toMatchObject({
    companyId: shop.uuid,
  })
})
