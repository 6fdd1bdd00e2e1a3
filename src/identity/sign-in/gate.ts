/**
 * The way in for doors that are not `/v1`: Supabase's REST and realtime, where anon keys, Supabase-style tokens,
 * tokens and application secrets of `/v1`, and the browser's session are all welcome.
 */
import type { FastifyRequest } from 'fastify'
import type { Claimant, Database } from '#database'
import { type Credential, recognise, recogniseSession } from './credential.ts'
import { SESSION_COOKIE } from './session-cookie.ts'
import { claimantOf, type Refused, type Standing, standings } from './standing.ts'
import { createSupabaseTokens } from './supabase-token.ts'
import { createTokens } from './token.ts'

export type { Credential, Refused, Standing }

export interface Gate {
  /** Null when it is forged, expired or unknown. */
  recognise: (text: string) => Promise<Credential | null>
  /** The session of the request's cookie, if the request comes from a page of this very host. */
  recogniseSession: (request: FastifyRequest) => Promise<Credential | null>
  standings: (
    credentials: readonly Credential[],
    companies: readonly string[],
  ) => Promise<(Standing | Refused)[]>
  claimantOf: (credential: Credential) => Promise<{ claimant: Claimant; mayWrite: boolean } | Refused>
}

export interface GateOptions {
  db: Database
  jwtSecret: string
  supabaseJwtSecret: string
}

export function createGate({ db, jwtSecret, supabaseJwtSecret }: GateOptions): Gate {
  const parts = {
    db,
    tokens: createTokens(jwtSecret),
    supabaseTokens: createSupabaseTokens(supabaseJwtSecret),
  }
  return {
    recognise: (text) => recognise(parts, text),
    recogniseSession: async (request) => {
      const token = request.cookies[SESSION_COOKIE]
      return token === undefined || !isOwnPage(request) ? null : recogniseSession(db, token)
    },
    standings: (credentials, companies) => standings(db, credentials, companies),
    claimantOf: (credential) => claimantOf(db, credential),
  }
}

/** Any site may open a socket to any other, and the browser sends the cookie along: only its `Origin` tells them apart. */
export function isOwnPage({ headers, host }: FastifyRequest): boolean {
  const { origin } = headers
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
}
