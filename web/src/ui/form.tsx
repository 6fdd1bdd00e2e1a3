import type { FormEvent, ReactNode } from 'react'
import classes from './form.module.css'

/** A column of fields. Checks are ours and the hub's, so the browser's own bubbles stay away. */
export function Form({
  onSubmit,
  label,
  children,
}: {
  onSubmit: (event: FormEvent<HTMLFormElement>) => void
  label: string
  children: ReactNode
}) {
  return (
    <form className={classes.form} onSubmit={onSubmit} aria-label={label} noValidate>
      {children}
    </form>
  )
}

/** Fields beside each other where there is room. */
export function FormRow({ children }: { children: ReactNode }) {
  return <div className={classes.row}>{children}</div>
}

/** The buttons at a form's end. */
export function FormActions({ children }: { children: ReactNode }) {
  return <div className={classes.actions}>{children}</div>
}
