import { RealtimeClient, type WebSocketLikeConstructor } from '@supabase/realtime-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { listening, startStage, type Stage, until } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage({ settings: { limit_realtime_backlog: '200KiB' } })
})
afterAll(() => stage.stop())

/** Fills the connectors of the shop with 50 kB each, many of them at once. */
const flood = (rows: number) =>
  stage.hub.sql(
    `insert into public.integration_connectors (company_id, provider, connector_type, created_by, config)
     select $1, 'x', 'file', $2, jsonb_build_object('fill', repeat('x', 50000)) from generate_series(1, $3::int)`,
    [stage.shop.uuid, stage.hub.user('ada').uuid, rows],
  )

test('one that does not read is closed, and one that reads hears all', async () => {
  const token = await stage.tokenOf('gus', stage.shop)
  const [slow, quick] = [await stage.socket(stage.anonKey), await stage.socket(stage.anonKey)]
  for (const bare of [slow, quick]) await bare.join('realtime:x', listening(), token)
  slow.ws.pause()
  for (let n = 1; n <= 10; n += 1) {
    await flood(40)
    await until(() => quick.changes().length === n * 40, 'all of a round')
  }
  slow.ws.resume()
  expect((await slow.closed).code).toBe(1006)
  expect(slow.changes().length).toBeLessThan(400)
})

test('the page’s client comes in by the cookie of its browser', async () => {
  await stage.hub.createUser('pat', { password: 'correct horse' })
  const signedIn = await stage.hub.anonymous.post('/v1/auth/session', {
    username: 'pat',
    password: 'correct horse',
  })
  const cookie = /crosstie_session=[\w-]+/.exec(String(signedIn.headers['set-cookie']))?.[0] ?? ''
  await stage.hub.sql(
    `insert into identity.user_group (user_id, group_id, role_id) values ($1, $2, 'guest')`,
    [stage.hub.user('pat').id, stage.shop.id],
  )
  // A browser sends both by itself.
  const headers = { cookie, origin: stage.hub.url }
  class Browser extends WebSocket {
    constructor(url: string) {
      super(url, { headers })
    }
  }
  const client = new RealtimeClient(`${stage.hub.url.replace('http', 'ws')}/realtime/v1`, {
    params: { apikey: 'cookie' },
    // What the browser has by that name, but for the events that nobody here asks for.
    transport: Browser as unknown as WebSocketLikeConstructor,
  })
  const heard: unknown[] = []
  const states: string[] = []
  client
    .channel('connections')
    .on(
      'postgres_changes',
      { event: 'INSERT', schema: 'hub', table: 'connections', filter: `group_id=eq.${stage.shop.id}` },
      (change) => heard.push(change.new),
    )
    .subscribe((state) => states.push(state))
  await until(() => states.includes('SUBSCRIBED'), 'the join')
  await stage.insert(stage.rival)
  await stage.insert(stage.shop)
  await until(() => heard.length === 1, 'the change')
  expect(heard).toMatchObject([{ group_id: stage.shop.id, type: 'mysql', status: 'inactive' }])
  await client.removeAllChannels()
})
