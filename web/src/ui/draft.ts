/** Fields that a draft never holds, whatever form they stand in. */
const SECRET = /password|secret|token|key$/i

/** The values as a draft may keep them: every secret is emptied, at any depth. */
export function withoutSecrets(values: unknown): unknown {
  if (Array.isArray(values)) return values.map(withoutSecrets)
  if (typeof values !== 'object' || values === null) return values
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) =>
      SECRET.test(name) && typeof value === 'string' ? [name, ''] : [name, withoutSecrets(value)],
    ),
  )
}
