import type { FastifyReply } from 'fastify'
import { SESSION_LIFETIME_S } from './session.store.ts'

export const SESSION_COOKIE = 'crosstie_session'

/** Cookies as this hub sets them: `Secure` when people reach it by https. */
export interface SessionCookie {
  set: (reply: FastifyReply, token: string) => void
  clear: (reply: FastifyReply) => void
}

export function createSessionCookie(publicUrl: string): SessionCookie {
  const options = {
    httpOnly: true,
    sameSite: 'lax',
    path: '/',
    secure: publicUrl.startsWith('https:'),
  } as const
  return {
    set: (reply, token) => {
      reply.setCookie(SESSION_COOKIE, token, { ...options, maxAge: SESSION_LIFETIME_S })
    },
    clear: (reply) => {
      reply.clearCookie(SESSION_COOKIE, options)
    },
  }
}
