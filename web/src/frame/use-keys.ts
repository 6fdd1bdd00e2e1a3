import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { isPlaceKey, PLACES } from './keys.ts'
import { openPalette } from './palette-gate.tsx'

/** How long the second key of `g t` may take. */
const SEQUENCE_MS = 1200

/** `Ctrl-K` opens the palette, `/` goes to the list's search, `?` shows the keys, `g t` goes to transfers. */
export function useKeys({ onHelp }: { onHelp: () => void }): void {
  const navigate = useNavigate()
  const help = useRef(onHelp)
  help.current = onHelp
  useEffect(() => {
    let goUntil = 0
    const listen = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        openPalette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (goUntil > event.timeStamp && isPlaceKey(event.key)) {
        event.preventDefault()
        goUntil = 0
        void navigate({ to: PLACES[event.key] })
        return
      }
      goUntil = event.key === 'g' ? event.timeStamp + SEQUENCE_MS : 0
      if (event.key === '?') help.current()
      if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('main input[data-search]')
        if (search === null) return
        event.preventDefault()
        search.focus()
        search.select()
      }
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [navigate])
}

/** In a field a letter is a letter; in a dialog the page behind stays where it is. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable], [role=dialog]') !== null
  )
}
