/** Tokens as Supabase has them, signed with a secret of their own: `{role, sub, company_id, app_metadata.role_keys}`. */
import { errors, jwtVerify, SignJWT } from 'jose'

const ROLES = ['anon', 'authenticated', 'service_role'] as const

export type SupabaseRole = (typeof ROLES)[number]

/** What a token says; what of it counts is decided against the members' table at each use. */
export interface SupabaseToken {
  role: SupabaseRole
  /** A user's uuid. */
  sub: string | null
  companyId: string | null
  roleKeys: string[]
  /** Seconds; null in a token that was made elsewhere without it. */
  issuedAt: number | null
  expiresAt: number
}

export interface SupabaseTokens {
  issue: (
    claims: { sub: string; companyId: string; roleKeys: string[] },
    now?: Date,
  ) => Promise<{ token: string; expiresAt: number }>
  /** Null when the signature, the expiry or the shape is not right. */
  verify: (token: string) => Promise<SupabaseToken | null>
  /** The keys that every client of a project is given. The same day gives the same keys. */
  keys: (now?: Date) => Promise<{ anon: string; service: string }>
}

/** As Supabase's own: an hour, and the client asks for the next one in time. */
const LIFETIME_S = 60 * 60
const KEY_LIFETIME_S = 10 * 365 * 24 * 60 * 60
const DAY_S = 86_400
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
/** The document knows one; a token with hundreds is not a token of ours. */
const ROLE_KEYS_LIMIT = 100

export function createSupabaseTokens(secret: string): SupabaseTokens {
  const key = new TextEncoder().encode(secret)
  const sign = (payload: Record<string, unknown>, issuedAt: number, expiresAt: number) =>
    new SignJWT({ iss: 'crosstie', ...payload })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(key)
  return {
    issue: async ({ sub, companyId, roleKeys }, now = new Date()) => {
      const issuedAt = now.getTime() / 1000
      const expiresAt = Math.floor(issuedAt) + LIFETIME_S
      const payload = {
        aud: 'authenticated',
        role: 'authenticated',
        sub,
        company_id: companyId,
        app_metadata: { role_keys: roleKeys },
      }
      return { token: await sign(payload, issuedAt, expiresAt), expiresAt }
    },
    verify: async (token) => {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          requiredClaims: ['exp', 'role'],
        })
        return readClaims(payload)
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
    keys: async (now = new Date()) => {
      const today = Math.floor(now.getTime() / 1000 / DAY_S) * DAY_S
      const of = (role: SupabaseRole) => sign({ role }, today, today + KEY_LIFETIME_S)
      return { anon: await of('anon'), service: await of('service_role') }
    },
  }
}

function readClaims(payload: Readonly<Record<string, unknown>>): SupabaseToken | null {
  const { sub, company_id: companyId, exp, iat } = payload
  const role = ROLES.find((known) => known === payload.role)
  if (role === undefined || typeof exp !== 'number' || !isUuidOrNothing(sub) || !isUuidOrNothing(companyId)) {
    return null
  }
  const metadata = payload.app_metadata
  const keys =
    typeof metadata === 'object' && metadata !== null && 'role_keys' in metadata ? metadata.role_keys : []
  const roleKeys = Array.isArray(keys) ? keys.filter((one) => typeof one === 'string') : []
  return {
    role,
    sub: sub?.toLowerCase() ?? null,
    companyId: companyId?.toLowerCase() ?? null,
    roleKeys: roleKeys.slice(0, ROLE_KEYS_LIMIT),
    issuedAt: typeof iat === 'number' ? iat : null,
    expiresAt: exp,
  }
}

function isUuidOrNothing(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || (typeof value === 'string' && UUID.test(value))
}
