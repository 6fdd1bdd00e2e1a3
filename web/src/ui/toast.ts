/** A short word that something was done. Failures are said where they happened, never here. */
export function say(message: string): void {
  toasts.dispatchEvent(new CustomEvent('say', { detail: message }))
}

/** Where the corner of the page hears of them. */
export const toasts = new EventTarget()
