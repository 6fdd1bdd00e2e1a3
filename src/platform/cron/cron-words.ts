/** A cron line as a sentence, true to how `readCron` reads it. */
import { toString as sentenceOf } from 'cronstrue'
import 'cronstrue/locales/zh_CN.js'
import { readCron } from './cron.ts'

export const CRON_LANGUAGES = ['en', 'zh-CN'] as const
export type CronLanguage = (typeof CRON_LANGUAGES)[number]

const WORDS = {
  en: {
    locale: 'en',
    either: (day: string, weekday: string) => `${day} or ${weekday}`,
    both: (day: string, weekday: string) => `${day} and only ${weekday}`,
    only: /^only /,
  },
  'zh-CN': {
    locale: 'zh_CN',
    either: (day: string, weekday: string) => `${day}或${weekday}`,
    both: (day: string, weekday: string) => `${day}且限于${weekday}`,
    only: /^[仅限]/,
  },
} as const

/**
 * The library knows no difference between a day that is either and a day that is both, and says "and" in English
 * and "or" in Chinese for either of them. So a line with days and weekdays is told in parts that are joined here.
 */
export function cronWords(text: string, language: CronLanguage): string {
  const { locale, either, both, only } = WORDS[language]
  const say = (line: string) =>
    sentenceOf(line, { locale, use24HourTimeFormat: true, throwExceptionOnParseError: false })
  const [minute = '', hour = '', day = '*', month = '*', weekday = '*'] = text.trim().split(/\s+/)
  const read = readCron(text)
  if ('problem' in read || day === '*' || weekday === '*') return say(text.trim())
  const always = `${say('* * * * *')}, `
  const part = (line: string) => say(line).replace(always, '').replace(only, '')
  const join = read.cron.eitherDay ? either : both
  const days = join(part(`* * ${day} * *`), part(`* * * * ${weekday}`))
  const months = month === '*' ? [] : [say(`* * * ${month} *`).replace(always, '')]
  return [say(`${minute} ${hour} * * *`), days, ...months].join(', ').replaceAll(/ +/g, ' ')
}
