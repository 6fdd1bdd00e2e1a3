import type { ReactNode } from 'react'
import { Mark } from './mark.tsx'
import classes from './entry-card.module.css'

/** The door of the house: sign-in and first setup stand on it. */
export function EntryCard({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <main className={classes.ground}>
      <div className={classes.track} aria-hidden="true" />
      <div className={classes.card}>
        <div className={classes.brand}>
          <Mark size={30} />
          <span>Crosstie</span>
        </div>
        <h1>{title}</h1>
        {lead !== undefined && <p className="dimmed">{lead}</p>}
        {children}
      </div>
    </main>
  )
}
