import { type ReactNode, useEffect } from 'react'
import { Icon } from './icon.tsx'
import classes from './page-header.module.css'

interface PageHeaderProps {
  title: string
  /** The list this thing stands in, as a link. */
  above?: ReactNode
  /** One line under the title. */
  lead?: ReactNode
  badge?: ReactNode
  actions?: ReactNode
}

/** The head of every page: where it stands, what it is, what can be done. Sets the window's title. */
export function PageHeader({ title, above, lead, badge, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Crosstie`
  }, [title])
  return (
    <header className={classes.header}>
      <div className={classes.words}>
        {above !== undefined && (
          <div className={classes.above}>
            <Icon name="chevronLeft" size={13} />
            {above}
          </div>
        )}
        <div className={classes.title}>
          <h1>{title}</h1>
          {badge}
        </div>
        {lead !== undefined && lead !== '' && <p className={classes.lead}>{lead}</p>}
      </div>
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </header>
  )
}
