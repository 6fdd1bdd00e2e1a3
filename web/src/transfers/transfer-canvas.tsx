import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../ui/action-button.tsx'
import { Section } from '../ui/section.tsx'
import { type Place, useTitles, useWords } from './step-words.ts'
import classes from './transfer-canvas.module.css'
import type { TransferValues } from './transfer-values.ts'
import { STEPS, type Step, TransformationFields } from './transformation-fields.tsx'
import { SideFields, type WayProps } from './way-of-data.tsx'
import { WayDrawing } from './way-drawing.tsx'

/** The transfer as a drawing: each step on the data's way is a node, and the chosen one's form stands below. */
export function TransferCanvas(props: WayProps) {
  const { t } = useTranslation()
  const { form, sides, columns } = props
  const values = form.getValues()
  const source = sides.source?.kind ?? null
  const [added, setAdded] = useState<ReadonlySet<Step>>(new Set())
  const [chosen, setChosen] = useState<Place>('source')
  const fits = STEPS.filter((step) => step !== 'files' || source === 'file')
  const steps = fits.filter((step) => added.has(step) || isUsed(step, values))
  const places: Place[] = ['source', ...steps, 'target']
  const at = places.includes(chosen) ? chosen : 'source'
  const titleOf = useTitles()
  const wordsOf = useWords(props)
  const remove = (step: Step) => {
    clear(step, props)
    setAdded(new Set([...added].filter((one) => one !== step)))
    setChosen('source')
  }
  const add = (step: Step) => {
    setAdded(new Set([...added, step]))
    setChosen(step)
  }
  return (
    <>
      <Section
        title={t('canvas.label')}
        lead={t('canvas.words')}
        actions={
          <div className={classes.adders} role="group" aria-label={t('canvas.add')}>
            {fits
              .filter((step) => !steps.includes(step))
              .map((step) => (
                <ActionButton key={step} size="xs" icon="plus" onClick={() => add(step)}>
                  {titleOf(step)}
                </ActionButton>
              ))}
          </div>
        }
        flush
      >
        <WayDrawing places={places} chosen={at} onChoose={setChosen} titleOf={titleOf} wordsOf={wordsOf} />
      </Section>
      <Section
        title={titleOf(at)}
        lead={
          at === 'source'
            ? t('transfer.sourceWords')
            : at === 'target'
              ? t('transfer.targetWords')
              : undefined
        }
        actions={
          at === 'source' || at === 'target' ? undefined : (
            <ActionButton size="xs" icon="trash" onClick={() => remove(at)}>
              {t('canvas.remove')}
            </ActionButton>
          )
        }
      >
        {at === 'source' || at === 'target' ? (
          <SideFields key={at} side={at} {...props} />
        ) : (
          <TransformationFields key={at} form={form} columns={columns} source={source} steps={[at]} />
        )}
      </Section>
    </>
  )
}

function isUsed(step: Step, values: TransferValues): boolean {
  switch (step) {
    case 'files':
      return values.file_filters.length > 0
    case 'rows':
      return values.row_filters.length > 0
    case 'columns':
      return values.column_filters.length > 0
    case 'sql':
      return values.sql.trim() !== ''
  }
}

function clear(step: Step, { form }: WayProps): void {
  if (step === 'sql') form.setFieldValue('sql', '')
  else if (step === 'files') form.setFieldValue('file_filters', [])
  else if (step === 'rows') form.setFieldValue('row_filters', [])
  else form.setFieldValue('column_filters', [])
}
