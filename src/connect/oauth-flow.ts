import { createHash, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Vault } from '#vault'

/**
 * A sign-in of a connection that was begun and has not come back, in a cookie of the browser that began it: sealed, so
 * that it tells nothing and cannot be made up; short-lived; and kept nowhere here.
 */
export interface ConnectionFlow {
  connectionId: number
  /** Who began it; another who is signed in on the same browser does not end it. */
  userId: number
  state: string
  verifier: string
  /** What the connection was set to: a code never goes to an address that it was not asked for. */
  tokenUrl: string
  clientId: string
}

const COOKIE = 'crosstie_connection_flow'
const LIFETIME_S = 10 * 60
/** Other things are sealed by the same vault; none of them is taken for a flow. */
const PURPOSE = 'connection_flow'

export function newConnectionFlow(of: Omit<ConnectionFlow, 'state' | 'verifier'>): ConnectionFlow {
  return {
    ...of,
    state: randomBytes(32).toString('base64url'),
    verifier: randomBytes(32).toString('base64url'),
  }
}

/** Where the browser goes. What stands in the address already (`prompt=consent`, say) stays. */
export function authorizationUrl(
  address: string,
  { flow, scope, redirectUrl }: { flow: ConnectionFlow; scope: string; redirectUrl: string },
): string {
  const url = new URL(address)
  const challenge = createHash('sha256').update(flow.verifier).digest('base64url')
  const given = {
    response_type: 'code',
    client_id: flow.clientId,
    redirect_uri: redirectUrl,
    state: flow.state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(scope === '' ? {} : { scope }),
  }
  for (const [name, value] of Object.entries(given)) url.searchParams.set(name, value)
  return url.href
}

export interface ConnectionFlows {
  set: (reply: FastifyReply, flow: ConnectionFlow) => Promise<void>
  /** Null when there is none, or it is older than ten minutes. */
  read: (request: FastifyRequest) => Promise<ConnectionFlow | null>
  clear: (reply: FastifyReply) => void
}

export function createConnectionFlows(vault: Vault, url: () => string): ConnectionFlows {
  const options = () => ({
    httpOnly: true,
    // The way back is a navigation that another site begins.
    sameSite: 'lax' as const,
    path: '/v1/oauth',
    secure: url().startsWith('https:'),
  })
  return {
    set: async (reply, flow) => {
      const sealed = await vault.seal({ ...flow, purpose: PURPOSE, endsAt: Date.now() + LIFETIME_S * 1000 })
      reply.setCookie(COOKIE, sealed, { ...options(), maxAge: LIFETIME_S })
    },
    read: async (request) => {
      const sealed = request.cookies[COOKIE]
      // What does not open was not sealed by us, or with a key that is gone: as good as none.
      const inside = sealed === undefined ? null : await vault.open(sealed).catch(() => null)
      if (inside === null || inside['purpose'] !== PURPOSE) return null
      const { endsAt, ...flow } = inside as unknown as ConnectionFlow & { endsAt: number } // our own seal, of this purpose
      return endsAt < Date.now() ? null : flow
    },
    clear: (reply) => {
      reply.clearCookie(COOKIE, options())
    },
  }
}
