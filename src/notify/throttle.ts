/** At most so many messages in so long a time to one person about one thing; what is more waits for its turn. */
export interface Throttle {
  count: number
  perMs: number
}

/**
 * When the next message may go, by the times of those that went or wait already. However the window is laid, there are never more
 * than `count` in it.
 */
export function freeAt(now: Date, earlier: readonly Date[], { count, perMs }: Throttle): Date {
  const latestFirst = earlier.map((at) => at.getTime()).toSorted((a, b) => b - a)
  const nth = latestFirst[Math.max(1, count) - 1]
  return nth === undefined ? now : new Date(Math.max(now.getTime(), nth + perMs))
}
