import { Drawer } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import classes from '../ui/dialog.module.css'
import { Rooms } from './rooms.tsx'

/** The rooms on a narrow screen. Fetched when it is first opened. */
export function SideMenu({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Drawer.Root opened={opened} onClose={onClose} size={260}>
      <Drawer.Overlay backgroundOpacity={0.45} />
      <Drawer.Content>
        <div className={classes.head}>
          <Drawer.Title>Crosstie</Drawer.Title>
          <Drawer.CloseButton aria-label={t('common.close')} />
        </div>
        <Drawer.Body>
          <nav aria-label={t('frame.rooms')}>
            <Rooms />
          </nav>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
