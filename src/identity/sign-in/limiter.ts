import { isIPv6 } from 'node:net'
import type { Limit } from '#config'
import { Fault } from '#fault'

/** More than this many addresses and names at once are forgotten from the oldest on. */
const KEYS_LIMIT = 50_000

export interface SignInLimiter {
  /**
   * Counts a try against the address and against the name. `forget` gives it back after a success.
   *
   * @throws Fault `identity.too_many_tries` with `details.retry_after` in seconds.
   */
  take: (address: string, name: string) => { forget: () => void }
}

interface Window {
  count: number
  endsAt: number
}

/**
 * Guards passwords against guessing: so many tries per address, and per name whatever the address.
 * Kept in memory: each hub process counts for itself, and a restart forgets.
 */
export function createSignInLimiter(limit: Limit, now: () => number = Date.now): SignInLimiter {
  const windows = new Map<string, Window>()
  const windowMs = limit.perMs ?? 60_000

  const windowOf = (key: string): Window => {
    const known = windows.get(key)
    if (known !== undefined && known.endsAt > now()) return known
    windows.delete(key)
    const oldest = windows.keys().next()
    if (windows.size >= KEYS_LIMIT && oldest.done !== true) windows.delete(oldest.value)
    const made = { count: 0, endsAt: now() + windowMs }
    windows.set(key, made)
    return made
  }

  return {
    take: (address, name) => {
      if (limit.count === 0) return { forget: () => {} }
      const both = [windowOf(`address ${networkOf(address)}`), windowOf(`name ${name.toLowerCase()}`)]
      const full = both.filter(({ count }) => count >= limit.count)
      if (full.length > 0) {
        const retryAfter = Math.ceil((Math.max(...full.map(({ endsAt }) => endsAt)) - now()) / 1000)
        throw new Fault(
          'too_many',
          'identity.too_many_tries',
          `Too many tries to sign in. Try again in ${retryAfter} seconds.`,
          { details: { retry_after: retryAfter } },
        )
      }
      for (const window of both) window.count++
      return {
        forget: () => {
          for (const window of both) window.count = Math.max(0, window.count - 1)
        },
      }
    },
  }
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
