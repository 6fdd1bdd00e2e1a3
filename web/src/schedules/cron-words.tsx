import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'

/** A cron line as a sentence, in the reader's language; nothing while it is no cron line yet. */
export function CronWords({ schedule }: { schedule: string }) {
  const { i18n } = useTranslation()
  const locale = i18n.language === 'zh-CN' ? 'zh_CN' : 'en'
  const words = useQuery({
    queryKey: ['cron-words', schedule, locale],
    queryFn: async () => {
      const { default: cronstrue } = await import('cronstrue/i18n')
      return cronstrue.toString(schedule, { locale, use24HourTimeFormat: true })
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return words.data === undefined ? null : <p>{words.data}</p>
}
