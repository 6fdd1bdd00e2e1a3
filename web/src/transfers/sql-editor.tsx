import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { EditorView, minimalSetup } from 'codemirror'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../ui/action-button.tsx'
import classes from './sql-editor.module.css'

interface SqlEditorProps {
  label: string
  value: string
  onChange: (value: string) => void
  onRemove: () => void
}

/** A field for a SELECT. Fetched when it is wanted: it weighs more than all other fields together. */
export function SqlEditor({ label, value, onChange, onRemove }: SqlEditorProps) {
  const { t } = useTranslation()
  const place = useRef<HTMLDivElement>(null)
  const latest = useRef({ value, onChange })
  latest.current.onChange = onChange
  useEffect(() => {
    if (place.current === null) return
    const view = new EditorView({
      parent: place.current,
      doc: latest.current.value,
      extensions: [
        minimalSetup,
        sql({ dialect: PostgreSQL }),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': label }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange(update.state.doc.toString())
        }),
      ],
    })
    return () => view.destroy()
  }, [label])
  return (
    <>
      <div ref={place} className={classes.editor} />
      <div>
        <ActionButton size="xs" icon="trash" onClick={onRemove}>
          {t('transform.removeSql')}
        </ActionButton>
      </div>
    </>
  )
}
