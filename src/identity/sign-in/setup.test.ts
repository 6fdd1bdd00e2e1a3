import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../../test/harness/hub.ts'
import { offerSetup } from './setup.ts'

let hub: TestHub
beforeEach(async () => {
  hub = await startTestHub()
})
afterEach(() => hub.stop())

const setUp = (token: string | null, username = 'ada') =>
  hub.anonymous.post('/v1/auth/setup', { token, username, password: 'long enough', email: 'ada@example.com' })

test('the one-time link makes the first superuser, signed in, and works once', async () => {
  expect((await hub.anonymous.get('/v1/auth/methods')).body.setup_needed).toBe(true)
  const token = await offerSetup(hub.db)
  const answer = await setUp(token)
  expect(answer.body).toMatchObject({ username: 'ada', is_superuser: true })
  expect(String(answer.headers['set-cookie'])).toContain('crosstie_session=')
  expect((await setUp(token, 'bob')).status).toBe(410)
  expect((await hub.anonymous.get('/v1/auth/methods')).body.setup_needed).toBe(false)
  expect(await offerSetup(hub.db)).toBeNull()
})

test('of two who follow the link at once, one becomes superuser', async () => {
  const token = await offerSetup(hub.db)
  const answers = await Promise.all(['ada', 'bob', 'eve'].map((name) => setUp(token, name)))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410, 410])
})

test('a link is void after a day, and when a newer one was given', async () => {
  const first = await offerSetup(hub.db)
  const second = await offerSetup(hub.db)
  expect((await setUp(first)).status).toBe(410)
  await hub.sql(`update identity.one_time_link set expires_at = now() - interval '1 second'`)
  expect((await setUp(second)).status).toBe(410)
})

test('a link is void once a superuser was made in another way', async () => {
  const token = await offerSetup(hub.db)
  await hub.createUser('root', { superuser: true })
  expect((await setUp(token)).status).toBe(410)
})

test('a taken name does not use the link up', async () => {
  const token = await offerSetup(hub.db)
  await hub.createUser('ada')
  expect((await setUp(token)).body.error.message).toBe('User name already taken')
  expect((await setUp(token, 'boss')).status).toBe(200)
})
