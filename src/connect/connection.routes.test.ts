import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/harness/hub.ts'
import { createSampleDatabase, type SampleDatabase } from '../../test/transfer/sample-database.ts'

let hub: TestHub
let sample: SampleDatabase
let files: string
let team: number
let other: number

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), 'crosstie-connect-'))
  hub = await startTestHub({ settings: { files } })
  sample = await createSampleDatabase(hub)
  await sample.sql('create table orders (id int primary key, note text not null)')
  await sample.sql('create schema "Odd one"')
  await sample.sql('create view "Odd one"."v 1" as select 1 as one')
  const members = { gus: 'guest', dev: 'developer', mia: 'maintainer' } as const
  team = (await hub.createGroup('Team', { owner: 'ada', members })).id
  other = (await hub.createGroup('Other', { owner: 'eve', members: { mia: 'developer' } })).id
})

afterAll(async () => {
  await sample.drop()
  await hub.stop()
  await rm(files, { recursive: true, force: true })
})

let made = 0
const bodyOf = (more: object = {}) => {
  made += 1
  return {
    group_id: team,
    name: `shop ${made}`,
    description: '',
    type: 'postgres',
    connection_data: sample.connectionData,
    auth_data: sample.authData,
    ...more,
  }
}
const create = async (more: object = {}, as = 'ada'): Promise<number> => {
  const answer = await hub.as(as).post('/v1/connections', bodyOf(more))
  expect(answer.body).toMatchObject({ id: expect.any(Number) })
  return answer.body.id
}

describe('a connection', () => {
  it('is read back without its secrets, by exactly the fields that SyncMaster has', async () => {
    const body = bodyOf({ description: 'of the shop' })
    const answer = await hub.as('dev').post('/v1/connections', body)
    const expected = {
      id: answer.body.id,
      group_id: team,
      name: body.name,
      description: 'of the shop',
      type: 'postgres',
      connection_data: { ...sample.connectionData, additional_params: {} },
      auth_data: { type: 'basic', user: sample.authData.user },
    }
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual(expected)
    expect((await hub.as('gus').get(`/v1/connections/${answer.body.id}`)).body).toEqual(expected)
    const full = await hub.as('gus').get(`/v1/connections/${answer.body.id}?view=full`)
    expect(full.body).toMatchObject({ ...expected, connector_type: 'database', status: 'active' })
    const [seal] = await hub.sql<{ value: string }>(
      'select value from connect.auth_data where connection_id = $1',
      [answer.body.id],
    )
    expect(seal?.value).toMatch(/^eyJ/)
    const everything = await hub.sql(
      'select to_jsonb(i)::text || to_jsonb(c)::text || to_jsonb(a)::text as text from public.integration_connectors i, connect.connection c, connect.auth_data a',
    )
    const spoken = await hub.sql(
      'select to_jsonb(e)::text as text from platform.event e union all select to_jsonb(a)::text from identity.audit a',
    )
    expect(JSON.stringify([everything, spoken])).not.toContain(sample.authData.password)
  })

  it('is a thing of its group: a guest reads it, an outsider does not know of it', async () => {
    const id = await create()
    expect((await hub.as('gus').get(`/v1/connections?group_id=${team}`)).status).toBe(200)
    expect(await hub.as('eve').get(`/v1/connections/${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found', message: 'Connection not found', details: null } },
    })
    for (const [who, status] of [
      ['gus', 403],
      ['eve', 404],
      ['dev', 200],
    ] as const) {
      expect((await hub.as(who).post('/v1/connections', bodyOf())).status).toBe(status)
      expect((await hub.as(who).put(`/v1/connections/${id}`, bodyOf())).status).toBe(status)
      expect((await hub.as(who).post(`/v1/connections/${id}/test`)).status).toBe(status)
      expect((await hub.as(who).get(`/v1/connections/${id}/browse`)).status).toBe(status)
    }
    expect((await hub.as('dev').delete(`/v1/connections/${id}`)).status).toBe(403)
    expect((await hub.as('mia').delete(`/v1/connections/${id}`)).status).toBe(204)
    expect((await hub.as('mia').get(`/v1/connections/${id}`)).status).toBe(404)
  })

  it('has a name of its own in its group', async () => {
    const body = bodyOf()
    await hub.as('ada').post('/v1/connections', body)
    expect(await hub.as('ada').post('/v1/connections', body)).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'conflict',
          message: 'The connection name already exists in the target group, please specify a new one',
        },
      },
    })
  })

  it('keeps the secret that a change leaves out, and asks for one when the way to sign in changes', async () => {
    const id = await create()
    const { password: _password, ...without } = sample.authData
    const change = bodyOf({ auth_data: without })
    expect((await hub.as('ada').put(`/v1/connections/${id}`, change)).status).toBe(200)
    expect((await hub.as('ada').post(`/v1/connections/${id}/test`)).body).toMatchObject({ ok: true })
    const s3 = bodyOf({
      type: 's3',
      connection_data: { host: 's3.example.com', bucket: 'b', region: 'eu' },
      auth_data: { type: 's3', access_key: 'key' },
    })
    expect(await hub.as('ada').put(`/v1/connections/${id}`, s3)).toMatchObject({
      status: 409,
      body: {
        error: {
          message: 'You cannot update the connection auth type without providing a new secret value.',
        },
      },
    })
  })

  it('is copied without credentials, which a change with the secret then gives it', async () => {
    const id = await create()
    const copied = await hub.as('mia').post(`/v1/connections/${id}/copy_connection`, { new_group_id: other })
    expect(copied).toMatchObject({ status: 200, body: { group_id: other, auth_data: null } })
    expect(await hub.as('mia').post(`/v1/connections/${copied.body.id}/test`)).toMatchObject({
      status: 404,
      body: { error: { message: `Credentials not found. Connection id = ${copied.body.id}` } },
    })
    const { name, ...rest } = bodyOf({ group_id: other })
    expect(await hub.as('mia').put(`/v1/connections/${copied.body.id}`, { name, ...rest })).toMatchObject({
      status: 200,
      body: { auth_data: { type: 'basic' } },
    })
    expect(
      (await hub.as('eve').post(`/v1/connections/${id}/copy_connection`, { new_group_id: other })).status,
    ).toBe(404)
  })

  it('complains of a body where SyncMaster does, and never shows a secret back', async () => {
    const answer = await hub.as('ada').post('/v1/connections', {
      ...bodyOf(),
      connection_data: { host: 'db', port: 0 },
      auth_data: { type: 'basic', password: 'do-not-show' },
    })
    expect(answer.status).toBe(422)
    expect(answer.body.error.details.map((detail: { location: unknown }) => detail.location)).toEqual([
      ['body', 'postgres', 'connection_data', 'port'],
      ['body', 'postgres', 'connection_data', 'database_name'],
      ['body', 'postgres', 'auth_data', 'user'],
    ])
    expect(JSON.stringify(answer.body)).not.toContain('do-not-show')
  })

  it('of every other type that SyncMaster has is kept as it was given, and said not to be carried yet', async () => {
    const { body: types } = await hub.as('ada').get('/v1/connections/known_types')
    expect(types).toEqual(expect.arrayContaining(['postgres', 'hive', 'iceberg', 'oracle', 's3', 'samba']))
    const oracle = { host: 'ora', port: 1521, service_name: 'sales', sid: null, additional_params: {} }
    const answer = await hub.as('ada').post('/v1/connections', {
      ...bodyOf({ type: 'oracle', connection_data: { host: 'ora', service_name: 'sales' } }),
    })
    expect(answer.body.connection_data).toEqual(oracle)
    expect((await hub.as('ada').post(`/v1/connections/${answer.body.id}/test`)).body).toMatchObject({
      ok: false,
      message: "Connections to Oracle are kept, but this release's engine does not carry them yet.",
    })
    const s3 = await hub.as('ada').post('/v1/connections', {
      ...bodyOf({
        type: 's3',
        connection_data: { host: 's3.example.com', bucket: 'b', region: 'eu', protocol: 'http' },
        auth_data: { type: 's3', access_key: 'key', secret_key: 'hidden' },
      }),
    })
    expect(s3.body).toMatchObject({
      connection_data: { port: 80, bucket_style: 'path' },
      auth_data: { type: 's3', access_key: 'key' },
    })
    expect(JSON.stringify(s3.body)).not.toContain('hidden')
    const both = bodyOf({ type: 'oracle', connection_data: { host: 'ora', service_name: 'a', sid: 'b' } })
    const refused = await hub.as('ada').post('/v1/connections', both)
    expect(refused.body.error.details[0]).toMatchObject({
      message: 'Value error, You must specify either sid or service_name but not both',
      location: ['body', 'oracle', 'connection_data'],
    })
  })
})

describe('a list of connections', () => {
  it('is searched by name and host, and filtered by type', async () => {
    const id = await create({ name: 'warehouse.daily' })
    const list = async (query: string) => {
      const { body } = await hub.as('gus').get(`/v1/connections?group_id=${team}&page_size=50&${query}`)
      return body.items.map((item: { id: number }) => item.id)
    }
    expect(await list('search_query=warehouse')).toEqual([id])
    expect(await list('search_query=house')).toEqual([])
    expect(await list('type=samba')).toEqual([])
    expect(await list('type=postgres&type=samba')).toContain(id)
    expect(await list('search_query=127.0')).toContain(id)
  })
})

describe('a Test', () => {
  const unsaved = (more: object = {}) => ({
    type: 'postgres',
    connection_data: sample.connectionData,
    auth_data: sample.authData,
    ...more,
  })

  it('says what it found, before anything is saved', async () => {
    const { body } = await hub.as('ada').post('/v1/connections/test', unsaved())
    expect(body).toMatchObject({ ok: true, details: { database: sample.connectionData.database_name } })
    expect(body.message).toMatch(/^Signed in to PostgreSQL \d+/)
  })

  it.each([
    [
      'a wrong password',
      { auth_data: { type: 'basic', user: 'nobody', password: 'wrong' } },
      /refused the password of "nobody"/,
    ],
    [
      'an unknown host',
      { connection_data: { host: 'no-such-host.invalid', database_name: 'x' } },
      /The host "no-such-host.invalid" is not known here/,
    ],
    [
      'a port where nothing answers',
      { connection_data: { host: '127.0.0.1', port: 1, database_name: 'x' } },
      /Nothing answers at 127.0.0.1:1/,
    ],
    [
      'the metadata service',
      { connection_data: { host: '169.254.169.254', database_name: 'x' } },
      /does not connect to 169.254.169.254:5432/,
    ],
  ])('says in words that it met %s', async (_what, more, words) => {
    const { status, body } = await hub.as('ada').post('/v1/connections/test', unsaved(more))
    expect(status).toBe(200)
    expect(body).toMatchObject({ ok: false, message: expect.stringMatching(words) })
  })

  it("never reaches the hub's own database", async () => {
    const own = new URL(hub.adminUrl)
    const { body } = await hub.as('ada').post('/v1/connections/test', {
      ...unsaved({
        connection_data: { host: own.hostname, port: Number(own.port), database_name: own.pathname.slice(1) },
        auth_data: { type: 'basic', user: own.username, password: own.password },
      }),
    })
    expect(body).toMatchObject({ ok: false, details: { code: 'connect.own_database' } })
  })

  it('of a saved connection uses its secret when it is left out', async () => {
    const id = await create()
    const { password: _password, ...without } = sample.authData
    const answer = await hub
      .as('dev')
      .post('/v1/connections/test', unsaved({ auth_data: without, connection_id: id }))
    expect(answer.body).toMatchObject({ ok: true })
    const missing = await hub.as('dev').post('/v1/connections/test', unsaved({ auth_data: without }))
    expect(missing.body.error.details[0].location).toEqual(['body', 'postgres', 'auth_data', 'password'])
  })
})

describe('browsing', () => {
  it('leads from schemas to tables to columns, odd names included', async () => {
    const id = await create()
    const browse = async (at: string) =>
      (await hub.as('dev').get(`/v1/connections/${id}/browse?path=${encodeURIComponent(at)}`)).body.items
    expect(await browse('')).toMatchObject([
      { name: 'Odd one', path: '"Odd one"', kind: 'schema' },
      { name: 'public', path: 'public', kind: 'schema' },
    ])
    expect(await browse('public')).toMatchObject([
      { name: 'orders', path: 'public.orders', kind: 'table', writable: true },
    ])
    expect(await browse('"Odd one"')).toMatchObject([{ name: 'v 1', path: '"Odd one"."v 1"', kind: 'view' }])
    const columns = await hub.as('dev').get(`/v1/connections/${id}/columns?path=public.orders`)
    expect(columns.body.items).toEqual([
      { name: 'id', type: 'integer', nullable: false, primary_key: true },
      { name: 'note', type: 'text', nullable: false, primary_key: false },
    ])
    expect((await hub.as('dev').get(`/v1/connections/${id}/columns?path=public.gone`)).status).toBe(404)
  })

  it('shows folders and files of a local connection, and nothing outside of it', async () => {
    await mkdir(path.join(files, 'in', 'sub'), { recursive: true })
    await writeFile(path.join(files, 'in', 'orders.csv'), 'id,total\n1,2.5\n')
    await writeFile(path.join(files, 'secret.csv'), 'x\n')
    await symlink(path.join(files, 'secret.csv'), path.join(files, 'in', 'way-out.csv'))
    await symlink('/etc', path.join(files, 'in', 'etc'))
    const local = { type: 'local', connection_data: { directory: '/in' }, auth_data: undefined }
    const id = await create(local)
    const client = hub.as('dev')
    const { body } = await client.get(`/v1/connections/${id}/browse?path=/`)
    expect(body.items).toMatchObject([
      { name: 'sub', path: '/sub', kind: 'folder' },
      { name: 'orders.csv', path: '/orders.csv', kind: 'file', format: 'csv', size_bytes: 15 },
    ])
    for (const outside of [
      '/etc',
      '/way-out.csv',
      '/../secret.csv',
      '../secret.csv',
      '/sub/../../secret.csv',
    ]) {
      const at = encodeURIComponent(outside)
      expect((await client.get(`/v1/connections/${id}/browse?path=${at}`)).status).toBe(404)
      expect((await client.get(`/v1/connections/${id}/columns?path=${at}`)).status).toBe(404)
    }
    const columns = await client.get(`/v1/connections/${id}/columns?path=/orders.csv`)
    expect(columns.body.items.map(({ name }: { name: string }) => name)).toEqual(['id', 'total'])
    expect((await client.post(`/v1/connections/${id}/test`)).body).toMatchObject({ ok: true })
    for (const directory of ['/gone', '/../../etc', '/in/etc']) {
      const test = { type: 'local', connection_data: { directory } }
      expect((await client.post('/v1/connections/test', test)).body).toMatchObject({ ok: false })
    }
  })
})

describe('of a secret is told', () => {
  it('that it is kept, and since when; a change that leaves it out leaves it', async () => {
    const id = await create()
    const secrets = async () => (await hub.as('gus').get(`/v1/connections/${id}?view=full`)).body.secrets
    const before = await secrets()
    expect(before).toEqual({ password: { set: true, updated_at: expect.any(String) } })
    const { password, ...kept } = sample.authData
    const change = (auth_data: object) =>
      hub.as('dev').put(`/v1/connections/${id}`, { ...bodyOf(), auth_data })
    expect((await change(kept)).status).toBe(200)
    expect(await secrets()).toEqual(before)
    expect((await change({ ...kept, password })).status).toBe(200)
    expect((await secrets()).password.updated_at > before.password.updated_at).toBe(true)
  })

  it('nothing else, and one among the settings is thrown away', async () => {
    const id = await create({ connection_data: { ...sample.connectionData, password: 'misplaced' } })
    const [row] = await hub.sql<{ text: string }>(
      `select i.config::text || i.schedule::text as text from public.integration_connectors i
       join connect.connection c on c.connector_id = i.id where c.id = $1`,
      [id],
    )
    expect(row?.text).not.toContain('misplaced')
  })
})

describe('the providers', () => {
  it('come with the schemas that draw their forms, secrets marked', async () => {
    const { body } = await hub.as('gus').get('/v1/providers')
    expect(body.items.length).toBeGreaterThanOrEqual(15)
    expect(body.items[0]).toMatchObject({
      provider: 'postgres',
      connector_type: 'database',
      can: { check: true, discover: true, source: true, target: true },
      spec: { properties: { port: { default: 5432 } } },
      auth: [{ type: 'basic', schema: { properties: { password: { 'x-secret': true, writeOnly: true } } } }],
    })
  })
})
