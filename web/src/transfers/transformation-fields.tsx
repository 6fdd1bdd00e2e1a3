import { ActionIcon, Select, TextInput } from '@mantine/core'
import { type ReactNode, Suspense, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ColumnFilter, RowFilter } from '../api/transfers.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Icon } from '../ui/icon.tsx'
import { lazily } from '../ui/lazily.ts'
import { Loading } from '../ui/page-state.tsx'
import type { TransferForm } from './end-fields.tsx'
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

const SqlEditor = lazily(() => import('./sql-editor.tsx'), 'SqlEditor')

/** Which rows and columns come along. `columns` are the source's, for completion; empty while unknown. */
export function TransformationFields({ form, columns }: { form: TransferForm; columns: string[] }) {
  const { t } = useTranslation()
  const known = useId()
  const { sql } = form.getValues()
  const [writing, setWriting] = useState(sql !== '')
  return (
    <div className={classes.parts}>
      <datalist id={known}>
        {columns.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <RowFilters form={form} known={known} />
      <ColumnFilters form={form} known={known} columns={columns} />
      {writing ? (
        <div className={classes.part}>
          <p className={classes.label}>{t('transform.sql')}</p>
          <p className="dimmed">{t('transform.sqlWords')}</p>
          <Suspense fallback={<Loading lines={3} />}>
            <SqlEditor
              label={t('transform.sql')}
              value={sql}
              onChange={(next) => form.setFieldValue('sql', next)}
              onRemove={() => {
                form.setFieldValue('sql', '')
                setWriting(false)
              }}
            />
          </Suspense>
        </div>
      ) : (
        <div>
          <ActionButton size="xs" icon="terminal" onClick={() => setWriting(true)}>
            {t('transform.addSql')}
          </ActionButton>
        </div>
      )}
    </div>
  )
}

function RowFilters({ form, known }: { form: TransferForm; known: string }) {
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
          <Remove number={index + 1} onClick={() => change(filters.filter((_, at) => at !== index))} />
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

const COLUMN_ACTIONS = ['include', 'rename', 'cast'] as const

function ColumnFilters({ form, known, columns }: { form: TransferForm; known: string; columns: string[] }) {
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
          <Remove number={index + 1} onClick={() => change(filters.filter((_, at) => at !== index))} />
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

function FilterPart({ label, words, children }: { label: string; words: string; children: ReactNode }) {
  return (
    <div className={classes.part} role="group" aria-label={label}>
      <p className={classes.label}>{label}</p>
      <p className="dimmed">{words}</p>
      {children}
    </div>
  )
}

function Remove({ number, onClick }: { number: number; onClick: () => void }) {
  const { t } = useTranslation()
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={34}
      aria-label={t('form.removeRow', { number })}
      onClick={onClick}
    >
      <Icon name="close" />
    </ActionIcon>
  )
}
