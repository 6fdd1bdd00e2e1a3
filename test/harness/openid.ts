/**
 * A real OpenID Connect provider (`oidc-provider`) on loopback, for the tests of sign-in.
 *
 * ```ts
 * const openid = await startOpenIdServer()
 * openid.people.set('sub-1', { preferred_username: 'ada' })
 * const hub = await startTestHub({ settings: openid.settings })
 * openid.register(`${hub.url}/auth/callback`)
 * const answer = await openid.signIn(url, 'sub-1')   // where the provider sends the browser back to
 * ```
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

const CLIENT_ID = 'crosstie'

export interface OpenIdServer {
  issuer: string
  clientSecret: string
  /** What a hub is set to. */
  settings: { oidc_issuer: string; oidc_client_id: string; oidc_client_secret: string; oidc_name: string }
  /** Claims by subject. */
  people: Map<string, Record<string, string>>
  /** How long access tokens last, and whether the claims stand in the ID token already. */
  manner: { accessTokenS: number; claimsInIdToken: boolean; down: boolean }
  /** How many requests came, by path. */
  asked: Map<string, number>
  /** Lets the hub's pages be come back to. */
  register: (redirectUri: string) => void
  /** Does what a browser and a person do at `url`; answers where the provider sends them back to. */
  signIn: (url: string, subject: string) => Promise<URL>
  /** Ends everything that was given to the person. */
  revoke: (subject: string) => Promise<void>
  stop: () => Promise<void>
}

export async function startOpenIdServer(): Promise<OpenIdServer> {
  let provider: Provider | undefined
  const manner = { accessTokenS: 300, claimsInIdToken: false, down: false }
  const people: OpenIdServer['people'] = new Map()
  const asked = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    asked.set(path, (asked.get(path) ?? 0) + 1)
    if (manner.down) return void response.writeHead(503).end('down for repairs')
    if (provider === undefined) return void response.writeHead(503).end('not registered yet')
    if (path.startsWith('/person/')) return void person(provider, request, response)
    void provider.callback()(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
  const clientSecret = `client secret ${issuer}`
  const grants = new Map<string, Set<string>>()
  const jwk = await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)

  const register = (redirectUri: string) => {
    provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: clientSecret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
        },
      ],
      jwks: { keys: [{ ...jwk, alg: 'RS256', use: 'sig' }] },
      cookies: { keys: ['test'] },
      claims: {
        openid: ['sub'],
        email: ['email'],
        profile: ['name', 'preferred_username', 'given_name', 'middle_name', 'family_name'],
      },
      scopes: ['openid', 'profile', 'email'],
      get conformIdTokenClaims() {
        return !manner.claimsInIdToken
      },
      features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
      pkce: { required: () => true },
      issueRefreshToken: async () => true,
      rotateRefreshToken: true,
      ttl: {
        AccessToken: () => manner.accessTokenS,
        AuthorizationCode: 60,
        Grant: 3600,
        IdToken: 300,
        Interaction: 300,
        RefreshToken: 3600,
        Session: 3600,
      },
      interactions: { url: (_context, { uid }) => `/person/${uid}` },
      findAccount: (_context, sub) => ({
        accountId: sub,
        claims: async () => ({ sub, ...people.get(sub) }),
      }),
      // Nobody is asked for consent.
      loadExistingGrant: async ({ oidc }) => {
        const made = new oidc.provider.Grant({
          clientId: CLIENT_ID,
          accountId: oidc.session?.accountId ?? '',
        })
        made.addOIDCScope('openid profile email')
        const id = await made.save()
        const subject = oidc.session?.accountId ?? ''
        grants.set(subject, (grants.get(subject) ?? new Set()).add(id))
        return made
      },
    })
  }

  return {
    issuer,
    clientSecret,
    settings: {
      oidc_issuer: issuer,
      oidc_client_id: CLIENT_ID,
      oidc_client_secret: clientSecret,
      oidc_name: 'Office',
    },
    people,
    manner,
    asked,
    register,
    signIn: browse,
    revoke: async (subject) => {
      for (const id of grants.get(subject) ?? []) {
        await provider?.RefreshToken.revokeByGrantId(id)
      }
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The provider's own page: a form that asks who one is. */
async function person(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(
      '<!doctype html><title>Office</title><form method="post"><label>Who are you? <input name="login"></label><button>Go on</button><button name="refuse" value="1">No</button></form>',
    )
    return
  }
  const given = new URLSearchParams(await text(request))
  const result = given.has('refuse')
    ? { error: 'access_denied', error_description: 'said no' }
    : { login: { accountId: given.get('login') ?? '' } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

/** Follows redirects with a jar of cookies, fills the form in, and stops where the provider leads away from itself. */
async function browse(start: string, subject: string): Promise<URL> {
  const { origin } = new URL(start)
  const jar = new Map<string, string>()
  const ask = async (at: URL, init: RequestInit = {}): Promise<URL | null> => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(at, { ...init, redirect: 'manual', headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      jar.set(name, value)
    }
    const next = answer.headers.get('location')
    if (next === null && answer.status !== 200) throw new Error(`${at.pathname}: ${await answer.text()}`)
    return next === null ? null : new URL(next, at)
  }
  let at = new URL(start)
  for (let hops = 0; hops < 10 && at.origin === origin; hops++) {
    const body = subject === '' ? { refuse: '1' } : { login: subject }
    const next = (await ask(at)) ?? (await ask(at, { method: 'POST', body: new URLSearchParams(body) }))
    if (next === null) throw new Error(`the provider stays at ${at.pathname}`)
    at = next
  }
  return at
}
