import { Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { CronFields } from '../schedules/cron-fields.tsx'
import { PolicyFields } from '../schedules/policy-fields.tsx'
import type { TransferForm } from './end-fields.tsx'

/** When it runs by itself: how often, or a cron line of one's own, its time zone, and what that comes to. */
export function ScheduleFields({ form }: { form: TransferForm }) {
  const { t } = useTranslation()
  const { is_scheduled, schedule, timezone } = form.getValues()
  const set = (cron: string) => {
    form.setFieldValue('schedule', cron)
    form.clearFieldError('schedule')
  }
  return (
    <>
      <Switch label={t('schedule.on')} {...form.getInputProps('is_scheduled', { type: 'checkbox' })} />
      {is_scheduled && (
        <>
          <CronFields
            cron={schedule}
            timezone={timezone}
            onCron={set}
            cronProps={form.getInputProps('schedule')}
            zoneProps={form.getInputProps('timezone')}
          />
          <PolicyFields
            of="run"
            missedProps={form.getInputProps('missed_runs')}
            overlapProps={form.getInputProps('overlap')}
          />
        </>
      )}
    </>
  )
}
