import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestGroup, type TestHub } from '../../../test/harness/hub.ts'
import type { Credential } from './credential.ts'
import { claimantOf, standings } from './standing.ts'

let hub: TestHub
let shop: TestGroup
let other: TestGroup
beforeAll(async () => {
  hub = await startTestHub()
  shop = await hub.createGroup('Shop', { owner: 'ada', members: { max: 'maintainer', gus: 'guest' } })
  other = await hub.createGroup('Other', { owner: 'eve' })
  await hub.createUser('root', { superuser: true })
})
afterAll(() => hub.stop())

const user = (username: string): Credential => ({
  kind: 'token',
  userId: hub.user(username).id,
  issuedAt: new Date(),
  expiresAt: null,
})
const member = (username: string, more: object = {}): Credential => ({
  kind: 'supabase',
  role: 'authenticated',
  sub: hub.user(username).uuid,
  companyId: shop.uuid,
  roleKeys: ['Vibot.admin'],
  issuedAt: new Date(),
  expiresAt: null,
  ...more,
})
const claimsOf = async (credential: Credential) => {
  const [found] = await standings(hub.db, [credential], [shop.uuid, other.uuid])
  return typeof found === 'string' || found === undefined ? found : Object.fromEntries(found.claims)
}

test('many are judged at once, each by what it is now', async () => {
  const all = [user('ada'), member('gus'), user('eve'), member('eve')]
  const found = await standings(hub.db, all, [shop.uuid])
  const seen = found.map((one) => (typeof one === 'string' ? one : [...one.claims.keys()]))
  expect(seen).toEqual([[shop.uuid], [shop.uuid], [], []])
})

test('claims say the level, and no more than policies ask for', async () => {
  expect(await claimsOf(user('gus'))).toEqual({ [shop.uuid]: { companies: { [shop.uuid]: 1 } } })
  expect(await claimsOf(user('max'))).toEqual({ [shop.uuid]: { companies: { [shop.uuid]: 3 } } })
  expect(await claimsOf(user('root'))).toEqual({
    [shop.uuid]: { superuser: true },
    [other.uuid]: { superuser: true },
  })
  const role_keys = { gus: [], max: ['Vibot.admin'], ada: ['Vibot.admin'] }
  for (const [username, keys] of Object.entries(role_keys)) {
    expect(await claimsOf(member(username))).toEqual({
      [shop.uuid]: { role: 'authenticated', company_id: shop.uuid, app_metadata: { role_keys: keys } },
    })
  }
})

test('what has ended or was revoked is told apart', async () => {
  const past = new Date(Date.now() - 1_000)
  expect(await claimsOf({ ...user('gus'), expiresAt: past })).toBe('expired')
  expect(await claimsOf(member('gus', { expiresAt: past }))).toBe('expired')
  await hub.createUser('leaver')
  await hub.sql(`update identity."user" set sessions_valid_from = now() where username = 'leaver'`)
  expect(await claimsOf({ ...user('leaver'), issuedAt: past })).toBe('revoked')
  expect(await claimsOf({ ...user('leaver'), issuedAt: null })).toBe('revoked')
  await hub.sql(`update identity."user" set status = 'forbidden' where username = 'leaver'`)
  expect(await claimsOf(user('leaver'))).toBe('revoked')
  expect(await claimsOf(member('leaver'))).toBe('revoked')
})

test('a request acts with the whole of what its user is, and a reader’s application may not write', async () => {
  const found = await claimantOf(hub.db, user('max'))
  expect(found).toMatchObject({
    mayWrite: true,
    claimant: { databaseRole: 'crosstie_app', claims: { companies: { [shop.uuid]: 3 } } },
  })
  const sub = hub.user('max').uuid
  expect(await claimantOf(hub.db, member('max'))).toMatchObject({
    mayWrite: true,
    claimant: { databaseRole: 'authenticated', claims: { sub, company_id: shop.uuid } },
  })
  expect(await claimantOf(hub.db, member('max', { companyId: other.uuid }))).toMatchObject({
    claimant: { databaseRole: 'authenticated', claims: { role: 'authenticated', sub } },
  })
})
