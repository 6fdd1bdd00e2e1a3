/** "View as role": the header that every request carries meanwhile. Kept for the tab alone. */
import type { Role } from './groups.ts'

const KEY = 'crosstie.view-as'

export const VIEWED_ROLES = ['Guest', 'Developer', 'Maintainer'] as const satisfies Role[]
export type ViewedRole = (typeof VIEWED_ROLES)[number]

export interface ViewAs {
  role: ViewedRole
  groupId: number
}

let current = read()
const listeners = new Set<() => void>()

export const viewAs = {
  get: (): ViewAs | null => current,
  set: (next: ViewAs | null): void => {
    current = next
    if (next === null) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, JSON.stringify(next))
    for (const listener of listeners) listener()
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

/** As the hub reads it; empty where one looks as oneself. */
export function viewAsHeader(): Record<string, string> {
  return current === null
    ? {}
    : { 'X-Crosstie-View-As': `${current.role.toLowerCase()}; group=${current.groupId}` }
}

function read(): ViewAs | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
    if (typeof kept !== 'object' || kept === null || !('role' in kept) || !('groupId' in kept)) return null
    const role = VIEWED_ROLES.find((one) => one === kept.role)
    return role === undefined || !Number.isInteger(kept.groupId)
      ? null
      : { role, groupId: Number(kept.groupId) }
  } catch {
    return null
  }
}
