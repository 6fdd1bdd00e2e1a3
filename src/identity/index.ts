/**
 * Who there is and who may what: users, groups, roles, sign-in, applications, audit.
 *
 * Every other room stands on this one: it gets a `Caller` with each request and asks `levelIn(caller, groupId)`.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Settings } from '#config'
import type { Database } from '#database'
import type { Server } from '#http'
import type { Log } from '#log'
import type { Vault } from '#vault'
import { addApplicationRoutes } from './application.routes.ts'
import { addAuditRoutes } from './audit.routes.ts'
import { addGroupRoutes } from './group.routes.ts'
import { createAuthenticate } from './sign-in/authenticate.ts'
import { createSignInLimiter } from './sign-in/limiter.ts'
import { createFlowCookie } from './sign-in/oidc-flow.ts'
import { createOidcProvider, type OidcSettings } from './sign-in/oidc-provider.ts'
import { createKeepFresh } from './sign-in/oidc-session.ts'
import { challenge, type Oidc } from './sign-in/oidc.routes.ts'
import { createSessionCookie } from './sign-in/session-cookie.ts'
import { offerSetup } from './sign-in/setup.ts'
import { createGate, type Gate } from './sign-in/gate.ts'
import { addSignInRoutes } from './sign-in/sign-in.routes.ts'
import { addSupabaseRoutes } from './sign-in/supabase.routes.ts'
import { createSupabaseTokens } from './sign-in/supabase-token.ts'
import { createTokens } from './sign-in/token.ts'
import { addUserRoutes } from './user.routes.ts'

export { audit, type Audited } from './audit.ts'
export {
  type Caller,
  levelIn,
  makeCaller,
  memberLevelIn,
  operatorCaller,
  requireLevel,
  requireSuperuser,
} from './caller.ts'
export { visibleGroup } from './group.ts'
export {
  type GroupToImport,
  type Ids,
  importGroups,
  importUsers,
  type Taken,
  type UserToImport,
} from './import.ts'
export { importMembers, type MemberToImport } from './import-member.ts'
export {
  batchesOf,
  createTally,
  cut,
  freeName,
  leaveOut,
  note,
  type Tally,
  type Told,
} from './import-tally.ts'
export {
  countImported,
  deleteImported,
  forgetImports,
  type Import,
  IMPORT_BATCH,
  type ImportedKind,
  knownImports,
  nextIds,
  rememberImports,
} from './imported.ts'
export { type Use, usesSince } from './imported-use.ts'
export { operateIdentity, type Operations } from './operate.ts'
export { LEVELS, type Level, noPower } from './roles.ts'
export type { Credential, Gate, Refused, Standing } from './sign-in/gate.ts'
export { createSupabaseTokens } from './sign-in/supabase-token.ts'
export { systemCaller } from './system-caller.ts'
export type { IdentityTables } from './tables.ts'

export interface Identity {
  authenticate: (request: FastifyRequest, reply: FastifyReply) => Promise<void>
  addRoutes: (app: Server) => void
  /** The way in for Supabase clients, to REST and realtime. */
  gate: Gate
  /** The token of a new one-time link `/setup?token=…` while there is no superuser, else null. */
  offerSetup: () => Promise<string | null>
}

export interface IdentityOptions {
  db: Database
  log: Log
  vault: Vault
  jwtSecret: string
  supabaseJwtSecret: string
  /** Where it listens, known once it does. */
  url: () => string
  /** The address by which people reach the hub: cookies are `Secure` when it is https. */
  publicUrl: string
  settings: Pick<Settings, 'limit_sign_in' | 'signup' | 'oidc_name' | 'oidc_signup'> & OidcSettings
}

export function createIdentity(options: IdentityOptions): Identity {
  const { db, log, vault, jwtSecret, supabaseJwtSecret, publicUrl, settings } = options
  const tokens = createTokens(jwtSecret)
  const cookie = createSessionCookie(publicUrl)
  const limiter = createSignInLimiter(db, settings.limit_sign_in)
  const oidc = createOidc(options)
  const provided = oidc && {
    keepFresh: createKeepFresh({ db, vault, provider: oidc.provider }),
    challenge: challenge.bind(null, oidc),
  }
  const authenticate = createAuthenticate(db, tokens, cookie, provided)
  return {
    authenticate,
    addRoutes: (app) => {
      const { signup, oidc_name: oidcName } = settings
      const session = { db, log, vault, tokens, limiter, cookie, authenticate }
      addSignInRoutes(app, { ...session, signup, oidc, oidcName })
      addUserRoutes(app, { db, limiter, cookie })
      addGroupRoutes(app, db)
      addApplicationRoutes(app, db)
      addAuditRoutes(app, db)
      addSupabaseRoutes(app, {
        db,
        supabaseTokens: createSupabaseTokens(supabaseJwtSecret),
        url: options.url,
      })
    },
    gate: createGate({ db, jwtSecret, supabaseJwtSecret }),
    offerSetup: () => offerSetup(db),
  }
}

/** Sign-in by a provider, where one is set. */
function createOidc({ vault, url, publicUrl, settings }: IdentityOptions): Oidc | null {
  const provider = createOidcProvider(settings, url)
  if (provider === null) return null
  return { provider, flows: createFlowCookie(vault, publicUrl), signup: settings.oidc_signup }
}
