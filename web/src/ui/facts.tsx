import { Fragment, type ReactNode } from 'react'
import classes from './facts.module.css'

/** What a thing is, as terms and their values. Undefined values are left out. */
export function Facts({ items }: { items: [term: string, value: ReactNode | undefined][] }) {
  return (
    <dl className={classes.facts}>
      {items.map(([term, value]) =>
        value === undefined || value === null || value === '' ? null : (
          <Fragment key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </Fragment>
        ),
      )}
    </dl>
  )
}
