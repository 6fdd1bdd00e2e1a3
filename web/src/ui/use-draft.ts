import { useState } from 'react'
import { withDraft, withoutSecrets } from './draft.ts'

/**
 * Keeps what was typed in a form until it is saved or thrown away, for this tab only and never a secret.
 * `restored` says that the form began with such a draft.
 */
export function useDraft<Values extends object>(key: string, initial: Values) {
  const slot = `crosstie.draft.${key}`
  const [start] = useState(() => readDraft(slot, initial))
  const [restored, setRestored] = useState(start.restored)
  return {
    values: start.values,
    restored,
    keep: (values: Values) => sessionStorage.setItem(slot, JSON.stringify(withoutSecrets(values))),
    forget: () => {
      sessionStorage.removeItem(slot)
      setRestored(false)
    },
  }
}

function readDraft<Values extends object>(
  slot: string,
  initial: Values,
): { values: Values; restored: boolean } {
  const text = sessionStorage.getItem(slot)
  if (text === null) return { values: initial, restored: false }
  try {
    return { values: withDraft(initial, JSON.parse(text)), restored: true }
  } catch {
    return { values: initial, restored: false }
  }
}
