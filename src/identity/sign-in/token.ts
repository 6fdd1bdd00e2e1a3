import { errors, jwtVerify, SignJWT } from 'jose'

/** Ten hours, as SyncMaster's. */
const LIFETIME_S = 10 * 60 * 60

export interface UserToken {
  userId: number
  /** Seconds; null in a token that SyncMaster or another made without it. */
  issuedAt: number | null
}

export interface Tokens {
  /** A JWT HS256 `{user_id, exp, iat}`. */
  issue: (userId: number, now?: Date) => Promise<{ token: string; expiresAt: number }>
  /** Null when the signature, the expiry or the shape is not right. */
  verify: (token: string) => Promise<UserToken | null>
}

/** Signatures that were found good; a script asks a thousand times with one token. */
const MOST_REMEMBERED = 1_000

export function createTokens(secret: string): Tokens {
  const key = new TextEncoder().encode(secret)
  // That a signature is good never changes; its expiry is looked at each time, and the user is read each time.
  const remembered = new Map<string, UserToken & { expiresAt: number }>()
  const remember = (token: string, read: UserToken & { expiresAt: number }): void => {
    const [oldest] = remembered.size < MOST_REMEMBERED ? [] : remembered.keys()
    if (oldest !== undefined) remembered.delete(oldest)
    remembered.set(token, read)
  }
  return {
    issue: async (userId, now = new Date()) => {
      // To the millisecond: what is revoked in the same second is told from what is issued after it.
      const issuedAt = now.getTime() / 1000
      const expiresAt = Math.floor(issuedAt) + LIFETIME_S
      const token = await new SignJWT({ user_id: userId })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key)
      return { token, expiresAt }
    },
    verify: async (token) => {
      const known = remembered.get(token)
      if (known !== undefined && Date.now() / 1000 < known.expiresAt) return known
      remembered.delete(token)
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ['HS256'],
          requiredClaims: ['exp', 'user_id'],
        })
        const userId = payload.user_id
        if (typeof userId !== 'number' || !Number.isSafeInteger(userId)) return null
        const read = { userId, issuedAt: payload.iat ?? null }
        if (payload.exp !== undefined) remember(token, { ...read, expiresAt: payload.exp })
        return read
      } catch (error) {
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}
