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

/**
 * A form's first values with a draft over them. A draft that an earlier version of the page kept lacks the fields
 * that came since, in the form's parts too: they begin as in a fresh form.
 */
export function withDraft<Values extends object>(initial: Values, draft: unknown): Values {
  if (!isRecord(draft)) return initial
  const fresh = new Map<string, unknown>(Object.entries(initial))
  const parts = Object.entries(draft).map(([name, kept]) => {
    const part = fresh.get(name)
    return [name, isRecord(part) && isRecord(kept) ? { ...part, ...kept } : kept]
  })
  // The form itself wrote it, by the names of its own values.
  return { ...initial, ...(Object.fromEntries(parts) as Partial<Values>) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
