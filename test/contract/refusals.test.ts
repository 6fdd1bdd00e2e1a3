/** What SyncMaster answers to requests that it refuses, before it looks at what they are about. */
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptSecrets } from '#config'
import { MANIFESTS } from '#connect'
import { CHANNEL_MANIFESTS } from '#notify'
import { type Answer, startTestHub, type TestHub } from '../harness/hub.ts'

let hub: TestHub
let group: number
let connection: number
let queue: number
beforeAll(async () => {
  hub = await startTestHub()
  group = (await hub.createGroup('Team', { owner: 'ada', members: { gus: 'guest', off: 'guest' } })).id
  await hub.sql(`update identity."user" set status = 'forbidden' where username = 'off'`)
  await hub.createUser('eve')
  const made = await hub.as('ada').post('/v1/connections', POSTGRES())
  connection = made.body.id
  queue = (await hub.as('ada').post('/v1/queues', { group_id: group, name: 'main' })).body.id
})
afterAll(() => hub.stop())

const POSTGRES = () => ({
  group_id: group,
  name: 'shop',
  description: '',
  type: 'postgres',
  connection_data: { host: 'db', database_name: 'shop' },
  auth_data: { type: 'basic', user: 'u', password: 'p' },
})
const form = (fields: Record<string, string>) =>
  hub.anonymous.request({
    method: 'POST',
    url: '/v1/auth/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  })
const fault = (code: string, message: string, details: unknown = null) => ({
  error: { code, message, details },
})
const noToken = fault('unauthorized', 'Not authenticated')
const noPower = fault('forbidden', 'You have no power here')

describe('a request that is no operation', () => {
  test('has the framework’s own body, and still a request id', async () => {
    const unknown = await hub.as('ada').get('/v1/nothing')
    expect(unknown).toMatchObject({ status: 404, body: { detail: 'Not Found' } })
    expect(unknown.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
    const wrong = await hub.anonymous.delete('/v1/groups')
    expect(wrong).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } })
    expect(wrong.headers.allow).toBe('GET, HEAD, POST')
    const on = await hub.anonymous.post(`/v1/groups/${group}`)
    expect(on).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } })
  })

  test.each([
    ['GET', '/v1/groups/?page=2&search_query=a%2Fb', '/v1/groups?page=2&search_query=a%2Fb'],
    ['POST', '/v1/groups/', '/v1/groups'],
    ['PUT', '/v1/connections/7//', '/v1/connections/7'],
    ['PATCH', '/v1/users/me/', '/v1/users/me'],
    ['GET', '/monitoring/ping/', '/monitoring/ping'],
  ] as const)('leads %s %s to the path without the slash, as FastAPI does', async (method, url, way) => {
    const answer = await hub.anonymous.request({ method, url })
    expect([answer.status, answer.headers.location]).toEqual([307, way])
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/)
  })

  test('leads nowhere else', async () => {
    for (const url of ['/v1/nothing/', '//v1/groups/', '//another.host/v1/groups/']) {
      const answer = await hub.anonymous.request({ method: 'POST', url })
      expect([url, answer.status, answer.headers.location]).toEqual([url, 404, undefined])
    }
  })
})

test('every answer carries the request’s id, or a new uuid7 in hex', async () => {
  const given = await hub.as('ada').request({ url: '/v1/users/me', headers: { 'x-request-id': 'mine-42' } })
  expect(given.headers['x-request-id']).toBe('mine-42')
  const { headers } = await hub.anonymous.get('/v1/users/me')
  expect(headers['x-request-id']).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
})

describe('who is not signed in', () => {
  const sign = async (claims: object, expiry: string | null, secret?: string) => {
    const key = secret ?? (await keptSecrets(hub.settings)).jwt_secret
    const token = new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256' })
    return (expiry === null ? token : token.setExpirationTime(expiry)).sign(new TextEncoder().encode(key))
  }
  test.each([
    ['has no token', async () => ''],
    [
      'has a token of another secret',
      async () => `Bearer ${await sign({ user_id: 1 }, '1h', 'x'.repeat(32))}`,
    ],
    ['has an expired one', async () => `Bearer ${await sign({ user_id: 1 }, '-1s')}`],
    ['has one that never ends', async () => `Bearer ${await sign({ user_id: 1 }, null)}`],
    ['has one that is no token', async () => 'Bearer abc'],
    ['comes by Basic', async () => `Basic ${Buffer.from('ada:secret').toString('base64')}`],
  ])('%s: 401, without a challenge', async (_what, authorization) => {
    const answer = await hub.withAuthorization(await authorization()).get('/v1/users/me')
    expect(answer).toMatchObject({ status: 401, body: noToken })
    expect(answer.headers['www-authenticate']).toBeUndefined()
  })

  test('a token made elsewhere with the secret, as SyncMaster makes it, is good', async () => {
    const token = await sign({ user_id: hub.user('ada').id }, '10h')
    expect((await hub.withAuthorization(`Bearer ${token}`).get('/v1/users/me')).body).toEqual({
      id: hub.user('ada').id,
      username: 'ada',
      is_superuser: false,
    })
  })

  test('a token of a user who is gone is 404, of one who is not active 403', async () => {
    const token = await sign({ user_id: 987654 }, '1h')
    expect(await hub.withAuthorization(`Bearer ${token}`).get('/v1/users/me')).toMatchObject({
      status: 404,
      body: fault('not_found', 'User not found'),
    })
    expect(await hub.as('off').get('/v1/users/me')).toMatchObject({ status: 403, body: noPower })
  })
})

describe('checks come in one order', () => {
  const broken = {
    method: 'POST',
    url: '/v1/groups',
    payload: '{"name": "x",',
    headers: { 'content-type': 'application/json' },
  } as const
  const bad = { name: 'x' }

  test('JSON, token, active, valid, visible, allowed, rules', async () => {
    const notJson = await hub.anonymous.request(broken)
    expect(notJson).toMatchObject({ status: 422 })
    expect(notJson.body.error.details).toEqual([
      {
        location: ['body', 13],
        message: 'JSON decode error',
        code: 'json_invalid',
        context: { error: 'Expecting property name enclosed in double quotes' },
        input: {},
      },
    ])
    expect(await hub.anonymous.post('/v1/groups', bad)).toMatchObject({ status: 401 })
    expect(await hub.as('off').post('/v1/groups', bad)).toMatchObject({ status: 403 })
    expect(await hub.as('eve').put(`/v1/groups/${group}`, bad)).toMatchObject({ status: 422 })
    const good = { name: 'Mine', description: '', owner_id: hub.user('eve').id }
    expect(await hub.as('eve').put(`/v1/groups/${group}`, good)).toMatchObject({ status: 404 })
    expect(await hub.as('gus').put(`/v1/groups/${group}`, good)).toMatchObject({ status: 403, body: noPower })
    await hub.createGroup('Taken', { owner: 'ada' })
    const taken = { name: 'Taken', description: '', owner_id: hub.user('ada').id }
    expect(await hub.as('ada').put(`/v1/groups/${group}`, taken)).toMatchObject({
      status: 409,
      body: fault('conflict', 'Group name already taken'),
    })
  })
})

/** One complaint: where, by which code and words, with what context; the input where it is not the value itself. */
interface Complaint {
  what: string
  ask: () => Promise<Answer>
  detail: { location: unknown[]; code: string; message: string; context?: object; input?: unknown }
}

const post = (path: string, body: () => unknown) => () => hub.as('ada').post(path, body())
const transfer = (more: object) => () => ({
  group_id: group,
  queue_id: queue,
  name: 'copy',
  source_connection_id: connection,
  target_connection_id: connection,
  source_params: { type: 'postgres', table_name: 'public.a' },
  target_params: { type: 'postgres', table_name: 'public.b' },
  ...more,
})
const ofTransfer = (more: object) => post('/v1/transfers', transfer(more))
const files = (more: object = {}) => ({
  type: 's3',
  directory_path: '/in',
  file_format: { type: 'csv' },
  ...more,
})
const TYPES = [...MANIFESTS, ...CHANNEL_MANIFESTS].map(({ provider }) => `'${provider}'`).join(', ')

const COMPLAINTS: Complaint[] = [
  {
    what: 'a body that is not there',
    ask: post('/v1/groups', () => undefined),
    detail: { location: ['body'], code: 'missing', message: 'Field required', input: null },
  },
  {
    what: 'a field that is not there',
    ask: post('/v1/groups', () => ({ name: 'Team two' })),
    detail: {
      location: ['body', 'description'],
      code: 'missing',
      message: 'Field required',
      input: { name: 'Team two' },
    },
  },
  {
    what: 'a name of two letters',
    ask: post('/v1/groups', () => ({ name: 'ab', description: '' })),
    detail: {
      location: ['body', 'name'],
      code: 'string_too_short',
      message: 'String should have at least 3 characters',
      context: { min_length: 3 },
      input: 'ab',
    },
  },
  {
    what: 'a name of 129 letters',
    ask: post('/v1/queues', () => ({ group_id: group, name: 'q'.repeat(129) })),
    detail: {
      location: ['body', 'name'],
      code: 'string_too_long',
      message: 'String should have at most 128 characters',
      context: { max_length: 128 },
    },
  },
  {
    what: 'a queue’s name beyond ASCII',
    ask: post('/v1/queues', () => ({ group_id: group, name: 'очередь' })),
    detail: {
      location: ['body', 'name'],
      code: 'string_pattern_mismatch',
      message: "String should match pattern '^[ -~]+$'",
      context: { pattern: '^[ -~]+$' },
    },
  },
  {
    what: 'a number where a text belongs',
    ask: post('/v1/groups', () => ({ name: 12345, description: '' })),
    detail: {
      location: ['body', 'name'],
      code: 'string_type',
      message: 'Input should be a valid string',
      input: 12345,
    },
  },
  {
    what: 'a word that is no boolean',
    ask: ofTransfer({ is_scheduled: 'maybe' }),
    detail: {
      location: ['body', 'is_scheduled'],
      code: 'bool_parsing',
      message: 'Input should be a valid boolean, unable to interpret input',
      input: 'maybe',
    },
  },
  {
    what: 'a path id that is no number',
    ask: () => hub.as('ada').get('/v1/groups/abc'),
    detail: {
      location: ['path', 'group_id'],
      code: 'int_parsing',
      message: 'Input should be a valid integer, unable to parse string as an integer',
      input: 'abc',
    },
  },
  {
    what: 'an id beyond every id',
    ask: () => hub.as('ada').get('/v1/groups/99999999999999999999'),
    detail: {
      location: ['path', 'group_id'],
      code: 'less_than_equal',
      message: 'Input should be less than or equal to 9223372036854774000',
    },
  },
  {
    what: 'page 0',
    ask: () => hub.as('ada').get('/v1/groups?page=0'),
    detail: {
      location: ['query', 'page'],
      code: 'greater_than',
      message: 'Input should be greater than 0',
      context: { gt: 0 },
    },
  },
  {
    what: 'a page of 51',
    ask: () => hub.as('ada').get('/v1/groups?page_size=51'),
    detail: {
      location: ['query', 'page_size'],
      code: 'less_than_equal',
      message: 'Input should be less than or equal to 50',
      context: { le: 50 },
    },
  },
  {
    what: 'a list without its group',
    ask: () => hub.as('ada').get('/v1/connections'),
    detail: { location: ['query', 'group_id'], code: 'missing', message: 'Field required', input: null },
  },
  {
    what: 'runs of no transfer',
    ask: () => hub.as('ada').get('/v1/runs'),
    detail: { location: ['query', 'transfer_id'], code: 'missing', message: 'Field required', input: null },
  },
  {
    what: 'a role that there is not, which is 500 there',
    ask: () => hub.as('ada').get('/v1/groups?role=King'),
    detail: {
      location: ['query', 'role'],
      code: 'enum',
      message: "Input should be 'Guest', 'Developer', 'Maintainer', 'Owner' or 'Superuser'",
    },
  },
  {
    what: 'a member’s role that cannot be given',
    ask: () => hub.as('ada').post(`/v1/groups/${group}/users/${hub.user('eve').id}`, { role: 'Owner' }),
    detail: {
      location: ['body'],
      code: 'value_error',
      message: 'Value error, Input should be one of: Maintainer, Developer, Guest',
      input: { role: 'Owner' },
    },
  },
  {
    what: 'a type of connection that there is not',
    ask: post('/v1/connections', () => ({ ...POSTGRES(), type: 'x' })),
    detail: {
      location: ['body'],
      code: 'union_tag_invalid',
      message: `Input tag 'x' found using 'type' does not match any of the expected tags: ${TYPES}`,
      context: { discriminator: "'type'", tag: 'x', expected_tags: TYPES },
    },
  },
  {
    what: 'a connection without a type',
    ask: post('/v1/connections', () => ({ ...POSTGRES(), type: undefined })),
    detail: {
      location: ['body'],
      code: 'union_tag_not_found',
      message: "Unable to extract tag using discriminator 'type'",
      context: { discriminator: "'type'" },
    },
  },
  {
    what: 'direct S3 without keys',
    ask: post('/v1/connections', () => ({
      ...POSTGRES(),
      ...ICEBERG,
      auth_data: { type: 'iceberg_rest_bearer', rest_catalog_token: 't' },
    })),
    detail: {
      location: ['body', 'iceberg'],
      code: 'value_error',
      message: 'Value error, Cannot create direct S3 connection without S3 credentials',
    },
  },
  {
    what: 'an address that is none',
    ask: post('/v1/connections', () => ({
      ...POSTGRES(),
      ...ICEBERG,
      connection_data: { ...ICEBERG.connection_data, rest_catalog_url: 'catalog' },
    })),
    detail: {
      location: ['body', 'iceberg', 'connection_data', 'iceberg_rest_s3_direct', 'rest_catalog_url'],
      code: 'url_parsing',
      message: 'Input should be a valid URL, relative URL without a base',
      context: { error: 'relative URL without a base' },
    },
  },
  {
    what: 'a table’s name of one word',
    ask: ofTransfer({ source_params: { type: 'postgres', table_name: 'orders' } }),
    detail: {
      location: ['body', 'source_params', 'postgres', 'table_name'],
      code: 'value_error',
      message: 'Value error, Table name should be in format myschema.mytable',
      input: 'orders',
    },
  },
  {
    what: 'a relative folder',
    ask: ofTransfer({ source_params: files({ directory_path: 'in' }) }),
    detail: {
      location: ['body', 'source_params', 's3', 'directory_path'],
      code: 'value_error',
      message: 'Value error, Directory path must be absolute',
    },
  },
  {
    what: 'JSON as a target’s format',
    ask: ofTransfer({ target_params: files({ file_format: { type: 'json' } }) }),
    detail: {
      location: ['body', 'target_params', 's3', 'file_format'],
      code: 'union_tag_invalid',
      message:
        "Input tag 'json' found using 'type' does not match any of the expected tags: 'csv', 'jsonline', 'excel', 'xml', 'orc', 'parquet'",
      context: {
        discriminator: "'type'",
        tag: 'json',
        expected_tags: "'csv', 'jsonline', 'excel', 'xml', 'orc', 'parquet'",
      },
    },
  },
  ...(
    [
      ['a b', "Template contains invalid characters. Allowed: letters, numbers, '.', '_', '-', '{', '}'"],
      ['{run_id}-{index}', 'Missing required placeholders: {extension}'],
      ['{index}.{extension}', 'At least one of placeholders must be present: {run_id} or {run_created_at}'],
      ['{run_id}-{index}-{who}.{extension}', "Invalid placeholder: 'who'"],
    ] as const
  ).map(([file_name_template, sentence]) => ({
    what: `the file name ${file_name_template}`,
    ask: ofTransfer({ target_params: files({ file_name_template }) }),
    detail: {
      location: ['body', 'target_params', 's3', 'file_name_template'],
      code: 'value_error',
      message: `Value error, ${sentence}`,
      input: file_name_template,
    },
  })),
  {
    what: 'a schedule that is not there',
    ask: ofTransfer({ is_scheduled: true }),
    detail: {
      location: ['body'],
      code: 'value_error',
      message: 'Value error, If transfer must be scheduled then set schedule',
    },
  },
  {
    what: 'an incremental reading of S3',
    ask: ofTransfer({
      source_params: files(),
      strategy_params: { type: 'incremental', increment_by: 'file_name' },
    }),
    detail: {
      location: ['body'],
      code: 'value_error',
      message: 'Value error, S3 and HDFS sources do not support incremental strategy for now',
    },
  },
  {
    what: 'an incremental reading of files by a column',
    ask: ofTransfer({
      source_params: { ...files(), type: 'sftp' },
      strategy_params: { type: 'incremental', increment_by: 'id' },
    }),
    detail: {
      location: ['body'],
      code: 'value_error',
      message:
        "Value error, Field 'increment_by' must be equal to 'file_modified_since' or 'file_name' for file source types",
    },
  },
  {
    what: 'an incremental reading of a wrong source, which is 500 there',
    ask: ofTransfer({
      source_params: { type: 's3' },
      strategy_params: { type: 'incremental', increment_by: 'id' },
    }),
    detail: {
      location: ['body', 'source_params', 's3', 'directory_path'],
      code: 'missing',
      message: 'Field required',
    },
  },
  {
    what: 'a statement that is no query',
    ask: ofTransfer({ transformations: [{ type: 'sql', query: 'drop table x' }] }),
    detail: {
      location: ['body', 'transformations', 0, 'sql', 'query'],
      code: 'value_error',
      message: "Value error, Query must be a SELECT statement, got 'drop table x'",
    },
  },
  ...(
    [
      ['name_regexp', '(', "Invalid regexp: '('"],
      ['name_glob', 'orders.csv', "Invalid glob: 'orders.csv'"],
    ] as const
  ).map(([type, value, sentence]) => ({
    what: `the ${type} ${value}`,
    ask: ofTransfer({ transformations: [{ type: 'file_metadata_filter', filters: [{ type, value }] }] }),
    detail: {
      location: ['body', 'transformations', 0, 'file_metadata_filter', 'filters', 0, type, 'value'],
      code: 'value_error',
      message: `Value error, ${sentence}`,
    },
  })),
  {
    what: 'a filter of an unknown kind',
    ask: ofTransfer({
      transformations: [{ type: 'dataframe_columns_filter', filters: [{ type: 'x', field: 'f' }] }],
    }),
    detail: {
      location: ['body', 'transformations', 0, 'dataframe_columns_filter', 'filters', 0],
      code: 'union_tag_invalid',
      message:
        "Input tag 'x' found using 'type' does not match any of the expected tags: 'include', 'rename', 'cast'",
    },
  },
  {
    what: 'less memory than a task needs',
    ask: ofTransfer({ resources: { ram_bytes_per_task: '1MiB' } }),
    detail: {
      location: ['body', 'resources', 'ram_bytes_per_task'],
      code: 'greater_than_equal',
      message: 'Input should be greater than or equal to 536870912',
      context: { ge: 536_870_912 },
    },
  },
  {
    what: 'no tasks',
    ask: ofTransfer({ resources: { max_parallel_tasks: 0 } }),
    detail: {
      location: ['body', 'resources', 'max_parallel_tasks'],
      code: 'greater_than_equal',
      message: 'Input should be greater than or equal to 1',
      context: { ge: 1 },
      input: 0,
    },
  },
  {
    what: 'a time that is none',
    ask: () => hub.as('ada').get('/v1/runs?transfer_id=1&started_at_since=soon'),
    detail: {
      location: ['query', 'started_at_since'],
      code: 'datetime_from_date_parsing',
      message: 'Input should be a valid datetime or date, input is too short',
      context: { error: 'input is too short' },
    },
  },
  {
    what: 'a text that no database keeps',
    ask: post('/v1/groups', () => ({ name: 'Te\0am', description: '' })),
    detail: {
      location: ['body', 'name'],
      code: 'string_unicode',
      message: 'Input should be a valid string, unable to parse raw data as a unicode string',
    },
  },
  {
    what: 'a form’s password in JSON',
    ask: () => hub.anonymous.post('/v1/auth/token', { username: 'ada', password: 'x' }),
    detail: { location: ['body', 'username'], code: 'missing', message: 'Field required', input: null },
  },
  {
    what: 'a form with a blank name, which is one left out',
    ask: () => form({ username: '', password: 'x' }),
    detail: { location: ['body', 'username'], code: 'missing', message: 'Field required', input: null },
  },
  {
    what: 'a form with a blank password',
    ask: () => form({ username: 'ada', password: '' }),
    detail: { location: ['body', 'password'], code: 'missing', message: 'Field required', input: null },
  },
  {
    what: 'a form of another grant',
    ask: () => form({ username: 'ada', password: 'x', grant_type: 'implicit' }),
    detail: {
      location: ['body', 'grant_type'],
      code: 'string_pattern_mismatch',
      message: "String should match pattern '^password$'",
    },
  },
]

const ICEBERG = {
  type: 'iceberg',
  connection_data: {
    type: 'iceberg_rest_s3_direct',
    rest_catalog_url: 'https://catalog.example.com',
    s3_warehouse_path: '/w',
    s3_host: 's3.example.com',
    s3_bucket: 'b',
    s3_region: 'r',
  },
  auth_data: {
    type: 'iceberg_rest_bearer_s3_basic',
    rest_catalog_token: 't',
    s3_access_key: 'k',
    s3_secret_key: 's',
  },
}

test.each(COMPLAINTS)('422 tells of $what', async ({ ask, detail }) => {
  const { status, body } = await ask()
  expect(body).toMatchObject({ error: { code: 'invalid_request', message: 'Invalid request' } })
  expect(status).toBe(422)
  expect(body.error.details[0]).toMatchObject(detail)
  if (detail.context === undefined && detail.code === 'value_error')
    expect(body.error.details[0].context).toEqual({})
  expect(Object.keys(body.error.details[0]).toSorted()).toEqual([
    'code',
    'context',
    'input',
    'location',
    'message',
  ])
})

test('what says the same in other words is taken, and what is not asked for is ignored', async () => {
  const body = transfer({
    group_id: String(group),
    queue_id: `${queue}.0`,
    name: 'lax',
    is_scheduled: 'no',
    schedule: 'not a cron',
    unknown: { of: 'no interest' },
    resources: { max_parallel_tasks: '2', ram_bytes_per_task: '1.5 GiB' },
  })
  const made = await hub.as('ada').post('/v1/transfers', body())
  expect(made.body).toMatchObject({
    group_id: group,
    queue_id: queue,
    is_scheduled: false,
    schedule: 'not a cron',
    resources: { max_parallel_tasks: 2, cpu_cores_per_task: 1, ram_bytes_per_task: 1.5 * 2 ** 30 },
  })
  expect(made.body).not.toHaveProperty('unknown')
  const page = await hub.as('ada').get('/v1/groups?page=2&page=1&page_size=%2050%20')
  expect(page.body.meta).toMatchObject({ page: 1, page_size: 50 })
})

test('ids that nothing has are 404, negative ones included', async () => {
  for (const id of [-1, 0, 2 ** 53, 9_223_372_036_854_774_000n]) {
    expect(await hub.as('ada').get(`/v1/connections/${id}`)).toMatchObject({
      status: 404,
      body: fault('not_found', 'Connection not found'),
    })
  }
})
