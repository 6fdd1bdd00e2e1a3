import { Select, Switch, TextInput } from '@mantine/core'
import type { ChangeEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { FileFormat } from '../api/transfers.ts'
import { FormRow } from '../ui/form.tsx'
import { CARRIED_FORMATS, COMPRESSIONS, defaultFormat } from './file-format.ts'

interface FormatFieldsProps {
  side: 'source' | 'target'
  formats: readonly string[]
  format: FileFormat
  onChange: (format: FileFormat) => void
  errors: Record<string, unknown>
}

type TextOption = 'delimiter' | 'quote' | 'escape' | 'encoding' | 'line_sep' | 'root_tag' | 'row_tag'

/** How the rows are written in the files. */
export function FormatFields({ side, formats, format, onChange, errors }: FormatFieldsProps) {
  const { t } = useTranslation()
  const set = (part: Partial<FileFormat>) => onChange({ ...format, ...part })
  const error = (name: string) => {
    const message = errors[`${side}_params.file_format.${name}`]
    return typeof message === 'string' ? message : undefined
  }
  const text = (name: TextOption) => ({
    value: shown(format[name] ?? ''),
    error: error(name),
    onChange: (event: ChangeEvent<HTMLInputElement>) => set({ [name]: meant(event.currentTarget.value) }),
    autoComplete: 'off',
  })
  const compressions = COMPRESSIONS[format.type]
  const isText = ['csv', 'jsonline', 'json'].includes(format.type)
  return (
    <>
      <FormRow>
        <Select
          label={t('format.type')}
          allowDeselect={false}
          data={formats.map((type) => {
            const name = t(`format.${type as 'csv'}`) // the keys of the catalogue
            return {
              value: type,
              label: CARRIED_FORMATS.includes(type) ? name : `${name} – ${t('connection.keptOnly')}`,
            }
          })}
          value={format.type}
          error={error('type')}
          onChange={(type) => type !== null && onChange(defaultFormat(type))}
        />
        {compressions !== undefined && (
          <Select
            label={t('format.compression')}
            allowDeselect={false}
            data={compressions.map((one) => ({
              value: one,
              label: one === 'none' ? t('format.uncompressed') : one,
            }))}
            value={format.compression ?? 'none'}
            error={error('compression')}
            onChange={(compression) => compression !== null && set({ compression })}
          />
        )}
        {format.type === 'excel' && (
          <TextInput
            label={t('format.startCell')}
            description={t('format.startCellWords')}
            placeholder="A1"
            value={format.start_cell ?? ''}
            error={error('start_cell')}
            autoComplete="off"
            onChange={(event) => set({ start_cell: event.currentTarget.value || null })}
          />
        )}
      </FormRow>
      {format.type === 'xml' && (
        <FormRow>
          <TextInput label={t('format.rootTag')} required {...text('root_tag')} />
          <TextInput label={t('format.rowTag')} required {...text('row_tag')} />
        </FormRow>
      )}
      {isText && (
        <FormRow>
          {format.type === 'csv' && (
            <>
              <TextInput label={t('format.delimiter')} description={t('format.tab')} {...text('delimiter')} />
              <TextInput label={t('format.quote')} {...text('quote')} />
              <TextInput label={t('format.escape')} {...text('escape')} />
            </>
          )}
          <TextInput label={t('format.encoding')} {...text('encoding')} />
          <TextInput
            label={t('format.lineSep')}
            description={t('format.lineSepWords')}
            {...text('line_sep')}
          />
        </FormRow>
      )}
      {(format.type === 'csv' || format.type === 'excel') && (
        <Switch
          label={t('format.header')}
          checked={format.include_header === true}
          onChange={(event) => set({ include_header: event.currentTarget.checked })}
        />
      )}
    </>
  )
}

/** Signs that cannot be seen or typed are written as programmers write them. */
const shown = (text: string): string =>
  text
    .replaceAll('\t', String.raw`\t`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\n', String.raw`\n`)
const meant = (text: string): string =>
  text
    .replaceAll(String.raw`\t`, '\t')
    .replaceAll(String.raw`\r`, '\r')
    .replaceAll(String.raw`\n`, '\n')
