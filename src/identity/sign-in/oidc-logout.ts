import * as openid from 'openid-client'
import type { Discovered } from './oidc-discovery.ts'
import type { ProviderTokens } from './oidc-provider.ts'

const TIMEOUT_MS = 5_000
/** Keycloak ends a whole single sign-on session when its end-session address gets the refresh token by POST. */
const KEYCLOAK = /\/protocol\/openid-connect\/logout$/

/** Revokes the refresh token (RFC 7009), and at Keycloak ends the session there, as SyncMaster does. */
export async function endSessionAtProvider(
  { config, auth }: Discovered,
  { refresh_token }: ProviderTokens,
): Promise<void> {
  if (refresh_token === null) return
  const { end_session_endpoint, revocation_endpoint } = config.serverMetadata()
  if (end_session_endpoint !== undefined && KEYCLOAK.test(end_session_endpoint)) {
    await endAtKeycloak({ config, auth }, end_session_endpoint, refresh_token)
  } else if (revocation_endpoint !== undefined) {
    await openid.tokenRevocation(config, refresh_token, { token_type_hint: 'refresh_token' })
  }
}

async function endAtKeycloak(
  { config, auth }: Discovered,
  endpoint: string,
  refreshToken: string,
): Promise<void> {
  const body = new URLSearchParams({ refresh_token: refreshToken })
  const headers = new Headers()
  auth(config.serverMetadata(), config.clientMetadata(), body, headers)
  const answer = await fetch(endpoint, {
    method: 'POST',
    body,
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!answer.ok) throw new Error(`the provider answered ${answer.status} to the end of a session`)
}
