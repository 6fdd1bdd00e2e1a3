import * as openid from 'openid-client'
import { Fault, messageOf } from '#fault'

/** Codes of `openid-client` that mean: nobody answered, or something that is no OpenID Connect provider. */
const NO_ANSWER = new Set<string | undefined>([
  undefined,
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_PARSE_ERROR',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
])
/** What a provider answers when it cannot, rather than will not. */
const CANNOT = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])
const NOT_KNOWN = new Set(['invalid_client', 'unauthorized_client'])

/** What the provider says no to for good: the refresh token is spent, the session ended there, the account was closed. */
export function isRefusal(error: unknown): boolean {
  return faultOfProvider(error).kind === 'unauthorized'
}

/** The provider's refusals and absences in words. Its own texts are not passed on: they may say anything. */
export function faultOfProvider(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (error instanceof openid.ResponseBodyError) {
    if (NOT_KNOWN.has(error.error)) return clientRefused(error)
    if (CANNOT.has(error.error)) return providerUnavailable(error)
    return refused(plain(error.error), error)
  }
  if (error instanceof openid.AuthorizationResponseError) return refused(plain(error.error), error)
  // Answered to a wrong secret at the token endpoint.
  if (error instanceof openid.WWWAuthenticateChallengeError) return clientRefused(error)
  if (error instanceof openid.ClientError && !NO_ANSWER.has(error.code)) {
    return refused('its answer does not belong to this sign-in', error)
  }
  return providerUnavailable(error)
}

export function providerUnavailable(cause: unknown): Fault {
  return new Fault(
    'unavailable',
    'identity.oidc_unavailable',
    'The sign-in provider (CROSSTIE_OIDC_ISSUER) does not answer as an OpenID Connect provider does. Try again in a moment, or sign in by password.',
    { cause },
  )
}

function clientRefused(cause: unknown): Fault {
  return new Fault(
    'unavailable',
    'identity.oidc_client',
    "The sign-in provider does not accept this hub's own credentials there. An administrator checks CROSSTIE_OIDC_CLIENT_ID and CROSSTIE_OIDC_CLIENT_SECRET.",
    { cause },
  )
}

function refused(why: string, cause: unknown): Fault {
  return new Fault(
    'unauthorized',
    'identity.oidc_refused',
    `The sign-in provider did not confirm this sign-in (${why}). Begin again.`,
    { cause },
  )
}

/** How far down an error's causes are told. */
const DEPTH_LIMIT = 5

/** Why it failed, for the operator's log: what stands behind the words that a person at the page reads. */
export function reasonOf(error: unknown): string {
  const said: string[] = []
  for (let at = error; at instanceof Error && said.length < DEPTH_LIMIT; at = at.cause) {
    const code =
      at instanceof openid.ResponseBodyError ? ` (${at.error}: ${at.error_description ?? '-'})` : ''
    if (!(at instanceof Fault)) said.push(messageOf(at) + code)
  }
  return said.length === 0 ? messageOf(error) : said.join(': ').slice(0, 1000)
}

/** An OAuth error code as the standards spell them, or nothing of what was sent. */
const plain = (code: string): string => (/^[a-z_]{1,64}$/.test(code) ? code : 'unknown error')
