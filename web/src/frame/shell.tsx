import { Outlet, useRouterState } from '@tanstack/react-router'
import { Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { lazily } from '../ui/lazily.ts'
import { Loading } from '../ui/page-state.tsx'
import { useAnnouncements } from './use-announcements.ts'
import { PaletteGate } from './palette-gate.tsx'
import { Rooms } from './rooms.tsx'
import classes from './shell.module.css'
import { Top } from './top.tsx'
import { useGroup, useGroupInAddress } from './use-group.ts'
import { useKeys } from './use-keys.ts'
import { ViewAsBanner } from './view-as-banner.tsx'

const SideMenu = lazily(() => import('./side-menu.tsx'), 'SideMenu')
const KeyboardHelp = lazily(() => import('./keyboard-help.tsx'), 'KeyboardHelp')

/** The frame of all rooms: rooms at the left, the group and oneself on top, the page in the middle. */
export function Shell() {
  const { t } = useTranslation()
  const group = useGroup()
  useGroupInAddress(group)
  const [menu, setMenu] = useState(false)
  const [everOpened, setEverOpened] = useState(false)
  const [help, setHelp] = useState(false)
  useKeys({ onHelp: () => setHelp(true) })
  useAnnouncements()
  const path = useRouterState({ select: (state) => state.location.pathname })
  useEffect(() => setMenu(false), [path])
  const openMenu = () => {
    setEverOpened(true)
    setMenu(true)
  }
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#main">
        {t('frame.skip')}
      </a>
      <Top onMenu={openMenu} onHelp={() => setHelp(true)} />
      <nav className={classes.rooms} aria-label={t('frame.rooms')}>
        <Rooms />
      </nav>
      <main id="main" className={classes.main} tabIndex={-1}>
        <ViewAsBanner />
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Suspense fallback={null}>
        {everOpened && <SideMenu opened={menu} onClose={() => setMenu(false)} />}
        {help && <KeyboardHelp onClose={() => setHelp(false)} />}
      </Suspense>
      <PaletteGate />
    </div>
  )
}
