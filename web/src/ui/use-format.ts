import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import {
  formatAgo,
  formatBytes,
  formatClock,
  formatDuration,
  formatNumber,
  formatShort,
  formatTime,
  formatZoned,
} from './format.ts'

/** The formats in the page's language. */
export function useFormat() {
  const { i18n } = useTranslation()
  const { language } = i18n
  return useMemo(
    () => ({
      number: (value: number) => formatNumber(value, language),
      short: (value: number) => formatShort(value, language),
      bytes: (value: number) => formatBytes(value, language),
      duration: (ms: number) => formatDuration(ms, language),
      time: (at: string | Date, seconds = false) => formatTime(at, language, seconds),
      zoned: (at: string | Date, timeZone: string) => formatZoned(at, language, timeZone),
      clock: (at: string | Date) => formatClock(at, language),
      ago: (at: string | Date) => formatAgo(at, language),
    }),
    [language],
  )
}
