import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from './action-button.tsx'
import { type BulkAction, BulkDialog } from './bulk-dialog.tsx'
import classes from './bulk-bar.module.css'

interface BulkBarProps<T> {
  actions: BulkAction<T>[]
  rows: T[]
  nameOf: (row: T) => string
  keyOf: (row: T) => string
  onDone: () => void
  onClear: () => void
}

/** What can be done with the rows that are chosen. */
export function BulkBar<T>({ actions, rows, nameOf, keyOf, onDone, onClear }: BulkBarProps<T>) {
  const { t } = useTranslation()
  const [asked, setAsked] = useState<{ id: string; rows: T[] } | null>(null)
  // By id: the action's fields are the page's state and change while the dialog is open.
  const action = actions.find(({ id }) => id === asked?.id)
  return (
    <>
      {rows.length > 0 && (
        <div className={classes.bar} role="toolbar" aria-label={t('bulk.bar')}>
          <span role="status">{t('bulk.chosen', { count: rows.length })}</span>
          {actions.map((one) => (
            <ActionButton
              key={one.id}
              size="xs"
              icon={one.icon}
              whyNot={one.whyNot}
              onClick={() => setAsked({ id: one.id, rows })}
            >
              {one.label}
            </ActionButton>
          ))}
          <ActionButton size="xs" variant="subtle" icon="close" onClick={onClear}>
            {t('bulk.clear')}
          </ActionButton>
        </div>
      )}
      {action !== undefined && asked !== null && (
        <BulkDialog
          action={action}
          rows={asked.rows}
          nameOf={nameOf}
          keyOf={keyOf}
          onDone={onDone}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  )
}
