import { Button, NumberInput, Select, Switch } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeSchedule, scheduleQuery, type SyncSchedule } from '../api/syncs.ts'
import { CronFields } from '../schedules/cron-fields.tsx'
import { PolicyFields } from '../schedules/policy-fields.tsx'
import { ActionButton } from '../ui/action-button.tsx'
import { CallSamples } from '../ui/call-samples.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Form, FormActions, FormRow } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import { useFormat } from '../ui/use-format.ts'
import { useSubmit } from '../ui/use-submit.ts'
import { nextTimes, scheduleOf, type SyncScheduleValues, UNITS, valuesOf } from './sync-schedule-values.ts'

interface SyncScheduleDialogProps {
  connectionId: number
  schedule: SyncSchedule
  onClose: () => void
}

/** When the connection is kept in step by itself: by hand only, every so often, or by a cron line. */
export function SyncScheduleDialog({ connectionId, schedule, onClose }: SyncScheduleDialogProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const form = useForm<SyncScheduleValues>({ initialValues: valuesOf(schedule, zone) })
  const { submit, busy, error } = useSubmit(form)
  const values = form.getValues()
  const save = async (next: SyncScheduleValues) => {
    const saved = await submit(() => changeSchedule(connectionId, scheduleOf(next)))
    if (saved === undefined) return
    queries.setQueryData(scheduleQuery(connectionId).queryKey, saved)
    void queries.invalidateQueries({ queryKey: ['connections'] })
    say(t('syncSchedule.saved'))
    onClose()
  }
  return (
    <Dialog title={t('syncSchedule.title')} onClose={onClose} wide>
      <Form label={t('syncSchedule.title')} onSubmit={form.onSubmit((next) => void save(next))}>
        <Select
          label={t('syncSchedule.begins')}
          allowDeselect={false}
          data={[
            { value: 'manual', label: t('syncSchedule.type.manual') },
            { value: 'interval', label: t('syncSchedule.type.interval') },
            { value: 'cron', label: t('syncSchedule.type.cron') },
          ]}
          {...form.getInputProps('type')}
        />
        {values.type === 'interval' && <IntervalFields form={form} />}
        {values.type === 'cron' && (
          <CronFields
            cron={values.cron}
            timezone={values.timezone}
            onCron={(cron) => form.setFieldValue('cron', cron)}
            cronProps={form.getInputProps('cron')}
            zoneProps={form.getInputProps('timezone')}
          />
        )}
        {values.type !== 'manual' && (
          <>
            <NumberInput
              label={t('syncSchedule.jitter')}
              description={t('syncSchedule.jitterWords')}
              min={0}
              max={60}
              allowDecimal={false}
              hideControls
              {...form.getInputProps('jitter')}
            />
            <PolicyFields
              of="sync"
              missedProps={form.getInputProps('missed')}
              overlapProps={form.getInputProps('overlap')}
            />
            <Switch
              label={t('syncSchedule.enabled')}
              {...form.getInputProps('enabled', { type: 'checkbox' })}
            />
          </>
        )}
        <CallSamples
          method="PUT"
          path={`/v1/connections/${connectionId}/schedule`}
          body={scheduleOf(values)}
        />
        {error !== null && <Failure error={error} />}
        <FormActions>
          <Button type="submit" loading={busy}>
            {t('common.save')}
          </Button>
          <ActionButton onClick={onClose}>{t('common.cancel')}</ActionButton>
        </FormActions>
      </Form>
    </Dialog>
  )
}

function IntervalFields({ form }: { form: ReturnType<typeof useForm<SyncScheduleValues>> }) {
  const { t } = useTranslation()
  const format = useFormat()
  // Told from the moment that the form was opened on, so that it does not tick while one reads.
  const [now] = useState(() => new Date())
  const values = form.getValues()
  const times = nextTimes(values, now).map((time) => format.time(time))
  return (
    <>
      <FormRow>
        <NumberInput
          label={t('syncSchedule.every')}
          required
          min={1}
          max={9999}
          allowDecimal={false}
          hideControls
          {...form.getInputProps('every')}
        />
        <Select
          label={t('syncSchedule.unit')}
          allowDeselect={false}
          data={UNITS.map((unit) => ({ value: unit, label: t(`syncSchedule.units.${unit}`) }))}
          {...form.getInputProps('unit')}
        />
      </FormRow>
      {times.length > 0 && (
        <p role="status" className="dimmed">
          {t('schedule.next', { times: times.join(' · ') })}
        </p>
      )}
    </>
  )
}
