import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/client.ts'
import { schedulePreviewQuery } from '../api/schedules.ts'
import { hubWords } from '../ui/hub-words.ts'
import { useFormat } from '../ui/use-format.ts'

const TYPING_MS = 300

/** What the schedule means, and its next three times by the clock of its zone as the hub will keep them; or what is wrong. */
export function NextTimes({ schedule, timezone }: { schedule: string; timezone: string }) {
  const { t, i18n } = useTranslation()
  const format = useFormat()
  const [asked] = useDebouncedValue(schedule, TYPING_MS)
  const preview = useQuery(schedulePreviewQuery(asked, timezone, i18n.language))
  if (preview.isError) {
    const [problem] = preview.error instanceof ApiError ? preview.error.problems : []
    return <p>{hubWords(problem?.message ?? preview.error.message)}</p>
  }
  const times = preview.data?.next_runs.map((at) => format.zoned(at, timezone)).join(' · ')
  return (
    <>
      <p>{preview.data?.words}</p>
      <p>{times !== undefined && t('schedule.next', { times })}</p>
    </>
  )
}
