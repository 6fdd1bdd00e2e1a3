import { ActionIcon, Input, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../action-button.tsx'
import { Icon } from '../icon.tsx'
import classes from './pairs-field.module.css'

interface PairsFieldProps {
  label: string
  description?: string | undefined
  error?: string | undefined
  values: Record<string, unknown>
  onChange: (values: Record<string, unknown>) => void
}

/** Free names and values, as a server's extra parameters are. */
export function PairsField({ label, description, error, values, onChange }: PairsFieldProps) {
  const { t } = useTranslation()
  // Rows live here, since two may share a name while one types.
  const [rows, setRows] = useState(() =>
    Object.entries(values).map(([name, value]) => [name, String(value)] as const),
  )
  const change = (next: (readonly [string, string])[]) => {
    setRows(next)
    onChange(Object.fromEntries(next.filter(([name]) => name.trim() !== '')))
  }
  const set = (index: number, name: string, value: string) =>
    change(rows.map((row, at) => (at === index ? [name, value] : row)))
  return (
    <Input.Wrapper label={label} description={description} error={error} labelElement="div">
      <div className={classes.rows} role="group" aria-label={label}>
        {rows.map(([name, value], index) => (
          <div key={index} className={classes.row}>
            <TextInput
              aria-label={t('form.pairName', { label, number: index + 1 })}
              placeholder={t('form.name')}
              value={name}
              onChange={(event) => set(index, event.currentTarget.value, value)}
            />
            <TextInput
              aria-label={t('form.pairValue', { label, number: index + 1 })}
              placeholder={t('form.value')}
              value={value}
              onChange={(event) => set(index, name, event.currentTarget.value)}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={34}
              aria-label={t('form.removeRow', { number: index + 1 })}
              onClick={() => change(rows.filter((_, at) => at !== index))}
            >
              <Icon name="close" />
            </ActionIcon>
          </div>
        ))}
        <div>
          <ActionButton size="xs" icon="plus" onClick={() => setRows([...rows, ['', '']])}>
            {t('form.addRow')}
          </ActionButton>
        </div>
      </div>
    </Input.Wrapper>
  )
}
