import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { EntryCard } from '../ui/entry-card.tsx'

export function NotFound() {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${t('failure.noPage')} · Crosstie`
  }, [t])
  return (
    <EntryCard title={t('failure.noPage')} lead={t('failure.noPageWords')}>
      <Link to="/">{t('nav.home')}</Link>
    </EntryCard>
  )
}
