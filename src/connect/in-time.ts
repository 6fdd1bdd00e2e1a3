import { Fault } from '#fault'

const PROBE_LIMIT_MS = 10_000

/** What asks another system while somebody waits is not waited for longer than ten seconds. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      limit.reject(
        new Fault(
          'timed_out',
          'connect.timed_out',
          `It did not answer within ${PROBE_LIMIT_MS / 1000} seconds. Check address, firewall and load.`,
        ),
      ),
    PROBE_LIMIT_MS,
  )
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
    // What comes too late is nobody's.
    work.catch(() => {})
  }
}
