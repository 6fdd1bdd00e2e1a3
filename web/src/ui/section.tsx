import { type ReactNode, useId } from 'react'
import classes from './section.module.css'

interface SectionProps {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  children: ReactNode
  /** `flush`: the content reaches the edges, as tables do. */
  flush?: boolean
  tone?: 'danger' | undefined
}

/** One part of a page, with its heading. */
export function Section({ title, lead, actions, children, flush = false, tone }: SectionProps) {
  const id = useId()
  return (
    <section className={classes.section} aria-labelledby={id} data-tone={tone}>
      <header className={classes.head}>
        <div>
          <h2 id={id}>{title}</h2>
          {lead !== undefined && <p className={classes.lead}>{lead}</p>}
        </div>
        {actions}
      </header>
      <div className={flush ? undefined : classes.body}>{children}</div>
    </section>
  )
}
