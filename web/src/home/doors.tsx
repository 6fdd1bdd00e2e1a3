import { useTranslation } from 'react-i18next'
import { Icon, type IconName } from '../ui/icon.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import classes from './doors.module.css'

/** What the hub is for. Two of the three rooms are not open in this release, and say so. */
export function Doors() {
  const { t } = useTranslation()
  return (
    <ul className={classes.doors} aria-label={t('home.doors')}>
      <Door icon="table" title={t('home.copyTitle')} words={t('home.copyWords')} open />
      <Door icon="message" title={t('home.sendTitle')} words={t('home.sendWords')} />
      <Door icon="box" title={t('home.publishTitle')} words={t('home.publishWords')} />
    </ul>
  )
}

function Door({
  icon,
  title,
  words,
  open = false,
}: {
  icon: IconName
  title: string
  words: string
  open?: boolean
}) {
  const { t } = useTranslation()
  return (
    <li className={classes.door} data-open={open || undefined}>
      <span className={classes.icon}>
        <Icon name={icon} size={24} />
      </span>
      <h2>{title}</h2>
      <p>{words}</p>
      {open ? (
        <LinkButton to="/transfers/new" variant="filled">
          {t('home.copyAction')}
        </LinkButton>
      ) : (
        <p className={classes.closed}>
          <Icon name="clock" size={14} />
          {t('home.notOpen')}
        </p>
      )}
    </li>
  )
}
