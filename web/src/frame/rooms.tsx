import { Link, type LinkProps } from '@tanstack/react-router'
import { useSuspenseQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { meQuery } from '../api/session.ts'
import { Icon, type IconName } from '../ui/icon.tsx'
import classes from './rooms.module.css'
import { useGroup } from './use-group.ts'

interface Place {
  to: NonNullable<LinkProps['to']>
  icon: IconName
  label: string
  exact?: boolean
}

/** The rooms that are open, and what belongs to the group and to the hub. */
export function Rooms() {
  const { t } = useTranslation()
  const me = useSuspenseQuery(meQuery).data
  const group = useGroup()
  const hub: Place[] = [
    { to: '/groups', icon: 'group', label: t('nav.groups'), exact: true },
    { to: '/applications', icon: 'key', label: t('nav.applications') },
  ]
  if (me.is_superuser) hub.push({ to: '/users', icon: 'users', label: t('nav.users') })
  if (me.is_superuser || group.role === 'Maintainer' || group.role === 'Owner') {
    hub.push({ to: '/audit', icon: 'audit', label: t('nav.audit') })
  }
  return (
    <>
      <Places places={[{ to: '/', icon: 'home', label: t('nav.home'), exact: true }]} />
      <Places
        title={t('nav.connect')}
        places={[{ to: '/connections', icon: 'connection', label: t('nav.connections') }]}
      />
      <Places
        title={t('nav.transfer')}
        places={[
          { to: '/transfers', icon: 'transfer', label: t('nav.transfers') },
          { to: '/runs', icon: 'run', label: t('nav.runs') },
          { to: '/queues', icon: 'queue', label: t('nav.queues') },
        ]}
      />
      <Places title={t('nav.hub')} places={hub} />
    </>
  )
}

function Places({ title, places }: { title?: string; places: Place[] }) {
  const id = useId()
  return (
    <div className={classes.room}>
      {title !== undefined && (
        <p id={id} className={classes.title}>
          {title}
        </p>
      )}
      <ul aria-labelledby={title === undefined ? undefined : id}>
        {places.map(({ to, icon, label, exact = false }) => (
          <li key={label}>
            <Link
              to={to}
              className={classes.place}
              activeOptions={{ exact, includeSearch: false }}
              activeProps={{ 'data-active': true }}
            >
              <Icon name={icon} size={17} />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}
