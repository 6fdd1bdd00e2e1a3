import { Notifications, notifications } from '@mantine/notifications'
import '@mantine/notifications/styles.css'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { toasts } from './toast.ts'

/** The corner where short words appear. Fetched after the first paint: nothing is said before. */
export function ToastCorner() {
  const { t } = useTranslation()
  useEffect(() => {
    const show = (event: Event) => {
      if (!(event instanceof CustomEvent)) return
      notifications.show({
        message: String(event.detail),
        autoClose: 4000,
        withBorder: true,
        role: 'status',
        closeButtonProps: { 'aria-label': t('common.close') },
      })
    }
    toasts.addEventListener('say', show)
    return () => toasts.removeEventListener('say', show)
  }, [t])
  return <Notifications position="bottom-right" limit={3} />
}
