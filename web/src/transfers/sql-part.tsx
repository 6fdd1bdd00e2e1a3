import { Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../ui/action-button.tsx'
import { lazily } from '../ui/lazily.ts'
import { Loading } from '../ui/page-state.tsx'
import type { TransferForm } from './end-fields.tsx'
import { FilterPart } from './filter-part.tsx'

const SqlEditor = lazily(() => import('./sql-editor.tsx'), 'SqlEditor')

/** A SELECT over what the filters let through. */
export function SqlPart({ form, opened = false }: { form: TransferForm; opened?: boolean }) {
  const { t } = useTranslation()
  const { sql } = form.getValues()
  const [writing, setWriting] = useState(opened || sql !== '')
  if (!writing) {
    return (
      <div>
        <ActionButton size="xs" icon="terminal" onClick={() => setWriting(true)}>
          {t('transform.addSql')}
        </ActionButton>
      </div>
    )
  }
  return (
    <FilterPart label={t('transform.sql')} words={t('transform.sqlWords')}>
      <Suspense fallback={<Loading lines={3} />}>
        <SqlEditor
          label={t('transform.sql')}
          value={sql}
          onChange={(next) => form.setFieldValue('sql', next)}
          onRemove={() => {
            form.setFieldValue('sql', '')
            setWriting(false)
          }}
        />
      </Suspense>
    </FilterPart>
  )
}
