import { useState } from 'react'
import type { ListColumn } from './list-table.tsx'

const DENSITY = 'crosstie.density'

export type Density = 'dense' | 'roomy'

/** How a list looks to this reader: its columns, kept by the list's name, and the density of all lists. */
export interface ListView {
  visible: Record<string, boolean>
  density: Density
  setVisible: (id: string, visible: boolean) => void
  setDensity: (density: Density) => void
}

export function useListView<T>(name: string, columns: ListColumn<T>[]): ListView {
  const slot = `crosstie.list.${name}`
  const [chosen, setChosen] = useState(() => read(slot))
  const [density, setDensity] = useState<Density>(() =>
    localStorage.getItem(DENSITY) === 'roomy' ? 'roomy' : 'dense',
  )
  const visible = Object.fromEntries(
    columns.map(({ id, show }) => [
      id,
      show === 'always' || (typeof chosen[id] === 'boolean' ? chosen[id] : show !== 'asked'),
    ]),
  )
  return {
    visible,
    density,
    setVisible: (id, next) => {
      const all = { ...chosen, [id]: next }
      localStorage.setItem(slot, JSON.stringify(all))
      setChosen(all)
    },
    setDensity: (next) => {
      localStorage.setItem(DENSITY, next)
      setDensity(next)
    },
  }
}

function read(slot: string): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(slot) ?? '{}')
    // An object that is no array has names for keys; each value is looked at where it is used.
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
