import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { schedulePreviewQuery } from '../api/schedules.ts'

/** A cron line as a sentence, in the reader's language; nothing where it is no cron line. */
export function CronWords({ schedule }: { schedule: string }) {
  const { i18n } = useTranslation()
  const preview = useQuery(schedulePreviewQuery(schedule, 'UTC', i18n.language))
  return preview.data === undefined ? null : <p>{preview.data.words}</p>
}
