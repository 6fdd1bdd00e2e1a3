import { describe, expect, it } from 'vitest'
import { cronWords } from './cron-words.ts'

describe('a cron line in words', () => {
  it.each([
    ['0 3 * * *', 'At 03:00', '在03:00'],
    ['@daily', 'At 00:00', '在00:00'],
    [' 0 3 * * 1-5 ', 'At 03:00, Monday through Friday', '在03:00, 星期一至星期五'],
    ['0 3 1 * *', 'At 03:00, on day 1 of the month', '在03:00, 限每月 1 号'],
  ])('%s is "%s" and "%s"', (line, english, chinese) => {
    expect([cronWords(line, 'en'), cronWords(line, 'zh-CN')]).toEqual([english, chinese])
  })

  it.each([
    ['0 3 1 * 1', 'At 03:00, on day 1 of the month or on Monday', '在03:00, 每月 1 号或星期一'],
    [
      '*/5 * 1-7 2 fri-sun',
      'Every 5 minutes, between day 1 and 7 of the month or Friday through Sunday, only in February',
      '每隔 5 分钟, 每月的 1 号 至 7 号 之间或星期五至星期日, 仅于二月份',
    ],
  ])('of days and weekdays says that either will do: %s', (line, english, chinese) => {
    expect([cronWords(line, 'en'), cronWords(line, 'zh-CN')]).toEqual([english, chinese])
  })

  it.each([
    ['0 3 */2 * 1', 'At 03:00, every 2 days in a month and only on Monday', '在03:00, 每隔 2 天且限于星期一'],
    [
      '0 3 1 * */2',
      'At 03:00, on day 1 of the month and only every 2 days of the week',
      '在03:00, 每月 1 号且限于每周的每 2 天',
    ],
  ])('says that it must be both where one begins with a star: %s', (line, english, chinese) => {
    expect([cronWords(line, 'en'), cronWords(line, 'zh-CN')]).toEqual([english, chinese])
  })
})
