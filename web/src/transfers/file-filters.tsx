import { Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { FILE_FILTERS } from '../api/transfers.ts'
import { ActionButton } from '../ui/action-button.tsx'
import type { TransferForm } from './end-fields.tsx'
import { FilterPart, RemoveLine } from './filter-part.tsx'
import classes from './transformation-fields.module.css'
import type { TransferValues } from './transfer-values.ts'

const EXAMPLES = {
  name_glob: 'orders*.csv',
  name_regexp: String.raw`orders-\d+\.csv`,
  file_size_min: '1KiB',
  file_size_max: '2GiB',
} as const

/** Which files of the folder are read: by name and by size. */
export function FileFilters({ form }: { form: TransferForm }) {
  const { t } = useTranslation()
  const filters = form.getValues().file_filters
  const change = (next: TransferValues['file_filters']) => form.setFieldValue('file_filters', next)
  const set = (index: number, part: Partial<TransferValues['file_filters'][number]>) =>
    change(filters.map((filter, at) => (at === index ? { ...filter, ...part } : filter)))
  return (
    <FilterPart
      label={t('transform.files')}
      words={filters.length === 0 ? t('transform.allFiles') : t('transform.filesWords')}
    >
      {filters.map(({ type, value }, index) => (
        <div key={index} className={classes.pair}>
          <Select
            aria-label={t('transform.fileRuleOf', { number: index + 1 })}
            allowDeselect={false}
            data={FILE_FILTERS.map((one) => ({ value: one, label: t(`fileFilter.${one}`) }))}
            value={type}
            onChange={(next) => set(index, { type: FILE_FILTERS.find((one) => one === next) ?? type })}
          />
          <TextInput
            aria-label={t('transform.fileValueOf', { number: index + 1 })}
            placeholder={EXAMPLES[type]}
            autoComplete="off"
            value={value}
            onChange={(event) => set(index, { value: event.currentTarget.value })}
          />
          <RemoveLine number={index + 1} onClick={() => change(filters.filter((_, at) => at !== index))} />
        </div>
      ))}
      <div>
        <ActionButton
          size="xs"
          icon="plus"
          onClick={() => change([...filters, { type: 'name_glob', value: '' }])}
        >
          {t('transform.addFile')}
        </ActionButton>
      </div>
    </FilterPart>
  )
}
