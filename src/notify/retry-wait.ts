/** How long a task rests after a try that may succeed later. */

const FIRST_MS = 5_000
const FACTOR = 3
const MOST_MS = 6 * 60 * 60_000
/** A provider that asks for more than a day is asked again all the same. */
const OWN_MOST_MS = 24 * 60 * 60_000

/**
 * 5 s, 15 s, 45 s … up to 6 h, each a random part of it, so that what failed together does not come back together; not
 * before the provider's own wait.
 */
export function retryWaitMs(attempts: number, ownMs: number | null, random = Math.random): number {
  const wait = Math.min(FIRST_MS * FACTOR ** Math.max(attempts - 1, 0), MOST_MS) * random()
  return ownMs === null ? wait : Math.min(ownMs, OWN_MOST_MS) + Math.min(wait, FIRST_MS)
}
