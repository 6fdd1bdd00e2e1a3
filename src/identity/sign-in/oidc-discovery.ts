import * as openid from 'openid-client'
import { Fault } from '#fault'
import { providerUnavailable } from './oidc-fault.ts'

/** Of each request to the provider. */
const TIMEOUT_S = 5
/** After a failure the provider is left alone for so long: what waits for it fails at once meanwhile. */
const REST_MS = 3_000

export interface OidcClient {
  issuer: string
  clientId: string
  clientSecret: string | null
}

export interface Discovered {
  config: openid.Configuration
  /** How this hub says to the provider who it is. */
  auth: openid.ClientAuth
}

/** What the provider says of itself, asked for once when it is first wanted, and again after a failure. */
export function discoverer(client: OidcClient): (patienceMs?: number) => Promise<Discovered> {
  let found: Promise<Discovered> | null = null
  let failed: { fault: Fault; at: number } | null = null

  const discover = (): Promise<Discovered> => {
    if (found !== null) return found
    if (failed !== null && Date.now() - failed.at < REST_MS) return Promise.reject(failed.fault)
    found = ask(client)
    found.catch((error: unknown) => {
      found = null
      failed = { fault: error instanceof Fault ? error : providerUnavailable(error), at: Date.now() }
    })
    return found
  }
  return (patienceMs) => (patienceMs === undefined ? discover() : within(discover(), patienceMs))
}

async function ask({ issuer, clientId, clientSecret }: OidcClient): Promise<Discovered> {
  const url = new URL(issuer)
  try {
    const execute = [openid.enableNonRepudiationChecks]
    // The settings allow plain HTTP on loopback only.
    if (url.protocol === 'http:') execute.push(openid.allowInsecureRequests)
    const found = await openid.discovery(url, clientId, {}, openid.None(), { execute, timeout: TIMEOUT_S })
    const auth = clientSecret === null ? openid.None() : authBy(found, clientSecret)
    const config = new openid.Configuration(found.serverMetadata(), clientId, {}, auth)
    config.timeout = TIMEOUT_S
    for (const change of execute) change(config)
    return { config, auth }
  } catch (cause) {
    throw providerUnavailable(cause)
  }
}

/** As OpenID Connect has it when the provider says nothing, which is what most clients are registered for. */
function authBy(found: openid.Configuration, secret: string): openid.ClientAuth {
  const methods = found.serverMetadata().token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  return methods.includes('client_secret_basic')
    ? openid.ClientSecretBasic(secret)
    : openid.ClientSecretPost(secret)
}

async function within<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(providerUnavailable(new Error('no answer yet'))), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
