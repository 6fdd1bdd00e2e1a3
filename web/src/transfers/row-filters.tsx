import { Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RowFilter } from '../api/transfers.ts'
import { ActionButton } from '../ui/action-button.tsx'
import type { TransferForm } from './end-fields.tsx'
import { FilterPart, RemoveLine } from './filter-part.tsx'
import classes from './transformation-fields.module.css'

const OPERATORS = [
  'equal',
  'not_equal',
  'greater_than',
  'greater_or_equal',
  'less_than',
  'less_or_equal',
  'is_null',
  'is_not_null',
  'like',
  'ilike',
  'not_like',
  'not_ilike',
  'regexp',
] as const

const hasValue = (type: string): boolean => type !== 'is_null' && type !== 'is_not_null'

/** Which rows come: all of the conditions hold. */
export function RowFilters({ form, known }: { form: TransferForm; known: string }) {
  const { t } = useTranslation()
  const filters = form.getValues().row_filters
  const change = (next: RowFilter[]) => form.setFieldValue('row_filters', next)
  const set = (index: number, part: Partial<RowFilter>) =>
    change(filters.map((filter, at) => (at === index ? { ...filter, ...part } : filter)))
  const retype = (index: number, type: string) => {
    const { field = '', value = '' } = filters[index] ?? {}
    change(
      filters.map((filter, at) =>
        at !== index ? filter : hasValue(type) ? { type, field, value } : { type, field },
      ),
    )
  }
  return (
    <FilterPart
      label={t('transform.rows')}
      words={filters.length === 0 ? t('transform.allRows') : t('transform.rowsWords')}
    >
      {filters.map(({ type, field, value }, index) => (
        <div key={index} className={classes.filter}>
          <TextInput
            aria-label={t('transform.columnOf', { number: index + 1 })}
            placeholder={t('transform.column')}
            list={known}
            value={field}
            onChange={(event) => set(index, { field: event.currentTarget.value })}
          />
          <Select
            aria-label={t('transform.operatorOf', { number: index + 1 })}
            allowDeselect={false}
            data={OPERATORS.map((one) => ({ value: one, label: t(`operator.${one}`) }))}
            value={type}
            onChange={(next) => next !== null && retype(index, next)}
          />
          {hasValue(type) ? (
            <TextInput
              aria-label={t('transform.valueOf', { number: index + 1 })}
              placeholder={t('form.value')}
              value={value ?? ''}
              onChange={(event) => set(index, { value: event.currentTarget.value })}
            />
          ) : (
            <span />
          )}
          <RemoveLine number={index + 1} onClick={() => change(filters.filter((_, at) => at !== index))} />
        </div>
      ))}
      <div>
        <ActionButton
          size="xs"
          icon="plus"
          onClick={() => change([...filters, { type: 'equal', field: '', value: '' }])}
        >
          {t('transform.addRow')}
        </ActionButton>
      </div>
    </FilterPart>
  )
}
