import { ActionIcon } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Icon } from '../ui/icon.tsx'
import { Mark } from '../ui/mark.tsx'
import { GroupSwitch } from './group-switch.tsx'
import { MeMenu } from './me-menu.tsx'
import { openPalette } from './palette-gate.tsx'
import classes from './top.module.css'

interface TopProps {
  onMenu: () => void
  onHelp: () => void
}

/** The frame's head: the mark, the group, the search, oneself. */
export function Top({ onMenu, onHelp }: TopProps) {
  const { t } = useTranslation()
  return (
    <header className={classes.top}>
      <div className={classes.burger}>
        <ActionIcon variant="subtle" color="gray" size={32} aria-label={t('frame.menu')} onClick={onMenu}>
          <Icon name="menu" size={20} />
        </ActionIcon>
      </div>
      <Link to="/" className={classes.brand} aria-label={`Crosstie – ${t('nav.home')}`}>
        <Mark />
        <span className={classes.name}>Crosstie</span>
      </Link>
      <div className={classes.group}>
        <GroupSwitch />
      </div>
      <div className={classes.end}>
        <button type="button" className={classes.search} onClick={openPalette} aria-keyshortcuts="Control+K">
          <Icon name="search" />
          <span className={classes.searchWords}>{t('frame.search')}</span>
          <kbd className={classes.searchKeys}>Ctrl K</kbd>
        </button>
        <MeMenu onHelp={onHelp} />
      </div>
    </header>
  )
}
