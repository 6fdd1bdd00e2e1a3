/** `.from('integration_connectors')` of `@supabase/supabase-js`, and what stands in its way. */
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startStage, type Stage } from './stage.ts'

let stage: Stage
let admin: SupabaseClient
let guest: SupabaseClient
let rival: SupabaseClient
beforeAll(async () => {
  stage = await startStage({ settings: { limit_rest_rows: '5' } })
  admin = await stage.client('max', stage.shop)
  guest = await stage.client('gus', stage.shop)
  rival = await stage.client('eve', stage.rival)
})
afterAll(() => stage.stop())
beforeEach(() => stage.hub.sql('delete from public.integration_connectors'))

const TABLE = 'integration_connectors'
const row = (more: object = {}) => ({
  company_id: stage.shop.uuid,
  provider: 'mysql',
  connector_type: 'database',
  created_by: stage.hub.user('max').uuid,
  ...more,
})
const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', query: string, more: object = {}) =>
  stage.hub.anonymous.request({ method, url: `/rest/v1/${TABLE}${query}`, ...more })

describe('an administrator', () => {
  test('inserts, reads, changes and deletes', async () => {
    const made = await admin
      .from(TABLE)
      .insert(row({ config: { host: 'db' } }))
      .select()
      .single()
    expect([made.status, made.error]).toEqual([201, null])
    expect(made.data).toMatchObject({ provider: 'mysql', status: 'inactive', config: { host: 'db' } })
    const changed = await admin
      .from(TABLE)
      .update({ status: 'active' })
      .eq('id', made.data.id)
      .select('id,status')
    expect([changed.status, changed.data]).toEqual([200, [{ id: made.data.id, status: 'active' }]])
    expect((await admin.from(TABLE).update({ status: 'paused' }).eq('id', made.data.id)).status).toBe(204)
    const upserted = await admin
      .from(TABLE)
      .upsert(row({ id: made.data.id, status: 'error' }))
      .select('status')
    expect(upserted.data).toEqual([{ status: 'error' }])
    const kept = await admin
      .from(TABLE)
      .upsert(row({ id: made.data.id, status: 'x' }), { ignoreDuplicates: true })
      .select()
    expect(kept.data).toEqual([])
    const gone = await admin.from(TABLE).delete().eq('id', made.data.id).select('id')
    expect(gone.data).toEqual([{ id: made.data.id }])
    expect((await admin.from(TABLE).select()).data).toEqual([])
  })

  test('need not say who it is: the token does', async () => {
    const { created_by: _, ...without } = row()
    const made = await admin.from(TABLE).insert(without).select('created_by').single()
    expect(made.data).toEqual({ created_by: stage.hub.user('max').uuid })
  })

  test('finds a companion in /v1 for what came in here', async () => {
    const made = await admin.from(TABLE).insert(row()).select('id').single()
    const { body } = await stage.hub.as('max').get(`/v1/connections?group_id=${stage.shop.id}&view=full`)
    expect(body.items).toMatchObject([{ type: 'mysql', uuid: made.data?.id }])
  })

  test('names nobody else’s users and no other company', async () => {
    const foreign = await admin.from(TABLE).insert(row({ company_id: stage.rival.uuid }))
    expect([foreign.status, foreign.error?.code]).toEqual([403, '42501'])
    const stranger = await admin.from(TABLE).insert(row({ created_by: stage.hub.user('eve').uuid }))
    const nobody = await admin.from(TABLE).insert(row({ created_by: '00000000-0000-4000-8000-000000000000' }))
    expect([stranger.status, stranger.error?.code]).toEqual([409, '23503'])
    expect(JSON.stringify(stranger.error)).toBe(JSON.stringify(nobody.error))
    const id = await stage.insert(stage.shop)
    const moved = await admin.from(TABLE).update({ company_id: stage.rival.uuid }).eq('id', id)
    expect(moved.status).toBeGreaterThanOrEqual(400)
    const theirs = await stage.insert(stage.rival)
    expect((await admin.from(TABLE).update({ status: 'x' }).eq('id', theirs).select()).data).toEqual([])
    expect((await admin.from(TABLE).delete().eq('id', theirs).select()).data).toEqual([])
    const taken = await admin.from(TABLE).upsert(row({ id: theirs, status: 'x' }))
    expect(taken.error?.code).toBe('42501')
  })
})

describe('a guest', () => {
  test('reads the own company and writes nothing', async () => {
    const id = await stage.insert(stage.shop)
    expect((await guest.from(TABLE).select('id')).data).toEqual([{ id }])
    expect((await rival.from(TABLE).select('id')).data).toEqual([])
    expect((await guest.from(TABLE).insert(row())).status).toBe(403)
    expect((await guest.from(TABLE).update({ status: 'x' }).eq('id', id).select()).data).toEqual([])
    expect((await guest.from(TABLE).delete().eq('id', id).select()).data).toEqual([])
  })

  test('of a moment ago reads nothing any more', async () => {
    const client = await stage.client('dev', stage.shop)
    await stage.insert(stage.shop)
    expect((await client.from(TABLE).select('id')).data).toHaveLength(1)
    await stage.hub.sql('delete from identity.user_group where user_id = $1', [stage.hub.user('dev').id])
    expect((await client.from(TABLE).select('id')).data).toEqual([])
    await stage.hub.sql(`update identity."user" set status = 'forbidden' where username = 'dev'`)
    expect((await client.from(TABLE).select('id')).status).toBe(401)
  })
})

test('queries filter, order, page, count and rename', async () => {
  for (const [provider, status] of [
    ['a', 'x'],
    ['b', 'y'],
    ['c', 'x'],
    ['d,e', 'y'],
  ] as const) {
    await admin
      .from(TABLE)
      .insert(row({ provider, status, config: { at: { port: provider.charCodeAt(0) } } }))
  }
  const names = async (query: PromiseLike<{ data: { provider: string }[] | null; error: unknown }>) => {
    const { data, error } = await query
    expect(error).toBeNull()
    return data?.map(({ provider }) => provider).join('|')
  }
  const from = () => guest.from(TABLE).select('provider').order('provider')
  expect(await names(from().eq('status', 'x'))).toBe('a|c')
  expect(await names(from().neq('status', 'x').not('provider', 'eq', 'b'))).toBe('d,e')
  expect(await names(from().in('provider', ['a', 'd,e']))).toBe('a|d,e')
  expect(await names(from().gt('provider', 'a').lte('provider', 'c'))).toBe('b|c')
  expect(await names(from().like('provider', 'd%'))).toBe('d,e')
  expect(await names(from().ilike('provider', 'A'))).toBe('a')
  expect(await names(from().regexIMatch('provider', '^[AB]$'))).toBe('a|b')
  expect(await names(from().is('updated_by', null))).toBe('a|b|c|d,e')
  expect(await names(from().contains('config', { at: { port: 98 } }))).toBe('b')
  expect(await names(from().eq('config->at->>port', '99'))).toBe('c')
  expect(await names(from().or('provider.eq.a,and(status.eq.y,provider.eq.b)'))).toBe('a|b')
  expect(await names(from().or('provider.eq.a,not.and(status.eq.y,provider.neq.zz)'))).toBe('a|c')
  expect(await names(from().isDistinct('status', 'y'))).toBe('a|c')
  expect(await names(from().range(1, 2))).toBe('b|c')
  const renamed = await guest
    .from(TABLE)
    .select('name:provider,port:config->at->port,made:created_at::text')
    .eq('provider', 'a')
  expect(renamed.data).toMatchObject([{ name: 'a', port: 97, made: expect.stringMatching(/^\d{4}-/) }])
  const counted = await guest.from(TABLE).select('*', { count: 'exact' }).limit(1)
  expect([counted.status, counted.count, counted.data?.length]).toEqual([206, 4, 1])
  const head = await guest.from(TABLE).select('*', { count: 'exact', head: true })
  expect([head.count, head.data]).toEqual([4, null])
})

test('one row is one row, or an error in PostgREST’s words, and then nothing is written', async () => {
  const none = await guest.from(TABLE).select().eq('provider', 'x').single()
  expect(none.status).toBe(406)
  expect(none.error).toMatchObject({ code: 'PGRST116', details: 'The result contains 0 rows' })
  expect((await guest.from(TABLE).select().maybeSingle()).data).toBeNull()
  await admin.from(TABLE).insert([row(), row()])
  expect(
    (await admin.from(TABLE).update({ status: 'x' }).eq('provider', 'mysql').select().single()).status,
  ).toBe(406)
  expect((await guest.from(TABLE).select().eq('status', 'x')).data).toEqual([])
})

test('mistakes are told with their codes', async () => {
  const token = { headers: { authorization: `Bearer ${await stage.tokenOf('max', stage.shop)}` } }
  const errorOf = async (method: 'GET' | 'POST' | 'PATCH', query: string, payload?: object) => {
    const { status, body } = await ask(method, query, {
      ...token,
      ...(payload === undefined ? {} : { payload }),
    })
    expect(Object.keys(body).toSorted()).toEqual(['code', 'details', 'hint', 'message'])
    return [status, body.code]
  }
  expect(await errorOf('GET', '?id=eq.nonsense')).toEqual([400, '22P02'])
  expect(await errorOf('GET', '?nothing=eq.1')).toEqual([400, '42703'])
  expect(await errorOf('GET', '?select=id,companies(name)')).toEqual([400, 'PGRST100'])
  expect(await errorOf('GET', '?id=is.5')).toEqual([400, 'PGRST100'])
  expect(await errorOf('GET', '?provider=match.(')).toEqual([400, '2201B'])
  expect(await errorOf('POST', '', { nothing: 1 })).toEqual([400, 'PGRST204'])
  expect(await errorOf('POST', '', row({ provider: null }))).toEqual([400, '23502'])
  expect(await errorOf('POST', '', row({ provider: 'x'.repeat(51) }))).toEqual([400, '22001'])
  const id = await stage.insert(stage.shop)
  expect(await errorOf('POST', '', row({ id }))).toEqual([409, '23505'])
  const elsewhere = await stage.hub.anonymous.request({ method: 'GET', url: '/rest/v1/user', ...token })
  expect([elsewhere.status, elsewhere.body.code]).toEqual([404, 'PGRST205'])
  const schema = await ask('GET', '', { headers: { ...token.headers, 'accept-profile': 'identity' } })
  expect([schema.status, schema.body.code]).toEqual([406, 'PGRST106'])
})

test.each([
  `?select=id;drop table x`,
  `?select=*,(select 1)`,
  `?order=id;--`,
  `?id"=eq.1`,
  `?config->'a'=eq.1`,
  `?provider=eq.x'%20or%201=1--`,
  `?or=(provider.eq.x)%20or%20(1.eq.1)`,
  `?limit=1;delete`,
  `?select=id::regclass`,
  `?on_conflict=id)do%20nothing--`,
])('no text gets into a statement: %s', async (query) => {
  await stage.insert(stage.rival)
  const headers = { authorization: `Bearer ${await stage.tokenOf('max', stage.shop)}` }
  const { status, body } = await ask('GET', query, { headers })
  expect([200, 400]).toContain(status)
  if (status === 200) expect(body).toEqual([])
})

test('an answer ends at the limit of rows, whatever is asked', async () => {
  for (let n = 0; n < 7; n += 1) await stage.insert(stage.shop)
  expect((await guest.from(TABLE).select('id')).data).toHaveLength(5)
  expect((await guest.from(TABLE).select('id').limit(100)).data).toHaveLength(5)
})

test('keys and tokens of each kind may do what they may, and no cookie opens this door', async () => {
  await stage.insert(stage.shop)
  await stage.insert(stage.rival)
  const anonymous = createClient(stage.hub.url, stage.anonKey)
  expect((await anonymous.from(TABLE).select()).data).toEqual([])
  expect((await anonymous.from(TABLE).insert(row())).status).toBe(401)
  expect((await ask('GET', '')).status).toBe(401)
  expect((await ask('GET', '', { headers: { apikey: 'e30.e30.e30' } })).status).toBe(401)
  // A token of /v1 sees every company of its user, and writes what a developer may.
  const { authorization } = stage.hub.as('max')
  expect((await ask('GET', '', { headers: { authorization } })).body).toHaveLength(1)
  const made = await ask('POST', '', {
    headers: { authorization, prefer: 'return=representation' },
    payload: row(),
  })
  expect(made.status).toBe(201)
  const reader = await stage.hub
    .as('max')
    .post('/v1/applications', { name: 'r', type: 'read_only', user: true })
  const headers = { apikey: reader.body.secret }
  expect((await ask('GET', '', { headers })).body).toHaveLength(2)
  expect((await ask('POST', '', { headers, payload: row() })).status).toBe(403)
  const cookie = await ask('GET', '', { cookies: { crosstie_session: 'x' } })
  expect(cookie.status).toBe(401)
})

test.each(['/rest/v1/integration_connectors', '/realtime/v1/api/broadcast'])(
  'pages of other sites may ask %s, since keys and tokens come in headers',
  async (url) => {
    const { status, headers } = await stage.hub.anonymous.request({
      method: 'OPTIONS',
      url,
      headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' },
    })
    expect([status, headers['access-control-allow-origin']]).toEqual([204, '*'])
    const me = await stage.hub.anonymous.request({ method: 'GET', url: '/v1/auth/methods' })
    expect(me.headers['access-control-allow-origin']).toBeUndefined()
  },
)
