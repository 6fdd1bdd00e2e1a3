import { Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ColumnFilter } from '../api/transfers.ts'
import { ActionButton } from '../ui/action-button.tsx'
import type { TransferForm } from './end-fields.tsx'
import { FilterPart, RemoveLine } from './filter-part.tsx'
import classes from './transformation-fields.module.css'

const COLUMN_ACTIONS = ['include', 'rename', 'cast'] as const

/** Which columns come, by what name and of what type. */
export function ColumnFilters({
  form,
  known,
  columns,
}: {
  form: TransferForm
  known: string
  columns: string[]
}) {
  const { t } = useTranslation()
  const filters = form.getValues().column_filters
  const change = (next: ColumnFilter[]) => form.setFieldValue('column_filters', next)
  const replace = (index: number, filter: ColumnFilter) =>
    change(filters.map((old, at) => (at === index ? filter : old)))
  const words = filters.length === 0 ? t('transform.allColumns') : t('transform.columnsWords')
  return (
    <FilterPart label={t('transform.columns')} words={words}>
      {filters.map((filter, index) => (
        <div key={index} className={classes.filter}>
          <TextInput
            aria-label={t('transform.columnOf', { number: index + 1 })}
            placeholder={t('transform.column')}
            list={known}
            value={filter.field}
            onChange={(event) => replace(index, { ...filter, field: event.currentTarget.value })}
          />
          <Select
            aria-label={t('transform.actionOf', { number: index + 1 })}
            allowDeselect={false}
            data={COLUMN_ACTIONS.map((one) => ({ value: one, label: t(`transform.${one}`) }))}
            value={filter.type}
            onChange={(type) => type !== null && replace(index, withAction(filter.field, type))}
          />
          {filter.type === 'include' ? (
            <span />
          ) : (
            <TextInput
              aria-label={filter.type === 'rename' ? t('transform.newName') : t('transform.newType')}
              placeholder={filter.type === 'rename' ? t('transform.newName') : t('transform.newType')}
              value={(filter.type === 'rename' ? filter.to : filter.as_type) ?? ''}
              onChange={(event) =>
                replace(index, {
                  ...filter,
                  [filter.type === 'rename' ? 'to' : 'as_type']: event.currentTarget.value,
                })
              }
            />
          )}
          <RemoveLine number={index + 1} onClick={() => change(filters.filter((_, at) => at !== index))} />
        </div>
      ))}
      <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        <ActionButton
          size="xs"
          icon="plus"
          onClick={() => change([...filters, { type: 'include', field: '' }])}
        >
          {t('transform.addColumn')}
        </ActionButton>
        {columns.length > 0 && filters.length === 0 && (
          <ActionButton
            size="xs"
            icon="table"
            onClick={() => change(columns.map((field) => ({ type: 'include', field })))}
          >
            {t('transform.listAll')}
          </ActionButton>
        )}
      </div>
    </FilterPart>
  )
}

function withAction(field: string, type: string): ColumnFilter {
  if (type === 'rename') return { type, field, to: '' }
  return type === 'cast' ? { type, field, as_type: '' } : { type: 'include', field }
}
