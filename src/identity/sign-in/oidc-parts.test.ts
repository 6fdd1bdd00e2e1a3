/** What the whole way in `oidc.test.ts` does not reach: Keycloak's own logout, and two hubs that refresh one session. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '#database'
import { createTestDatabase, type TestDatabase } from '../../../test/harness/database.ts'
import { pathWithin } from './oidc-flow.ts'
import { createOidcProvider } from './oidc-provider.ts'
import { endRefreshTurn, takeRefreshTurn } from './oidc.store.ts'

test('at Keycloak the whole session ends, by its refresh token', async () => {
  const said: { path: string; body: string; authorization: string | undefined }[] = []
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo // it listens on TCP
    const issuer = `http://127.0.0.1:${port}/realms/main`
    if (request.url?.endsWith('/.well-known/openid-configuration')) {
      const at = (name: string) => `${issuer}/protocol/openid-connect/${name}`
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify({
          issuer,
          authorization_endpoint: at('auth'),
          token_endpoint: at('token'),
          jwks_uri: at('certs'),
          end_session_endpoint: at('logout'),
          revocation_endpoint: at('revoke'),
        }),
      )
      return
    }
    void text(request).then((body) => {
      said.push({ path: request.url ?? '', body, authorization: request.headers.authorization })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on TCP
  const settings = {
    oidc_issuer: `http://127.0.0.1:${port}/realms/main`,
    oidc_client_id: 'crosstie',
    oidc_client_secret: 'hush',
    oidc_scopes: 'openid',
    oidc_redirect_url: null,
  }
  const provider = createOidcProvider(settings, () => 'http://127.0.0.1:1')
  await provider?.end({ subject: 's', refresh_token: 'refresh', id_token: null })
  expect(said).toEqual([
    {
      path: '/realms/main/protocol/openid-connect/logout',
      body: 'refresh_token=refresh',
      authorization: `Basic ${Buffer.from('crosstie:hush').toString('base64')}`,
    },
  ])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

describe('the turn to refresh', () => {
  let database: TestDatabase
  let db: Database
  let sessionId: number
  beforeAll(async () => {
    database = await createTestDatabase()
    db = openDatabase(database.url, { connections: 4 })
    const [row] = await database.sql<{ id: number }>(
      `with u as (insert into identity."user" (username) values ('ada') returning id)
       insert into identity.session (user_id, token_hash, expires_at)
       select id, 'x', now() + interval '1 day' from u returning id::int`,
    )
    sessionId = row?.id ?? 0
    await database.sql(
      `insert into identity.oidc_session (session_id, value, fresh_until) values ($1, 'sealed', now() - interval '1 second')`,
      [sessionId],
    )
  })
  afterAll(async () => {
    await db.close()
    await database.drop()
  })
  const take = (leaseMs = 60_000) => takeRefreshTurn(db, sessionId, leaseMs)

  test('is one hub’s at a time, and goes on when it was given back without an answer', async () => {
    const turns = await Promise.all([take(), take(), take(), take()])
    expect(turns.filter((turn) => typeof turn === 'object')).toEqual([{ value: 'sealed' }])
    expect(turns.filter((turn) => turn === 'taken')).toHaveLength(3)
    await endRefreshTurn(db, sessionId, null)
    expect(await take(50)).toEqual({ value: 'sealed' })
  })

  test('of a hub that died lapses', async () => {
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await take()).toEqual({ value: 'sealed' })
  })

  test('is over when the tokens are fresh, or the session is gone', async () => {
    await endRefreshTurn(db, sessionId, { value: 'new', freshUntil: new Date(Date.now() + 60_000) })
    expect(await take()).toBe('fresh')
    await database.sql('delete from identity.session where id = $1', [sessionId])
    expect(await take()).toBe('gone')
  })
})

test('a path to come back to is the hub’s own, whatever is tried', () => {
  expect(pathWithin('/transfers/3?group=1#runs')).toBe('/transfers/3?group=1#runs')
  expect(pathWithin('/länder')).toBe('/l%C3%A4nder')
  for (const bad of [undefined, '', 'runs', 'https://evil.example', '//evil.example', '/\\evil.example']) {
    expect(pathWithin(bad)).toBe('/')
  }
  for (const bad of ['/\t/evil.example', '/\n/evil.example', '/..//evil.example', '/.//evil.example']) {
    expect(pathWithin(bad)).toBe('/')
  }
})
