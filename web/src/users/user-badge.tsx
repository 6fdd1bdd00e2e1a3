import { useTranslation } from 'react-i18next'
import type { UserStatus } from '../api/users.ts'
import { Badge } from '../ui/state-badge.tsx'

export function UserBadge({ status }: { status: UserStatus | undefined }) {
  const { t } = useTranslation()
  switch (status) {
    case 'active':
      return (
        <Badge tone="good" icon="done">
          {t('user.status.active')}
        </Badge>
      )
    case 'pending':
      return (
        <Badge tone="attention" icon="clock">
          {t('user.status.pending')}
        </Badge>
      )
    case 'forbidden':
      return (
        <Badge tone="quiet" icon="stopped">
          {t('user.status.forbidden')}
        </Badge>
      )
    case undefined:
      return null
  }
}
