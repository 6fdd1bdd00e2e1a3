import * as openid from 'openid-client'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Vault } from '#vault'
import type { Flow } from './oidc-provider.ts'

/**
 * A sign-in that was begun and has not come back, in a cookie of the browser that began it: sealed, so that it tells
 * nothing and cannot be made up; short-lived; and kept nowhere here, so that nobody fills our tables by beginning
 * sign-ins. The provider sees to it that a code works once, and the cookie goes with its first use.
 */
export interface BegunFlow extends Flow {
  /** Where the page goes on afterwards, a path of ours. */
  next: string
  /** Set when a signed-in user binds the account at the provider to this one. */
  linkTo: number | null
}

export interface FlowCookie {
  set: (reply: FastifyReply, flow: BegunFlow) => Promise<void>
  /** Null when there is none, or it is older than ten minutes. */
  read: (request: FastifyRequest) => Promise<BegunFlow | null>
  clear: (reply: FastifyReply) => void
}

const COOKIE = 'crosstie_oidc'
const LIFETIME_S = 10 * 60
/** Other things are sealed by the same vault; none of them is taken for a flow. */
const PURPOSE = 'oidc_flow'

export function newFlow(more: Pick<BegunFlow, 'next' | 'linkTo'>): BegunFlow {
  return {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    verifier: openid.randomPKCECodeVerifier(),
    ...more,
  }
}

export function createFlowCookie(vault: Vault, publicUrl: string): FlowCookie {
  const options = {
    httpOnly: true,
    sameSite: 'lax' as const,
    path: '/v1',
    secure: publicUrl.startsWith('https:'),
  }
  return {
    set: async (reply, flow) => {
      const endsAt = Date.now() + LIFETIME_S * 1000
      const sealed = await vault.seal({ ...flow, purpose: PURPOSE, endsAt })
      reply.setCookie(COOKIE, sealed, { ...options, maxAge: LIFETIME_S })
    },
    read: async (request) => {
      const sealed = request.cookies[COOKIE]
      // What does not open was not sealed by us, or with a key that is gone: as good as none.
      const inside = sealed === undefined ? null : await vault.open(sealed).catch(() => null)
      if (inside === null || inside['purpose'] !== PURPOSE) return null
      const { state, nonce, verifier, next, linkTo, endsAt } = inside as unknown as BegunFlow & {
        endsAt: number
      } // our own seal, of this purpose
      return endsAt < Date.now() ? null : { state, nonce, verifier, next, linkTo }
    },
    clear: (reply) => {
      reply.clearCookie(COOKIE, options)
    },
  }
}

/** A path of our own page, spelled as a browser would; anything else would make sign-in a springboard. */
export function pathWithin(next: string | undefined): string {
  if (next === undefined || !/^\/(?![/\\])/.test(next)) return '/'
  const base = 'http://hub.invalid'
  if (!URL.canParse(next, base)) return '/'
  const { origin, pathname, search, hash } = new URL(next, base)
  // A tab or a line break inside is left out by browsers, which can turn "/\t/evil" into another host.
  return origin === base && !pathname.startsWith('//') ? `${pathname}${search}${hash}` : '/'
}
