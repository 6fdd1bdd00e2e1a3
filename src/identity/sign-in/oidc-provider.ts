/**
 * The OpenID Connect provider, as the hub talks to it: code flow with PKCE, refresh, sign-out, over `openid-client`.
 *
 * Nothing is asked before somebody wants to sign in, and a provider that is away never stops the hub.
 */
import * as openid from 'openid-client'
import type { Settings } from '#config'
import { Fault } from '#fault'
import { discoverer } from './oidc-discovery.ts'
import { faultOfProvider, isRefusal } from './oidc-fault.ts'
import { endSessionAtProvider } from './oidc-logout.ts'

export type OidcSettings = Pick<
  Settings,
  'oidc_issuer' | 'oidc_client_id' | 'oidc_client_secret' | 'oidc_scopes' | 'oidc_redirect_url'
>

/** What one sign-in was begun with; it must come back to the browser that began it. */
export interface Flow {
  state: string
  nonce: string
  verifier: string
}

/** Kept sealed beside the session. The access token is not: the hub asks nothing with it after the sign-in. */
export interface ProviderTokens {
  subject: string
  refresh_token: string | null
  id_token: string | null
}

export interface Grant {
  subject: string
  claims: Readonly<Record<string, unknown>>
  tokens: ProviderTokens
  /** When the access token expires. */
  freshUntil: Date
}

export interface OidcProvider {
  issuer: string
  /** Where the browser goes to sign in. `patienceMs` is how long one waits for a provider never asked before. */
  authorizationUrl: (flow: Flow, patienceMs?: number) => Promise<string>
  /** @throws Fault `identity.oidc_refused` (401) or `identity.oidc_unavailable` (503). */
  exchange: (answer: { code: string; state?: string; iss?: string }, flow: Flow) => Promise<Grant>
  /** Null when the provider refuses: it ended the session, or closed the account. */
  refresh: (tokens: ProviderTokens) => Promise<{ tokens: ProviderTokens; freshUntil: Date } | null>
  /** Ends what the provider gave us. Best effort: our own session is over already. */
  end: (tokens: ProviderTokens) => Promise<void>
}

/** For providers that do not say how long an access token lasts. */
const LIFETIME_S = 3600

/** Null when no provider is set. @throws Fault `identity.oidc_settings` when only half of it is. */
export function createOidcProvider(settings: OidcSettings, publicUrl: () => string): OidcProvider | null {
  const { oidc_issuer: issuer, oidc_client_id: clientId } = settings
  if (issuer === null) return null
  if (clientId === null) {
    throw new Fault(
      'failed',
      'identity.oidc_settings',
      'CROSSTIE_OIDC_ISSUER is set and CROSSTIE_OIDC_CLIENT_ID is not: sign-in by OpenID Connect needs both.',
    )
  }
  const discover = discoverer({ issuer, clientId, clientSecret: settings.oidc_client_secret })
  const redirectUrl = () => settings.oidc_redirect_url ?? `${publicUrl()}/auth/callback`

  return {
    issuer,
    authorizationUrl: async ({ state, nonce, verifier }, patienceMs) => {
      const { config } = await discover(patienceMs)
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: redirectUrl(),
        scope: settings.oidc_scopes,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return url.href
    },
    exchange: async (answer, flow) => {
      const { config } = await discover()
      try {
        return await exchange(config, { answer, flow, redirectUrl: redirectUrl() })
      } catch (error) {
        throw faultOfProvider(error)
      }
    },
    refresh: async (tokens) => {
      if (tokens.refresh_token === null) return null
      const { config } = await discover()
      try {
        const answer = await openid.refreshTokenGrant(config, tokens.refresh_token)
        const subject = answer.claims()?.sub ?? tokens.subject
        if (subject !== tokens.subject) return null
        const next = {
          subject,
          refresh_token: answer.refresh_token ?? tokens.refresh_token,
          id_token: answer.id_token ?? tokens.id_token,
        }
        return { tokens: next, freshUntil: freshUntil(answer) }
      } catch (error) {
        if (isRefusal(error)) return null
        throw faultOfProvider(error)
      }
    },
    end: async (tokens) => endSessionAtProvider(await discover(), tokens),
  }
}

interface Exchange {
  answer: { code: string; state?: string; iss?: string }
  flow: Flow
  redirectUrl: string
}

async function exchange(
  config: openid.Configuration,
  { answer, flow, redirectUrl }: Exchange,
): Promise<Grant> {
  const { code, state, iss = config.serverMetadata().issuer } = answer
  const url = new URL(redirectUrl)
  url.searchParams.set('code', code)
  // A client of SyncMaster hands on the code alone. There is one provider, so none can be mixed up with it; and the
  // nonce and the verifier, which lie in this browser's sealed cookie, bind the code to it as the state does.
  url.searchParams.set('iss', iss)
  if (state !== undefined) url.searchParams.set('state', state)
  const tokens = await openid.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: flow.verifier,
    expectedNonce: flow.nonce,
    ...(state === undefined ? {} : { expectedState: flow.state }),
  })
  const claims = tokens.claims()
  if (claims === undefined) throw new Error('a grant with a nonce has an ID token')
  return {
    subject: claims.sub,
    claims: { ...(await moreClaims(config, tokens.access_token, claims)), ...claims },
    tokens: {
      subject: claims.sub,
      refresh_token: tokens.refresh_token ?? null,
      id_token: tokens.id_token ?? null,
    },
    freshUntil: freshUntil(tokens),
  }
}

/** Some providers say the name in their ID token, others only when asked. */
async function moreClaims(
  config: openid.Configuration,
  accessToken: string,
  claims: openid.IDToken,
): Promise<Readonly<Record<string, unknown>>> {
  const canAsk = config.serverMetadata().userinfo_endpoint !== undefined
  if (claims['preferred_username'] !== undefined || !canAsk) return {}
  return openid.fetchUserInfo(config, accessToken, claims.sub)
}

function freshUntil(tokens: { expires_in?: number | undefined }): Date {
  return new Date(Date.now() + (tokens.expires_in ?? LIFETIME_S) * 1000)
}
