import { isIPv6 } from 'node:net'
import type { Limit } from '#config'
import type { Database } from '#database'
import { Fault } from '#fault'
import { countTry, fullUntil, giveBackTry } from './limiter.store.ts'
import { hashSecret } from './secret.ts'

export interface SignInLimiter {
  /**
   * Counts a try against the address and against the name. `forget` gives it back after a success.
   *
   * @throws Fault `identity.too_many_tries` with `details.retry_after` in seconds.
   */
  take: (address: string, name: string) => Promise<{ forget: () => Promise<void> }>
}

/**
 * Guards passwords against guessing: so many tries per address, and per name whatever the address.
 * Counted in the database: two hubs on it count together, and a restart forgets nothing.
 */
export function createSignInLimiter(db: Database, limit: Limit, now: () => number = Date.now): SignInLimiter {
  const windowMs = limit.perMs ?? 60_000
  return {
    take: async (address, name) => {
      if (limit.count === 0) return { forget: async () => {} }
      // In one order for everybody: of two that count the same pair, none waits for the other's second row.
      const keys = [`address ${networkOf(address)}`, `name ${name.toLowerCase()}`]
        .map(hashSecret)
        .toSorted(Buffer.compare)
      const at = new Date(now())
      // Looked at before it is counted: an address that is over its limit does not use up the limits of names.
      const full = await fullUntil(db, keys, limit.count, at)
      if (full !== null) throw tooMany(full, at)
      const taken = await countTry(db, keys, at, new Date(at.getTime() + windowMs))
      const over = taken.filter(({ count }) => count > limit.count).map(({ endsAt }) => endsAt.getTime())
      if (over.length > 0) throw tooMany(new Date(Math.max(...over)), at)
      return { forget: () => giveBackTry(db, keys) }
    },
  }
}

function tooMany(until: Date, at: Date): Fault {
  const retryAfter = Math.max(1, Math.ceil((until.getTime() - at.getTime()) / 1000))
  return new Fault(
    'too_many',
    'identity.too_many_tries',
    `Too many tries to sign in. Try again in ${retryAfter} seconds.`,
    { details: { retry_after: retryAfter } },
  )
}

/** Whoever has one IPv6 address has 2^64 of them: the network counts. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = address.split('::')
  const start = head.split(':').filter((part) => part !== '')
  const end = (tail ?? '').split(':').filter((part) => part !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => '0')
  return [...start, ...(tail === undefined ? [] : zeros), ...end].slice(0, 4).join(':').toLowerCase()
}
