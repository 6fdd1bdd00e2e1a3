/**
 * Names for the statements that are asked again and again, so that PostgreSQL plans them once per connection
 * (measured: half the time of a small read under row-level security). A text gets its name when it has been
 * seen often enough; texts that filters make up by the thousand stay nameless, and the number of names is bounded,
 * since every connection keeps a plan for each.
 */
export interface StatementNames {
  nameOf: (text: string) => string | undefined
}

const OFTEN = 3
const MOST_NAMES = 200
const MOST_COUNTED = 2_000

export function createStatementNames(): StatementNames {
  const names = new Map<string, string>()
  let seen = new Map<string, number>()
  return {
    nameOf: (text) => {
      const name = names.get(text)
      if (name !== undefined || names.size >= MOST_NAMES) return name
      const times = (seen.get(text) ?? 0) + 1
      if (times < OFTEN) {
        // Counting begins anew, rather than to remember every text there ever was.
        if (seen.size >= MOST_COUNTED) seen = new Map()
        seen.set(text, times)
        return undefined
      }
      seen.delete(text)
      const made = `hub_${names.size}`
      names.set(text, made)
      return made
    },
  }
}
