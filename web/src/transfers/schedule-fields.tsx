import { Select, Switch, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client.ts'
import { schedulePreviewQuery } from '../api/schedules.ts'
import { FormRow } from '../ui/form.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { useFormat } from '../ui/use-format.ts'
import { CronWords } from './cron-words.tsx'
import type { TransferForm } from './end-fields.tsx'
import { PresetFields } from './preset-fields.tsx'

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
          <PresetFields schedule={schedule} onChange={set} />
          <FormRow>
            <TextInput
              label={t('schedule.cron')}
              description={t('schedule.cronWords')}
              required
              maxLength={32}
              placeholder="0 3 * * *"
              autoComplete="off"
              classNames={{ input: 'mono' }}
              {...form.getInputProps('schedule')}
            />
            <Select
              label={t('schedule.zone')}
              description={t('schedule.zoneWords')}
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
          <FormRow>
            <Select
              label={t('schedule.missed')}
              allowDeselect={false}
              data={[
                { value: 'one', label: t('schedule.missedOne') },
                { value: 'skip', label: t('schedule.missedSkip') },
              ]}
              {...form.getInputProps('missed_runs')}
            />
            <Select
              label={t('schedule.overlap')}
              allowDeselect={false}
              data={[
                { value: 'skip', label: t('schedule.overlapSkip') },
                { value: 'queue', label: t('schedule.overlapQueue') },
              ]}
              {...form.getInputProps('overlap')}
            />
          </FormRow>
        </>
      )}
    </>
  )
}

const TYPING_MS = 300

/** The next three times as the hub will keep them, by the clock of the schedule's zone; or what is wrong. */
function NextTimes({ schedule, timezone }: { schedule: string; timezone: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  const [asked] = useDebouncedValue(schedule, TYPING_MS)
  const preview = useQuery(schedulePreviewQuery(asked, timezone))
  if (preview.isError) {
    const [problem] = preview.error instanceof ApiError ? preview.error.problems : []
    return <p>{hubWords(problem?.message ?? preview.error.message)}</p>
  }
  // What is known of the line before is not said of the one that is being typed.
  if (asked !== schedule) return <p>…</p>
  const times = preview.data?.next_runs.map((at) => format.zoned(at, timezone)).join(' · ')
  return <p>{times !== undefined && t('schedule.next', { times })}</p>
}

function zones(current: string): string[] {
  const all = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
  return all.includes(current) ? all : [current, ...all]
}
