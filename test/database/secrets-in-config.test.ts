/** Settings hold no secrets, whichever way a row comes: by SQL, over REST or over /v1. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TSchema } from 'typebox'
import { MANIFESTS, secretsInConfig } from '#connect'
import { CHANNEL_MANIFESTS } from '#notify'
import { secretFields, withoutSecrets } from '../../src/connect/secret-field.ts'
import { startTestHub, type TestGroup, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let group: TestGroup
let owner: string
beforeAll(async () => {
  hub = await startTestHub({ settings: { health_minutes: '0' } })
  group = await hub.createGroup('Shop', { owner: 'ada' })
  owner = hub.user('ada').uuid
})
afterAll(() => hub.stop())

const insert = (provider: string, config: unknown) =>
  hub
    .sql<{ id: string }>(
      `insert into public.integration_connectors (company_id, provider, connector_type, config, created_by)
       values ($1, $2, 'database', $3, $4) returning id`,
      [group.uuid, provider, JSON.stringify(config), owner],
    )
    .then(
      ([row]) => ({ id: row?.id ?? '', message: 'done', hint: '' }),
      (error: Error & { hint?: string }) => ({ id: '', message: error.message, hint: error.hint ?? '' }),
    )
const refusal = (field: string) => `The settings of a connector hold no secrets, and "${field}" is one.`

test('the names that the database refuses are those that the manifests mark, and the obvious ones', async () => {
  const kept = await hub.sql('select provider, field from connect.secret_field')
  const plain = (list: object[]) => list.map((each) => JSON.stringify(each)).toSorted()
  expect(plain(kept)).toEqual(plain(secretFields([...MANIFESTS, ...CHANNEL_MANIFESTS])))
})

test('no manifest has a setting that would be refused', () => {
  const names = (schema: TSchema): string[] => [
    ...Object.entries('properties' in schema ? (schema.properties as Record<string, TSchema>) : {}).flatMap(
      ([name, inner]) => [name, ...names(inner)],
    ),
    ...('anyOf' in schema ? (schema.anyOf as TSchema[]).flatMap(names) : []),
  ]
  for (const { provider, config } of [...MANIFESTS, ...CHANNEL_MANIFESTS]) {
    const filled = Object.fromEntries(names(config).map((name) => [name, 'x']))
    expect(withoutSecrets(provider, filled).left, provider).toEqual([])
  }
})

describe('a row by SQL', () => {
  test.each([
    ['mysql', { host: 'h', password: 'p' }, 'password'],
    ['dingtalk', { app_secret: 's' }, 'app_secret'],
    ['dingtalk', { 'Callback-AES-Key': 's' }, 'Callback-AES-Key'],
    ['iceberg', { rest_catalog_token: 's' }, 'rest_catalog_token'],
    ['s3', { additional_params: { deep: [{ secretKey: 's' }] } }, 'secretKey'],
    ['unheard-of', { accessToken: 's' }, 'accessToken'],
    ['unheard-of', { secret3: 's' }, 'secret3'],
    ['unheard-of', { api_key: 7 }, 'api_key'],
    ['unheard-of', { private_key: { pem: 's' } }, 'private_key'],
  ])('of %s with %j is refused by the name of the field', async (provider, config, field) => {
    const { message, hint } = await insert(provider, config)
    expect(message).toBe(refusal(field))
    expect(hint).toContain('auth_data')
  })

  test.each([
    ['mysql', { host: 'h', port: 3306, app_secret_name: 'x', token_url: 'https://x', tokens: 3 }],
    ['unheard-of', { password: null, token: '', api_key: true, secrets: {} }],
    ['unheard-of', { callback_token: 'only DingTalk has this' }],
    ['unheard-of', []],
    ['unheard-of', 'password'],
  ])('of %s with %j is kept', async (provider, config) => {
    expect((await insert(provider, config)).message).toBe('done')
  })

  test('is refused when a change brings one, also by changing the provider', async () => {
    const { id } = await insert('unheard-of', { callback_token: 'x' })
    const change = (set: string) =>
      hub.sql(`update public.integration_connectors set ${set} where id = $1`, [id])
    await expect(change(`config = '{"token": "x"}'`)).rejects.toThrow(refusal('token'))
    await expect(change(`provider = 'dingtalk'`)).rejects.toThrow(refusal('callback_token'))
    await change(`schedule = '{}', config = config || '{"more": 1}'`)
  })

  test('that held one before the rule can be changed in all else, and is told to the operator', async () => {
    await hub.sql('alter table public.integration_connectors disable trigger refuse_secrets')
    const { id } = await insert('mysql', { host: 'h', password: 'old' })
    await hub.sql('alter table public.integration_connectors enable trigger refuse_secrets')
    await hub.sql(
      `update public.integration_connectors set status = 'paused', config = config where id = $1`,
      [id],
    )
    expect(await secretsInConfig(hub.db)).toMatchObject([{ field: 'password' }])
    await hub.sql(`update public.integration_connectors set config = config - 'password' where id = $1`, [id])
    expect(await secretsInConfig(hub.db)).toEqual([])
  })
})

test('over REST it is refused in the same sentence, and the hint says the way', async () => {
  const token = await hub.as('ada').post('/v1/auth/supabase', { group_id: group.id })
  const answer = await hub
    .withAuthorization(`Bearer ${token.body.access_token}`)
    .post('/rest/v1/integration_connectors', {
      company_id: group.uuid,
      provider: 'mysql',
      connector_type: 'database',
      created_by: owner,
      config: { host: 'h', password: 'hush-hush' },
    })
  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({ code: '23514', message: refusal('password') })
  expect(answer.body.hint).toContain('/v1/connections')
  expect(JSON.stringify(answer.body)).not.toContain('hush-hush')
})

test('over /v1 among the driver’s parameters it is refused, and nothing is kept', async () => {
  const { status, body } = await hub.as('ada').post('/v1/connections', {
    group_id: group.id,
    name: 'careless',
    description: '',
    type: 'postgres',
    connection_data: {
      host: 'h',
      port: 5432,
      database_name: 'd',
      additional_params: { sslmode: 'require', password: 'hush-hush' },
    },
    auth_data: { type: 'basic', user: 'u', password: 'p' },
  })
  expect(status).toBe(400)
  expect(body.error).toMatchObject({ code: 'bad_request' })
  expect(body.error.message).toContain('"password"')
  expect(JSON.stringify(body)).not.toContain('hush-hush')
})
