import { messageOf } from '#fault'

/** What fails only because something else failed; never the reason that a person is told. */
export class BrokenOff extends Error {}

/**
 * Waits for parts of one transfer that wait for each other. The first failure stops the others by `stop`;
 * when all are over, the failure of the earliest part in the list is thrown that is not just broken off.
 */
export async function together<T>(
  main: Promise<T>,
  others: readonly (Promise<unknown> | undefined)[],
  stop: () => void,
): Promise<T> {
  const parts: Promise<unknown>[] = [...others.filter((part) => part !== undefined), main]
  let stopped = false
  for (const part of parts) {
    part.catch(() => {
      if (!stopped) stop()
      stopped = true
    })
  }
  const outcomes = await Promise.allSettled(parts)
  const failures = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  )
  if (failures.length > 0) throw failures.find((failure) => !isBrokenOff(failure)) ?? failures[0]
  return main
}

/** An interrupted statement failed by our own hand, and whoever interrupted it knows why. */
function isBrokenOff(failure: unknown): boolean {
  return failure instanceof BrokenOff || messageOf(failure).startsWith('INTERRUPT Error')
}
