import { createServer, type AddressInfo } from 'node:net'

import { startTestPostgres, type TestPostgres } from '../../../platform/testing/postgres.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { PostgresLogin } from '../../engine/job.ts'
import { connectPostgres } from './connect.ts'
import { parsePostgresUrl } from './login.ts'

let server: TestPostgres
let login: PostgresLogin

beforeAll(async () => {
  server = await startTestPostgres()
  login = parsePostgresUrl(server.adminUrl).login
})
afterAll(() => server.stop())

async function failing(change: Partial<PostgresLogin>) {
  const error: unknown = await connectPostgres({ ...login, ...change }).catch((thrown: unknown) => thrown)
  expect(String(error)).not.toContain('hunter2')
  return error
}

test('a wrong password is told as one, with user and place, and is not repeated', async () => {
  expect(await failing({ password: 'hunter2' })).toMatchObject({
    kind: 'unauthorized',
    code: 'transfer.wrong_password',
    message: expect.stringMatching(
      new RegExp(`127\\.0\\.0\\.1:${login.port}/crosstie refused the password of "${login.user}"`),
    ),
  })
})

test('a missing password is told as missing, and PGPASSWORD of this process is not taken for it', async () => {
  process.env['PGPASSWORD'] = login.password
  try {
    expect(await failing({ password: undefined })).toMatchObject({ code: 'transfer.password_missing' })
  } finally {
    delete process.env['PGPASSWORD']
  }
})

test('an unknown database is named', async () => {
  expect(await failing({ database: 'nowhere' })).toMatchObject({
    kind: 'not_found',
    code: 'transfer.database_missing',
    message: expect.stringContaining('"nowhere"'),
  })
})

test('a port where nothing listens is told with host and port', async () => {
  expect(await failing({ port: 1 })).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('Nothing answers at 127.0.0.1:1'),
  })
})

test('a host that does not exist is named', async () => {
  expect(await failing({ host: 'no-such-host.invalid' })).toMatchObject({
    kind: 'unavailable',
    code: 'transfer.host_unknown',
  })
})

test('a server without TLS is refused where TLS is demanded, and served where it is only preferred', async () => {
  expect(await failing({ params: { sslmode: 'verify-full' } })).toMatchObject({ code: 'transfer.tls_failed' })
  const client = await connectPostgres({ ...login, params: { sslmode: 'prefer' } })
  await client.end()
})

test('a server that never answers times out', async () => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  // Listening on a port makes it an AddressInfo.
  const { port } = silent.address() as AddressInfo
  expect(await failing({ port, params: { connect_timeout: '1' } })).toMatchObject({ kind: 'timed_out' })
  silent.close()
})

test('the session writes values in the one form that reads back', async () => {
  const client = await connectPostgres(login)
  const { rows } = await client.query<{ at: string; span: string; float: string }>(
    "select '2024-02-29 12:00+02'::timestamptz::text as at, '1 mon 2 days'::interval::text as span, (0.1::float8 + 0.2)::text as float",
  )
  expect(rows[0]).toEqual({
    at: '2024-02-29 10:00:00+00',
    span: '1 mon 2 days',
    float: '0.30000000000000004',
  })
  await client.end()
})
