import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ViewAs, viewAs } from '../api/view-as.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Notice } from '../ui/notice.tsx'
import { useGroup } from './use-group.ts'
import classes from './view-as-banner.module.css'

/** Says all the while that one looks as another role, and leads out. */
export function ViewAsBanner() {
  const { t } = useTranslation()
  const view = useSyncExternalStore(viewAs.subscribe, viewAs.get)
  const group = useGroup()
  const look = useViewAs()
  if (view === null) return null
  return (
    <div className={classes.banner}>
      <Notice
        tone="attention"
        live
        title={t('viewAs.title', { role: t(`role.${view.role}`), name: group.data.name })}
        actions={
          <ActionButton size="xs" icon="signOut" onClick={() => look(null)}>
            {t('viewAs.leave')}
          </ActionButton>
        }
      >
        {t('viewAs.words')}
      </Notice>
    </div>
  )
}

/** Changes whose eyes the page is seen with: nothing that was read with the others stays. */
export function useViewAs(): (view: ViewAs | null) => void {
  const queries = useQueryClient()
  const navigate = useNavigate()
  return (view) => {
    viewAs.set(view)
    void queries.cancelQueries().then(() => queries.resetQueries())
    // A page that the role may not even see would greet with a refusal.
    if (view !== null) void navigate({ to: '/', search: { group: view.groupId } })
  }
}
