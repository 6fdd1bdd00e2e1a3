/**
 * Who there is and who may what: users, groups, roles, sign-in, applications, audit.
 *
 * Every other room stands on this one: it gets a `Caller` with each request and asks `levelIn(caller, groupId)`.
 */
import type { FastifyRequest } from 'fastify'
import type { Database } from '#database'
import type { Server } from '#http'
import { addGroupRoutes } from './group.routes.ts'
import { createAuthenticate } from './sign-in/authenticate.ts'
import { createTokens } from './sign-in/token.ts'

export { audit, type Audited } from './audit.ts'
export { type Caller, levelIn, makeCaller, memberLevelIn, requireLevel, requireSuperuser } from './caller.ts'
export { visibleGroup } from './group.routes.ts'
export { LEVELS, type Level, noPower } from './roles.ts'
export type { IdentityTables } from './tables.ts'

export interface Identity {
  authenticate: (request: FastifyRequest) => Promise<void>
  addRoutes: (app: Server) => void
}

export interface IdentityOptions {
  db: Database
  jwtSecret: string
}

export function createIdentity({ db, jwtSecret }: IdentityOptions): Identity {
  const tokens = createTokens(jwtSecret)
  return {
    authenticate: createAuthenticate(db, tokens),
    addRoutes: (app) => {
      addGroupRoutes(app, db)
    },
  }
}
