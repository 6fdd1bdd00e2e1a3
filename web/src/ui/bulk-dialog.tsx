import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './bulk-dialog.module.css'
import { Dialog } from './dialog.tsx'
import { hubWords } from './hub-words.ts'
import { Icon, type IconName } from './icon.tsx'

/** Something that can be done with many rows at once. */
export interface BulkAction<T> {
  id: string
  /** On the bar: a verb. */
  label: string
  icon: IconName
  danger?: boolean
  /** Why it cannot be done now. */
  whyNot?: string | undefined
  /** What will happen to the rows, and what will not. */
  words: ReactNode
  /** What must be chosen first. */
  fields?: ReactNode
  /** `false` until it is chosen. */
  ready?: boolean
  /** One row; what it answers is told beside the row's name. */
  act: (row: T) => Promise<string | undefined>
}

type Outcome = { state: 'waiting' } | { state: 'done' | 'failed'; words: string }

interface BulkDialogProps<T> {
  action: BulkAction<T>
  rows: T[]
  nameOf: (row: T) => string
  keyOf: (row: T) => string
  /** Some rows are done: what is shown of them is old. */
  onDone: () => void
  onClose: () => void
}

/** Names every row before something is done with all of them, and tells of each how it went. */
export function BulkDialog<T>({ action, rows, nameOf, keyOf, onDone, onClose }: BulkDialogProps<T>) {
  const { t } = useTranslation()
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map())
  const [phase, setPhase] = useState<'asking' | 'doing' | 'over'>('asking')
  const act = async () => {
    setPhase('doing')
    // One after the other: fifty at once would be no kindness to the hub, and the order is the list's.
    for (const row of rows) {
      const key = keyOf(row)
      const outcome = await action.act(row).then(
        (words): Outcome => ({ state: 'done', words: words ?? t('bulk.done') }),
        (error: unknown): Outcome => ({
          state: 'failed',
          words: error instanceof Error ? hubWords(error.message) : String(error),
        }),
      )
      setOutcomes((old) => new Map(old).set(key, outcome))
    }
    setPhase('over')
    onDone()
  }
  const failed = [...outcomes.values()].filter(({ state }) => state === 'failed').length
  const summary =
    phase === 'over'
      ? t('bulk.summary', { done: rows.length - failed, failed })
      : t('bulk.doing', { done: outcomes.size, total: rows.length })
  return (
    <Dialog
      title={t('bulk.title', { action: action.label, count: rows.length })}
      onClose={onClose}
      dismissible={phase !== 'doing'}
    >
      <div className={classes.parts}>
        {phase === 'asking' && (
          <>
            <div>{action.words}</div>
            {action.fields}
          </>
        )}
        {phase !== 'asking' && <p role="status">{summary}</p>}
        {/* It may scroll, so it must be reachable by keyboard. */}
        <ul className={classes.rows} tabIndex={0} aria-label={t('bulk.rows')}>
          {rows.map((row) => (
            <Line key={keyOf(row)} name={nameOf(row)} outcome={outcomes.get(keyOf(row))} />
          ))}
        </ul>
        <div className={classes.buttons}>
          {phase === 'over' ? (
            <Button onClick={onClose} data-autofocus>
              {t('common.close')}
            </Button>
          ) : (
            <>
              <Button variant="default" onClick={onClose} disabled={phase === 'doing'} data-autofocus>
                {t('common.cancel')}
              </Button>
              <Button
                {...(action.danger === true && { color: 'red' })}
                loading={phase === 'doing'}
                disabled={action.ready === false}
                onClick={() => void act()}
              >
                {action.label}
              </Button>
            </>
          )}
        </div>
      </div>
    </Dialog>
  )
}

function Line({ name, outcome }: { name: string; outcome: Outcome | undefined }) {
  const state = outcome?.state ?? 'waiting'
  return (
    <li className={classes.row} data-state={state}>
      <Icon name={state === 'done' ? 'done' : state === 'failed' ? 'failed' : 'minus'} size={14} />
      <span>{name}</span>
      {outcome !== undefined && outcome.state !== 'waiting' && (
        <span className={classes.words}>{outcome.words}</span>
      )}
    </li>
  )
}
