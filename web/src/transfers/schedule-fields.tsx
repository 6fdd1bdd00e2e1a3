import { Select, Switch, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { FormRow } from '../ui/form.tsx'
import { useFormat } from '../ui/use-format.ts'
import { CronWords } from './cron-words.tsx'
import type { TransferForm } from './end-fields.tsx'

const PRESETS = ['0 * * * *', '0 3 * * *', '0 6 * * 1-5', '0 4 * * 1', '0 5 1 * *'] as const

/** When it runs by itself: a cron line, its time zone, and what that comes to. */
export function ScheduleFields({ form }: { form: TransferForm }) {
  const { t } = useTranslation()
  const { is_scheduled, schedule, timezone } = form.getValues()
  const words = {
    '0 * * * *': t('schedule.hourly'),
    '0 3 * * *': t('schedule.daily'),
    '0 6 * * 1-5': t('schedule.workdays'),
    '0 4 * * 1': t('schedule.weekly'),
    '0 5 1 * *': t('schedule.monthly'),
  }
  return (
    <>
      <Switch label={t('schedule.on')} {...form.getInputProps('is_scheduled', { type: 'checkbox' })} />
      {is_scheduled && (
        <>
          <FormRow>
            <Select
              label={t('schedule.preset')}
              placeholder={t('schedule.own')}
              data={PRESETS.map((cron) => ({ value: cron, label: words[cron] }))}
              value={PRESETS.find((cron) => cron === schedule) ?? null}
              onChange={(cron) => {
                if (cron === null) return
                form.setFieldValue('schedule', cron)
                form.clearFieldError('schedule')
              }}
            />
            <TextInput
              label={t('schedule.cron')}
              description={t('schedule.cronWords')}
              required
              placeholder="0 3 * * *"
              autoComplete="off"
              classNames={{ input: 'mono' }}
              {...form.getInputProps('schedule')}
            />
            <Select
              label={t('schedule.zone')}
              searchable
              allowDeselect={false}
              limit={100}
              data={zones(timezone)}
              nothingFoundMessage={t('list.nothingFound')}
              {...form.getInputProps('timezone')}
            />
          </FormRow>
          {schedule.trim() !== '' && (
            <div role="status" className="dimmed">
              <CronWords schedule={schedule.trim()} />
              <NextTimes schedule={schedule.trim()} timezone={timezone} />
            </div>
          )}
        </>
      )}
    </>
  )
}

/** The next three times, counted by the very library that the hub counts with. */
function NextTimes({ schedule, timezone }: { schedule: string; timezone: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const next = useQuery({
    queryKey: ['next-times', schedule, timezone],
    queryFn: async () => {
      const { Cron } = await import('croner')
      return new Cron(schedule, { timezone, paused: true }).nextRuns(3)
    },
    retry: false,
  })
  return (
    <p>
      {next.isError && t('schedule.wrong')}
      {next.data?.length === 0 && t('schedule.never')}
      {next.data !== undefined &&
        next.data.length > 0 &&
        t('schedule.next', { times: next.data.map((at) => format.time(at)).join(' · ') })}
    </p>
  )
}

function zones(current: string): string[] {
  const all = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
  return all.includes(current) ? all : [current, ...all]
}
