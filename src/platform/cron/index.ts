/**
 * When a cron line comes round, by the clock on the wall of a time zone.
 *
 * ```ts
 * const read = readCron('0 3 * * mon')
 * const times = 'cron' in read ? nextTimes(read.cron, 'Europe/Berlin', new Date(), 3) : []
 * ```
 */
export { type Cron, readCron, type ReadCron } from './cron.ts'
export { CRON_LANGUAGES, type CronLanguage, cronWords } from './cron-words.ts'
export { everComes, nextTime, nextTimes } from './cron-times.ts'
export { firstReach, furthestWall, isTimeZone } from './wall-clock.ts'
