import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'

export interface SchedulePreview {
  schedule: string
  timezone: string
  words: string
  next_runs: string[]
}

/** What the hub makes of a schedule that is not saved yet. */
export const schedulePreviewQuery = (schedule: string, timezone: string, language: string) =>
  queryOptions({
    queryKey: ['schedules', 'preview', schedule, timezone, language],
    queryFn: ({ signal }) =>
      request<SchedulePreview>('POST', '/v1/schedules/preview', {
        body: { schedule, timezone, language: language === 'zh-CN' ? 'zh-CN' : 'en' },
        signal,
      }),
    retry: false,
    staleTime: 30_000,
  })
