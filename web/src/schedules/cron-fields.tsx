import { Select, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { FormRow } from '../ui/form.tsx'
import { NextTimes } from './next-times.tsx'
import { PresetFields } from './preset-fields.tsx'

/** What a form gives for one of its fields. */
interface FieldProps {
  value?: string
  error?: ReactNode
  onChange: (event: unknown) => void
}

interface CronFieldsProps {
  cron: string
  timezone: string
  /** A usual schedule was chosen. */
  onCron: (cron: string) => void
  cronProps: FieldProps
  zoneProps: FieldProps
}

/** A cron line: by choice or one's own, its zone, and what that comes to in words and times. */
export function CronFields({ cron, timezone, onCron, cronProps, zoneProps }: CronFieldsProps) {
  const { t } = useTranslation()
  return (
    <>
      <PresetFields schedule={cron} onChange={onCron} />
      <FormRow>
        <TextInput
          label={t('schedule.cron')}
          description={t('schedule.cronWords')}
          required
          maxLength={32}
          placeholder="0 3 * * *"
          autoComplete="off"
          classNames={{ input: 'mono' }}
          {...cronProps}
        />
        <Select
          label={t('schedule.zone')}
          description={t('schedule.zoneWords')}
          searchable
          allowDeselect={false}
          limit={100}
          data={zones(timezone)}
          nothingFoundMessage={t('list.nothingFound')}
          {...zoneProps}
        />
      </FormRow>
      {cron.trim() !== '' && (
        <div role="status" className="dimmed">
          <NextTimes schedule={cron.trim()} timezone={timezone} />
        </div>
      )}
    </>
  )
}

function zones(current: string): string[] {
  const all = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
  return all.includes(current) ? all : [current, ...all]
}
