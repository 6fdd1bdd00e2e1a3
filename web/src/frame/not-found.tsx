import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Empty } from '../ui/page-state.tsx'

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Empty icon="search" title={t('failure.noPage')} action={<Link to="/">{t('nav.home')}</Link>}>
      {t('failure.noPageWords')}
    </Empty>
  )
}
