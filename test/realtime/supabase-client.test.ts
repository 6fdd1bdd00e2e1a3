/** `@supabase/supabase-js`, unchanged, over both versions of the wire. */
import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSupabaseTokens } from '#identity'
import { keptSecrets } from '#config'
import { aWhile, CONNECTORS, startStage, type Stage, until, VERSIONS } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.stop())

interface Change {
  eventType: string
  new: Record<string, unknown>
  old: Record<string, unknown>
}

/** Subscribes, and collects what is heard and the states that the client went through. */
async function follow(client: SupabaseClient, name: string, binding: object = {}) {
  const heard: Change[] = []
  const states: string[] = []
  const channel = client.channel(name)
  // The client's own type asks for one event by name.
  const all = { ...CONNECTORS, ...binding } as { event: '*'; schema: string }
  channel.on('postgres_changes', all, (change) => heard.push(change as unknown as Change))
  channel.subscribe((state, error) => states.push(error === undefined ? state : `${state}: ${error.message}`))
  await until(() => states.includes('SUBSCRIBED'), `${name} to be subscribed (${states.join()})`)
  return { heard, states, channel }
}

async function joined(channel: RealtimeChannel): Promise<RealtimeChannel> {
  let isIn = false
  channel.subscribe((state) => (isIn ||= state === 'SUBSCRIBED'))
  await until(() => isIn, 'the join')
  return channel
}

describe.each(VERSIONS)('over version %s', (version) => {
  test('a member hears of new, changed and deleted connectors of the own company', async () => {
    const client = await stage.client('gus', stage.shop, version)
    const { heard } = await follow(client, 'public:integration_connectors')
    const id = await stage.insert(stage.shop)
    await stage.hub.sql(
      `update public.integration_connectors set status = 'active', config = '{"port": 1}' where id = $1`,
      [id],
    )
    await stage.hub.sql('delete from public.integration_connectors where id = $1', [id])
    await until(() => heard.length === 3, 'three changes')
    expect(heard.map(({ eventType }) => eventType)).toEqual(['INSERT', 'UPDATE', 'DELETE'])
    expect(heard[0]?.new).toMatchObject({
      id,
      company_id: stage.shop.uuid,
      provider: 'mysql',
      status: 'inactive',
    })
    expect(Object.keys(heard[0]?.new ?? {})).toHaveLength(12)
    expect(heard[1]?.new).toMatchObject({ status: 'active', config: { port: 1 } })
    // The key alone, as Supabase has it: what the row held is nobody's any more.
    expect([heard[1]?.old, heard[2]?.old, heard[2]?.new]).toEqual([{ id }, { id }, {}])
  })

  test('nobody hears of another company, also of a delete or with a filter on its rows', async () => {
    const eve = await stage.client('eve', stage.rival, version)
    const mine = await follow(eve, 'mine')
    const filtered = await follow(eve, 'filtered', { filter: `company_id=eq.${stage.shop.uuid}` })
    const id = await stage.insert(stage.shop)
    await stage.hub.sql(`update public.integration_connectors set status = 'active' where id = $1`, [id])
    await stage.hub.sql('delete from public.integration_connectors where id = $1', [id])
    const own = await stage.insert(stage.rival)
    await until(() => mine.heard.length > 0, 'the own change')
    await aWhile()
    expect(mine.heard.map((change) => change.new.id)).toEqual([own])
    expect(filtered.heard).toEqual([])
  })

  test('a filter and a choice of columns narrow what is heard', async () => {
    const client = await stage.client('gus', stage.shop, version)
    const { heard } = await follow(client, 'narrow', {
      filter: 'provider=in.(dingtalk,"a,b"),status=neq.active',
      select: ['provider'],
    })
    await stage.insert(stage.shop, 'mysql')
    const id = await stage.insert(stage.shop, 'dingtalk')
    await stage.insert(stage.shop, 'a,b')
    await until(() => heard.length === 2, 'two changes')
    expect(heard.map((change) => change.new)).toMatchObject([
      { id, provider: 'dingtalk' },
      { provider: 'a,b' },
    ])
    expect(Object.keys(heard[0]?.new ?? {}).toSorted()).toEqual(['id', 'provider'])
  })

  test('a broadcast reaches the others of the company and nobody beyond', async () => {
    const [ada, gus, eve] = await Promise.all([
      stage.client('ada', stage.shop, version),
      stage.client('gus', stage.shop, version),
      stage.client('eve', stage.rival, version),
    ])
    const heard: unknown[] = []
    const overheard: unknown[] = []
    const room = ada.channel('room', { config: { broadcast: { ack: true } } })
    await joined(room)
    await joined(gus.channel('room').on('broadcast', { event: '*' }, ({ payload }) => heard.push(payload)))
    await joined(
      eve.channel('room').on('broadcast', { event: '*' }, ({ payload }) => overheard.push(payload)),
    )
    expect(await room.send({ type: 'broadcast', event: 'hello', payload: { words: 'grüezi 👋' } })).toBe('ok')
    await until(() => heard.length === 1, 'the broadcast')
    expect(heard).toEqual([{ words: 'grüezi 👋' }])
    await aWhile()
    expect(overheard).toEqual([])
  })

  test('presence shows who is there, within the company', async () => {
    const ada = await stage.client('ada', stage.shop, version)
    const gus = await stage.client('gus', stage.shop, version)
    const eve = await stage.client('eve', stage.rival, version)
    const rooms = [ada, gus, eve].map((client, at) =>
      client.channel('desk', { config: { presence: { key: ['ada', 'gus', 'eve'][at] ?? '' } } }),
    )
    const [first, second, third] = rooms as [RealtimeChannel, RealtimeChannel, RealtimeChannel] // three, as made
    for (const room of rooms) await joined(room.on('presence', { event: 'sync' }, () => {}))
    expect(await first.track({ at: 'desk 1' })).toBe('ok')
    await second.track({ at: 'desk 2' })
    await third.track({ at: 'elsewhere' })
    const keys = (room: RealtimeChannel) => Object.keys(room.presenceState()).toSorted().join()
    await until(
      () => keys(first) === 'ada,gus' && keys(second) === 'ada,gus' && keys(third) === 'eve',
      'both lists',
    )
    expect(first.presenceState().gus).toMatchObject([{ at: 'desk 2' }])
    await second.untrack()
    await until(() => keys(first) === 'ada', 'one to be gone')
    await ada.removeAllChannels()
  })

  test.each([0, 3, 150])(
    'a client that joins before it has its token comes again with it (%i ms)',
    async (ms) => {
      const token = await stage.tokenOf('gus', stage.shop)
      const client = createClient(stage.hub.url, stage.anonKey, {
        realtime: { vsn: version },
        accessToken: async () => {
          await new Promise((resolve) => setTimeout(resolve, ms))
          return token
        },
      })
      try {
        const { heard } = await follow(client, 'public:integration_connectors')
        await stage.insert(stage.shop)
        await until(() => heard.length === 1, 'the change')
      } finally {
        await client.removeAllChannels()
      }
    },
  )

  test('a newer token takes the place of the older, and a forged one closes the channel', async () => {
    const client = await stage.client('gus', stage.shop, version)
    // Without the callback, so that the client sends what it is told.
    const plain = createClient(stage.hub.url, stage.anonKey, { realtime: { vsn: version } })
    await plain.realtime.setAuth(await stage.tokenOf('gus', stage.shop))
    const { heard, states } = await follow(plain, 'fresh')
    await plain.realtime.setAuth(await stage.tokenOf('ada', stage.shop))
    await aWhile()
    await stage.insert(stage.shop)
    await until(() => heard.length === 1, 'the change after the exchange')
    const forged = await createSupabaseTokens('some other secret of sufficient length').issue({
      sub: stage.hub.user('ada').uuid,
      companyId: stage.shop.uuid,
      roleKeys: [],
    })
    await plain.realtime.setAuth(forged.token)
    await until(() => states.includes('CLOSED'), 'the end of the channel')
    await stage.insert(stage.shop)
    await aWhile()
    expect(heard).toHaveLength(1)
    await plain.removeAllChannels()
    await client.removeAllChannels()
  })

  test('a token that ends closes its channel, with words', async () => {
    const secret = (await keptSecrets(stage.hub.settings)).supabase_jwt_secret
    const claims = { sub: stage.hub.user('gus').uuid, companyId: stage.shop.uuid, roleKeys: [] }
    // Made as if almost an hour ago.
    const ago = new Date(Date.now() - 3_600_000 + 2_500)
    const { token } = await createSupabaseTokens(secret).issue(claims, ago)
    const client = createClient(stage.hub.url, stage.anonKey, { realtime: { vsn: version } })
    await client.realtime.setAuth(token)
    const said: string[] = []
    const channel = client.channel('short')
    channel.on('system', {}, (payload: { message: string }) => said.push(payload.message))
    const states: string[] = []
    channel.subscribe((state) => states.push(state))
    await until(() => states.includes('CLOSED'), 'the end')
    expect(states).toEqual(['SUBSCRIBED', 'CLOSED'])
    expect(said.at(-1)).toMatch(/^Token has expired \d+ seconds ago$/)
    await client.removeAllChannels()
  })
})

test('what a channel sends before it has joined goes by HTTP', async () => {
  const gus = await stage.client('gus', stage.shop)
  const heard: unknown[] = []
  await joined(gus.channel('post').on('broadcast', { event: 'note' }, ({ payload }) => heard.push(payload)))
  const ada = await stage.client('ada', stage.shop)
  expect(await ada.channel('post').httpSend('note', { n: 1 })).toEqual({ success: true })
  await until(() => heard.length === 1, 'the note')
  const anonymous = createClient(stage.hub.url, stage.anonKey)
  await expect(anonymous.channel('post').httpSend('note', {})).rejects.toThrow(/speak to nobody/)
})
