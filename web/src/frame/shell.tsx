import { Drawer } from '@mantine/core'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Loading } from '../ui/page-state.tsx'
import { useAnnouncements } from './use-announcements.ts'
import { KeyboardHelp } from './keyboard-help.tsx'
import { PaletteGate } from './palette-gate.tsx'
import { Rooms } from './rooms.tsx'
import classes from './shell.module.css'
import { Top } from './top.tsx'
import { useGroup, useGroupInAddress } from './use-group.ts'
import { useKeys } from './use-keys.ts'

/** The frame of all rooms: rooms at the left, the group and oneself on top, the page in the middle. */
export function Shell() {
  const { t } = useTranslation()
  const group = useGroup()
  useGroupInAddress(group)
  const [menu, setMenu] = useState(false)
  const [help, setHelp] = useState(false)
  useKeys({ onHelp: () => setHelp(true) })
  useAnnouncements()
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(() => setMenu(false), [path])
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        {t('frame.skip')}
      </a>
      <Top onMenu={() => setMenu(true)} onHelp={() => setHelp(true)} />
      <nav className={classes.rooms} aria-label={t('frame.rooms')}>
        <Rooms />
      </nav>
      <main id="main" className={classes.main} tabIndex={-1}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Drawer
        opened={menu}
        onClose={() => setMenu(false)}
        title="Crosstie"
        size={260}
        closeButtonProps={{ 'aria-label': t('common.close') }}
      >
        <nav aria-label={t('frame.rooms')}>
          <Rooms />
        </nav>
      </Drawer>
      <PaletteGate />
      {help && <KeyboardHelp onClose={() => setHelp(false)} />}
    </div>
  )
}
