import { useTranslation } from 'react-i18next'
import { ActionButton } from './action-button.tsx'
import { Notice } from './notice.tsx'

/** Says that a form begins with what was typed before, and offers to begin anew. */
export function DraftNotice({ restored, onDiscard }: { restored: boolean; onDiscard: () => void }) {
  const { t } = useTranslation()
  if (!restored) return null
  return (
    <Notice
      tone="info"
      actions={
        <ActionButton size="xs" onClick={onDiscard}>
          {t('draft.discard')}
        </ActionButton>
      }
    >
      {t('draft.restored')}
    </Notice>
  )
}
