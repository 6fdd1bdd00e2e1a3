import type { Database } from '#database'
import type { SignInLimiter } from './limiter.ts'
import { verifyPassword } from './password.ts'
import { credentialsOf } from './password.store.ts'

export interface SignInTry {
  username: string
  password: string
  address: string
}

/**
 * The id of the active user with this name and password, else null: one answer, in the same time, whether the name,
 * the password or the user's state is to blame.
 */
export async function signIn(
  db: Database,
  limiter: SignInLimiter,
  { username, password, address }: SignInTry,
): Promise<number | null> {
  const turn = await limiter.take(address, username)
  const found = await credentialsOf(db, { username })
  const isRight = await verifyPassword(password, found?.hash ?? null)
  if (found === undefined || !isRight || !found.isActive) return null
  await turn.forget()
  return found.userId
}
