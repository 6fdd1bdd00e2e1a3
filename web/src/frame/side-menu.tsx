import { Drawer } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Rooms } from './rooms.tsx'

/** The rooms on a narrow screen. Fetched when it is first opened. */
export function SideMenu({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title="Crosstie"
      size={260}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <nav aria-label={t('frame.rooms')}>
        <Rooms />
      </nav>
    </Drawer>
  )
}
