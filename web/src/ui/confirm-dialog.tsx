import { Button, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog.tsx'
import { Failure } from './page-state.tsx'
import classes from './confirm-dialog.module.css'

interface ConfirmDialogProps {
  /** The question, with the thing's name in it. */
  title: string
  /** What will happen, and what will not. */
  children: ReactNode
  /** What the button does, as a verb. */
  action: string
  danger?: boolean
  /** Asks for the thing's name to be typed first: for what takes other things with it. */
  typedName?: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks before something is lost. Stays open with the reason when the hub refuses. */
export function ConfirmDialog({
  title,
  children,
  action,
  danger = true,
  typedName,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const { t } = useTranslation()
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const ready = typedName === undefined || typed === typedName
  const confirm = async () => {
    if (!ready) return
    setBusy(true)
    setError(null)
    try {
      await onConfirm()
      onClose()
    } catch (caught) {
      setError(caught)
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          void confirm()
        }}
      >
        <div>{children}</div>
        {typedName !== undefined && (
          <TextInput
            label={t('common.typeName', { name: typedName })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
          />
        )}
        {error !== null && <Failure error={error} />}
        <div className={classes.buttons}>
          <Button variant="default" onClick={onClose} data-autofocus={typedName === undefined || undefined}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" {...(danger && { color: 'red' })} loading={busy} disabled={!ready}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
