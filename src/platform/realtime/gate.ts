/** Who may come in, and what they may hear: answered by identity, which the platform does not know. */
import type { FastifyRequest } from 'fastify'
import type { Claimant, DatabaseRole } from '#database'

/** A credential that was recognised; what is in it is the gate's own affair. */
export interface Shown {
  readonly expiresAt: Date | null
}

export interface Standing {
  databaseRole: DatabaseRole
  /** By company, the claims by which its changes are read. */
  claims: ReadonlyMap<string, Claimant['claims']>
  /** The one company that it can ever read; null when that depends on memberships of the moment. */
  only: string | null
  /** Within what the holder speaks to others; null when there is nobody to speak to and nothing to hear. */
  space: string | null
}

export type Refused = 'expired' | 'revoked'

/** Methods, not properties: each gate gets back only the credentials that it gave out itself. */
export interface Gate {
  recognise(text: string): Promise<Shown | null>
  recogniseSession(request: FastifyRequest): Promise<Shown | null>
  standings(shown: readonly Shown[], companies: readonly string[]): Promise<(Standing | Refused)[]>
}
