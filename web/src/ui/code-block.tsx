import { CopyButton } from './copy-button.tsx'
import classes from './code-block.module.css'

/** Text as a machine has it, with a button that copies it. */
export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <figure className={classes.figure} aria-label={label}>
      <div className={classes.copy}>
        <CopyButton text={text} />
      </div>
      {/* It scrolls, so it must be reachable by keyboard. */}
      <pre className={classes.code} tabIndex={0} aria-label={label}>
        {text}
      </pre>
    </figure>
  )
}
