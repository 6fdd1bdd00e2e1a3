import { Select, Switch, TextInput } from '@mantine/core'
import type { ChangeEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { FileFormat } from '../api/transfers.ts'
import { FormRow } from '../ui/form.tsx'
import { COMPRESSIONS, defaultFormat } from './file-format.ts'

interface FormatFieldsProps {
  side: 'source' | 'target'
  formats: readonly string[]
  format: FileFormat
  onChange: (format: FileFormat) => void
  errors: Record<string, unknown>
}

/** How the rows are written in the files. */
export function FormatFields({ side, formats, format, onChange, errors }: FormatFieldsProps) {
  const { t } = useTranslation()
  const set = (part: Partial<FileFormat>) => onChange({ ...format, ...part })
  const error = (name: string) => {
    const message = errors[`${side}_params.file_format.${name}`]
    return typeof message === 'string' ? message : undefined
  }
  const text = (name: 'delimiter' | 'quote' | 'escape' | 'encoding') => ({
    value: shown(format[name] ?? ''),
    error: error(name),
    onChange: (event: ChangeEvent<HTMLInputElement>) => set({ [name]: meant(event.currentTarget.value) }),
    autoComplete: 'off',
  })
  return (
    <>
      <FormRow>
        <Select
          label={t('format.type')}
          allowDeselect={false}
          data={formats.map((type) => ({ value: type, label: t(`format.${type as 'csv'}`) }))} // the keys of the catalogue
          value={format.type}
          error={error('type')}
          onChange={(type) => type !== null && onChange(defaultFormat(type))}
        />
        <Select
          label={t('format.compression')}
          allowDeselect={false}
          data={(COMPRESSIONS[format.type] ?? ['none']).map((one) => ({
            value: one,
            label: one === 'none' ? t('format.uncompressed') : one,
          }))}
          value={format.compression ?? 'none'}
          error={error('compression')}
          onChange={(compression) => compression !== null && set({ compression })}
        />
      </FormRow>
      {format.type === 'csv' && (
        <>
          <FormRow>
            <TextInput label={t('format.delimiter')} description={t('format.tab')} {...text('delimiter')} />
            <TextInput label={t('format.quote')} {...text('quote')} />
            <TextInput label={t('format.escape')} {...text('escape')} />
            <TextInput label={t('format.encoding')} {...text('encoding')} />
          </FormRow>
          <Switch
            label={t('format.header')}
            checked={format.include_header === true}
            onChange={(event) => set({ include_header: event.currentTarget.checked })}
          />
        </>
      )}
    </>
  )
}

/** A tab is written `\t` in the field, since one cannot be seen or typed. */
const shown = (text: string): string => text.replaceAll('\t', String.raw`\t`)
const meant = (text: string): string => text.replaceAll(String.raw`\t`, '\t')
