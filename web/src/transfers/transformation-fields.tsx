import { useId } from 'react'
import { ColumnFilters } from './column-filters.tsx'
import type { TransferForm } from './end-fields.tsx'
import { FileFilters } from './file-filters.tsx'
import { RowFilters } from './row-filters.tsx'
import { SqlPart } from './sql-part.tsx'
import classes from './transformation-fields.module.css'
import type { EndKind } from './transfer-values.ts'

/** What can be done to the data on its way, in this order. */
export const STEPS = ['files', 'rows', 'columns', 'sql'] as const
export type Step = (typeof STEPS)[number]

interface TransformationFieldsProps {
  form: TransferForm
  /** The source's, for completion; empty while unknown. */
  columns: string[]
  source: EndKind | null
  /** Only these; all that fit the source if not given. */
  steps?: readonly Step[]
}

/** Which files, rows and columns come along. */
export function TransformationFields({ form, columns, source, steps = STEPS }: TransformationFieldsProps) {
  const known = useId()
  const has = (step: Step) => steps.includes(step)
  return (
    <div className={classes.parts}>
      <datalist id={known}>
        {columns.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {has('files') && source === 'file' && <FileFilters form={form} />}
      {has('rows') && <RowFilters form={form} known={known} />}
      {has('columns') && <ColumnFilters form={form} known={known} columns={columns} />}
      {has('sql') && <SqlPart form={form} opened={steps.length === 1} />}
    </div>
  )
}
