import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

/**
 * After each change of page: its title is read out and the keyboard stands at its beginning, as it would after a
 * real page load. A change of filters alone says nothing.
 */
export function useAnnouncements(): void {
  const router = useRouter()
  useEffect(() => {
    const region = document.createElement('div')
    region.setAttribute('role', 'status')
    region.setAttribute('aria-live', 'polite')
    region.className = 'visually-hidden'
    document.body.append(region)
    const stop = router.subscribe('onRendered', ({ pathChanged, fromLocation }) => {
      // The first page is the browser's to announce, and its first stop is the skip link.
      if (!pathChanged || fromLocation === undefined) return
      // The page sets the title in an effect of its own.
      setTimeout(() => {
        region.textContent = document.title
        if (document.activeElement === null || document.activeElement === document.body || isNavigation()) {
          document.getElementById('main')?.focus({ preventScroll: true })
        }
      }, 60)
    })
    return () => {
      stop()
      region.remove()
    }
  }, [router])
}

/** The link that was followed may still hold the focus; a field of the new page may have taken it: leave that. */
function isNavigation(): boolean {
  return document.activeElement?.closest('a, nav, header') !== null
}
