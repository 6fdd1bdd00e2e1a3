import { Select } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { FormRow } from '../ui/form.tsx'

/** What a form gives for one of its fields. */
interface FieldProps {
  value?: string
  error?: ReactNode
  onChange: (event: unknown) => void
}

interface PolicyFieldsProps {
  /** What is scheduled: its runs, or its syncs. */
  of: 'run' | 'sync'
  missedProps: FieldProps
  overlapProps: FieldProps
}

/** What becomes of times that nobody was there for, and of those that come too soon. */
export function PolicyFields({ of, missedProps, overlapProps }: PolicyFieldsProps) {
  const { t } = useTranslation()
  const words = {
    run: {
      missedOne: t('schedule.missedOne'),
      overlap: t('schedule.overlap'),
      queue: t('schedule.overlapQueue'),
    },
    sync: {
      missedOne: t('schedule.missedOneSync'),
      overlap: t('schedule.overlapSync'),
      queue: t('schedule.overlapQueueSync'),
    },
  }[of]
  return (
    <FormRow>
      <Select
        label={t('schedule.missed')}
        allowDeselect={false}
        data={[
          { value: 'one', label: words.missedOne },
          { value: 'skip', label: t('schedule.missedSkip') },
        ]}
        {...missedProps}
      />
      <Select
        label={words.overlap}
        allowDeselect={false}
        data={[
          { value: 'skip', label: t('schedule.overlapSkip') },
          { value: 'queue', label: words.queue },
        ]}
        {...overlapProps}
      />
    </FormRow>
  )
}
