import { Suspense, useEffect, useState } from 'react'
import { lazily } from '../ui/lazily.ts'

const OPEN = 'crosstie:palette'

/** Asks for the palette from anywhere. */
export function openPalette(): void {
  document.dispatchEvent(new Event(OPEN))
}

const Palette = lazily(() => import('./palette.tsx'), 'Palette')

/** Fetches the palette when it is first asked for, and not before. */
export function PaletteGate() {
  const [asked, setAsked] = useState(0)
  useEffect(() => {
    const open = () => setAsked((count) => count + 1)
    document.addEventListener(OPEN, open)
    return () => document.removeEventListener(OPEN, open)
  }, [])
  if (asked === 0) return null
  return (
    <Suspense fallback={null}>
      <Palette asked={asked} />
    </Suspense>
  )
}
