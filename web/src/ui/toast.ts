import { notifications } from '@mantine/notifications'

/** A short word that something was done. Failures are said where they happened, never here. */
export function say(message: string): void {
  notifications.show({ message, autoClose: 4000, withBorder: true })
}
