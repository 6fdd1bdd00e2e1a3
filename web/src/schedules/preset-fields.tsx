import { Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { FormRow } from '../ui/form.tsx'
import { cronOf, EVERY, type Every, type Preset, presetOf, readPreset } from './schedule-preset.ts'

interface PresetFieldsProps {
  schedule: string
  onChange: (cron: string) => void
}

/** The usual schedules by choice; they write the cron line, and read it. */
export function PresetFields({ schedule, onChange }: PresetFieldsProps) {
  const { t } = useTranslation()
  const preset = readPreset(schedule)
  const change = (next: Preset) => onChange(cronOf(next))
  const words: Record<Every, string> = {
    hour: t('schedule.everyHour'),
    day: t('schedule.everyDay'),
    workday: t('schedule.everyWorkday'),
    week: t('schedule.everyWeek'),
    month: t('schedule.everyMonth'),
  }
  return (
    <FormRow>
      <Select
        label={t('schedule.preset')}
        placeholder={t('schedule.own')}
        allowDeselect={false}
        data={EVERY.map((every) => ({ value: every, label: words[every] }))}
        value={preset?.every ?? null}
        onChange={(every) => {
          if (every !== null) change(presetOf(every as Every, preset)) // one of the options above
        }}
      />
      {preset?.every === 'hour' && (
        <NumberField
          label={t('schedule.minute')}
          value={preset.minute}
          from={0}
          to={59}
          onChange={(minute) => change({ ...preset, minute })}
        />
      )}
      {preset?.every === 'week' && <Weekday preset={preset} onChange={change} />}
      {preset?.every === 'month' && (
        <NumberField
          label={t('schedule.day')}
          value={preset.day}
          from={1}
          to={31}
          onChange={(day) => change({ ...preset, day })}
        />
      )}
      {preset !== null && 'time' in preset && (
        <TextInput
          type="time"
          label={t('schedule.time')}
          value={preset.time}
          onChange={({ currentTarget: { value } }) => {
            if (/^\d\d:\d\d$/.test(value)) change({ ...preset, time: value })
          }}
        />
      )}
    </FormRow>
  )
}

function Weekday({
  preset,
  onChange,
}: {
  preset: Extract<Preset, { every: 'week' }>
  onChange: (next: Preset) => void
}) {
  const { t, i18n } = useTranslation()
  const name = new Intl.DateTimeFormat(i18n.language, { weekday: 'long', timeZone: 'UTC' })
  // 1 January 2023 was a Sunday; the week is shown from Monday on.
  const days = [1, 2, 3, 4, 5, 6, 0].map((day) => ({
    value: String(day),
    label: name.format(Date.UTC(2023, 0, 1 + day)),
  }))
  return (
    <Select
      label={t('schedule.weekday')}
      allowDeselect={false}
      data={days}
      value={String(preset.weekday)}
      onChange={(day) => onChange({ ...preset, weekday: Number(day) })}
    />
  )
}

interface NumberFieldProps {
  label: string
  value: number
  from: number
  to: number
  onChange: (value: number) => void
}

function NumberField({ label, value, from, to, onChange }: NumberFieldProps) {
  return (
    <TextInput
      type="number"
      label={label}
      min={from}
      max={to}
      value={value}
      onChange={({ currentTarget }) => {
        const given = currentTarget.valueAsNumber
        if (Number.isInteger(given) && given >= from && given <= to) onChange(given)
      }}
    />
  )
}
