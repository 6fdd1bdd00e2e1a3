import { Type } from 'typebox'
import { CRON_LANGUAGES, cronWords } from '#cron'
import type { Server } from '#http'
import { cronProblem, nextRuns } from './schedule.ts'
import { Timezone } from './transfer.schema.ts'

const NEXT_RUNS = 3

/** Lets a form say what a schedule means before it is saved; it reads nothing of anybody. */
export function addScheduleRoutes(app: Server): void {
  app.post(
    '/v1/schedules/preview',
    {
      schema: {
        tags: ['transfers'],
        summary: 'Say what a schedule means, and when it comes next',
        body: Type.Object({
          schedule: Type.String({ minLength: 1, maxLength: 32, check: cronProblem }),
          timezone: Type.Optional(Timezone('IANA name; UTC if left out.')),
          language: Type.Optional(Type.Enum([...CRON_LANGUAGES], { description: 'Of the words.' })),
        }),
        response: {
          200: Type.Object({
            schedule: Type.String(),
            timezone: Type.String(),
            words: Type.String({ description: 'The cron line as a sentence.' }),
            next_runs: Type.Array(Type.String({ format: 'date-time' })),
          }),
        },
      },
    },
    async ({ body }) => {
      const { schedule, timezone = 'UTC', language = 'en' } = body
      const times = nextRuns({ is_scheduled: true, schedule, timezone }, new Date(), NEXT_RUNS)
      return {
        schedule,
        timezone,
        words: cronWords(schedule, language),
        next_runs: times.map((at) => at.toISOString()),
      }
    },
  )
}
